package dev.holdfast.store.drain;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.gc.Pace;
import dev.holdfast.store.gc.Progress;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.ingest.StoreFullException;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Moves all containers off a volume that takes no new ones, while backups, restores and uploads go on. Stopped at any point, it
 * resumes with what is left. One at a time; any thread.
 */
public final class Drain {
    private final StoreParts parts;
    private final Ingest ingest;
    private final ChunkReader reader;

    public Drain(StoreParts parts, Ingest ingest, ChunkReader reader) {
        this.parts = parts;
        this.ingest = ingest;
        this.reader = reader;
    }

    /**
     * What there is to move.
     *
     * @param roomBytes that the targets can take
     */
    public record Plan(int containers, long bytes, long roomBytes) {
        /** Bytes that the targets cannot take; 0 if they can take all. */
        public long missingBytes() {
            return Math.max(0, bytes - roomBytes);
        }
    }

    /**
     * What was moved.
     *
     * @param damaged containers that moved as damaged as they were, since no archive has them
     * @param warnings what was left on the volume, and why
     * @param empty whether nothing is left
     */
    public record Outcome(int containers, long bytes, List<Integer> damaged, List<Phrase> warnings, boolean empty) {}

    /** @param target the one volume that takes the containers; null for all active ones */
    public Plan plan(int volume, @Nullable Integer target) throws IOException {
        VolumeContent content = VolumeContent.of(parts, volume);
        return plan(parts.volumes(), volume, target, content.containers().size(), content.bytes());
    }

    /**
     * As above, without a store.
     *
     * @param containers on the volume
     * @param bytes in them
     */
    public static Plan plan(Volumes volumes, int volume, @Nullable Integer target, int containers, long bytes)
            throws IOException {
        return new Plan(containers, bytes, new Targets(volumes, volume, target).roomBytes(bytes));
    }

    /**
     * Moves what is on the volume.
     *
     * @param target the one volume that takes the containers; null for all active ones
     * @throws StoreFullException where the room ends before
     * @throws CancellationException where it is time to stop
     */
    public Outcome run(int volume, @Nullable Integer target, Progress progress, BooleanSupplier stopping)
            throws IOException {
        Pace pace = new Pace(() -> ingest.leases().count() > 0, stopping);
        Targets targets = new Targets(parts.volumes(), volume, target);
        ContainerMove move = new ContainerMove(parts, reader);
        List<Integer> damaged = new ArrayList<>();
        List<Phrase> warnings = new ArrayList<>();
        Set<Integer> tried = new HashSet<>();
        int moved = 0;
        long bytes = 0;
        while (true) {
            // Containers that were begun before the volume was closed to new ones.
            ingest.sealOpen();
            VolumeContent content = VolumeContent.of(parts, volume);
            content.containers().keySet().removeAll(tried);
            if (content.containers().isEmpty()) {
                break;
            }
            long total = bytes + content.bytes();
            for (Map.Entry<Integer, ContainerInfo> each : content.containers().entrySet()) {
                int number = each.getKey();
                progress.step("bytes moved", bytes, total);
                tried.add(number);
                ContainerMove.Moved[] how = {ContainerMove.Moved.GONE};
                pace.work(() -> how[0] = moveOne(move, number, each.getValue().bytes(), volume, targets, warnings));
                if (how[0] == ContainerMove.Moved.DAMAGED) {
                    damaged.add(number);
                }
                if (how[0] != ContainerMove.Moved.GONE) {
                    moved++;
                    bytes += each.getValue().bytes();
                }
            }
            progress.step("bytes moved", bytes, total);
        }
        boolean empty = isEmpty(volume);
        if (!empty && warnings.isEmpty()) {
            warnings.add(Phrase.of("log.unsealed"));
        }
        return new Outcome(moved, bytes, damaged, warnings, empty);
    }

    private ContainerMove.Moved moveOne(
            ContainerMove move, int number, long bytes, int volume, Targets targets, List<Phrase> warnings)
            throws IOException {
        int to = targets.next(bytes);
        if (to < 0) {
            Plan rest = plan(volume, targets.only());
            throw new StoreFullException(Phrase.of("full.other-volumes")
                    .with("count", rest.containers())
                    .with("missing", rest.missingBytes()));
        }
        try {
            return move.fromVolume(number, volume, to);
        } catch (IndexException e) {
            throw e;
        } catch (IOException e) {
            warnings.add(Phrase.of("log.container-not-moved")
                    .with("container", String.format("%08x", number))
                    .with("reason", e));
            return ContainerMove.Moved.GONE;
        }
    }

    /** Whether neither the index nor the volume itself has a container there. */
    public boolean isEmpty(int volume) throws IOException {
        return VolumeContent.of(parts, volume).containers().isEmpty()
                && parts.volumes().containers(volume).isEmpty();
    }
}
