package dev.holdfast.store.drain;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.gc.Progress;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Replaces what a volume held that was given up: by copies from the archive on other volumes, or where those have no room, by
 * reading from the archive. What no archive has leaves the index, so that clients send again what they still have. Stopped at
 * any point, it resumes with what is left. One at a time; any thread.
 */
public final class LostVolume {
    private final StoreParts parts;
    private final Ingest ingest;
    private final ChunkReader reader;
    private final Archiving archiving;

    public LostVolume(StoreParts parts, Ingest ingest, ChunkReader reader, Archiving archiving) {
        this.parts = parts;
        this.ingest = ingest;
        this.reader = reader;
        this.archiving = archiving;
    }

    /**
     * What became of the containers of a lost volume, or would.
     *
     * @param fetched copies from the archive are on other volumes
     * @param archived are read from the archive from now on
     * @param lost are nowhere any more, by their numbers
     */
    public record Outcome(int fetched, int archived, List<Integer> lost) {}

    /** Tells what is in the archive and what is lost; changes nothing. */
    public Outcome plan(int volume) throws IOException {
        int held = 0;
        List<Integer> lost = new ArrayList<>();
        for (int number : VolumeContent.of(parts, volume).containers().keySet()) {
            if (isArchived(number)) {
                held++;
            } else {
                lost.add(number);
            }
        }
        return new Outcome(held, 0, lost);
    }

    /**
     * A volume was given up: nobody reads its files any more, not even those that are open.
     *
     * @return the bytes in its containers
     */
    public long giveUp(int volume) throws IOException {
        VolumeContent content = VolumeContent.of(parts, volume);
        for (int number : content.containers().keySet()) {
            reader.forget(number);
        }
        return content.bytes();
    }

    private boolean isArchived(int number) throws IOException {
        try {
            parts.archive().open(number).close();
            return true;
        } catch (FrozenException e) {
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /**
     * Fetches what the archive has. What it does not have stays in the index until {@link #discard}.
     *
     * @throws CancellationException where it is time to stop
     */
    public Outcome fetch(int volume, Progress progress, BooleanSupplier stopping) throws IOException {
        ContainerMove move = new ContainerMove(parts, reader);
        Targets targets = new Targets(parts.volumes(), volume, null);
        Map<Integer, ContainerInfo> containers = VolumeContent.of(parts, volume).containers();
        int fetched = 0;
        int archived = 0;
        List<Integer> lost = new ArrayList<>();
        for (Map.Entry<Integer, ContainerInfo> each : containers.entrySet()) {
            if (stopping.getAsBoolean()) {
                throw new CancellationException("stopped");
            }
            int number = each.getKey();
            progress.step("containers of the lost volume", fetched + archived + lost.size(), containers.size());
            int to = targets.next(each.getValue().bytes());
            try {
                if (to >= 0) {
                    move.fromArchive(number, volume, to);
                    ingest.allocator().released(-each.getValue().bytes());
                    fetched++;
                    continue;
                }
                parts.archive().open(number).close();
            } catch (FrozenException e) {
                // It stays where it is until it is thawed.
            } catch (NoSuchFileException | FormatException e) {
                // The archive does not have it, or not whole.
                lost.add(number);
                continue;
            }
            archiving.readFromArchive(number, now -> now.volume() == volume);
            reader.forget(number);
            archived++;
        }
        return new Outcome(fetched, archived, lost);
    }

    /**
     * Forgets the containers that are nowhere any more. Reads the whole index.
     *
     * @return chunks that are lost with them
     */
    public long discard(List<Integer> lost) throws IOException {
        // Backups that begin from now on send what is lost.
        ingest.known().suspect(lost);
        long chunks = lost.isEmpty() ? 0 : archiving.discard(new TreeSet<>(lost));
        for (int number : lost) {
            reader.forget(number);
            ingest.known().forget(number, List.of());
        }
        return chunks;
    }
}
