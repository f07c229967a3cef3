package dev.holdfast.store.gc;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.lease.Leases;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * Containers that are to go: they wait until every session that may rely on them has ended, then what newer snapshots refer
 * to is copied, and the rest is deleted. Used by one thread at a time.
 */
final class CondemnedContainers {
    private static final System.Logger LOG = System.getLogger(CondemnedContainers.class.getName());

    private final StoreParts parts;
    private final Ingest ingest;
    private final Leases leases;
    private final Manifests manifests;
    private final ChunkReader reader;
    private final ContainerContents contents;
    private final List<Path> ownersUnknown;
    private final Deque<Condemned> waiting = new ArrayDeque<>();

    /** Containers that wait for sessions to end; {@code marked} are the snapshots that were looked at. */
    private record Condemned(long condemnation, List<Census.Container> containers, Set<UUID> marked) {}

    /** @param ownersUnknown as {@link GarbageCollector.Files#ownersUnknown} */
    CondemnedContainers(
            StoreParts parts,
            Ingest ingest,
            Manifests manifests,
            ChunkReader reader,
            ContainerContents contents,
            List<Path> ownersUnknown) {
        this.parts = parts;
        this.ingest = ingest;
        this.leases = ingest.leases();
        this.manifests = manifests;
        this.reader = reader;
        this.contents = contents;
        this.ownersUnknown = ownersUnknown;
    }

    /** From now on their chunks are unknown to sessions that begin. */
    void add(List<Census.Container> containers, Set<UUID> marked) {
        if (!containers.isEmpty()) {
            long condemnation = leases.condemn(
                    containers.stream().map(Census.Container::number).toList());
            containers.forEach(each -> ingest.known().forget(each.number(), List.of()));
            waiting.add(new Condemned(condemnation, containers, marked));
        }
    }

    /** Containers that wait. */
    int count() {
        return waiting.stream().mapToInt(each -> each.containers.size()).sum();
    }

    /** Deletes those that no session relies on any more. */
    void deleteWhatMayGo(Run run) throws IOException {
        while (!waiting.isEmpty() && leases.ended(waiting.getFirst().condemnation)) {
            delete(waiting.getFirst(), run);
            waiting.removeFirst();
        }
    }

    private void delete(Condemned condemned, Run run) throws IOException {
        contents.deleting(condemned.containers);
        Manifests.All all = manifests.complete();
        List<StoredSnapshot> since = all.snapshots().stream()
                .filter(each -> !condemned.marked.contains(each.id()))
                .toList();
        // A manifest that cannot be read now keeps nothing: if it could be read at the marking, its chunks were marked,
        // and if
        // not, everything that its node owned was.
        List<Census.Container> going =
                since.isEmpty() ? condemned.containers : rescue(condemned.containers, since, run);
        int done = 0;
        for (Census.Container each : going) {
            run.pace().work(() -> {
                try {
                    run.deleted(delete(each));
                } catch (IndexException e) {
                    throw e;
                } catch (IOException e) {
                    spare(each, run, e);
                }
            });
            run.progress().step("containers deleted", ++done, going.size());
        }
    }

    private void spare(Census.Container container, Run run, IOException cause) {
        leases.pardon(container.number());
        run.warn(Phrase.of("log.container-not-deleted")
                .with("container", String.format("%08x", container.number()))
                .with("reason", cause));
    }

    /** Copies what snapshots refer to that were made since the marking; returns the containers that may go. */
    private List<Census.Container> rescue(List<Census.Container> containers, List<StoredSnapshot> since, Run run)
            throws IOException {
        List<Census.Container> going = new ArrayList<>();
        List<FrameEntry> entries = new ArrayList<>();
        for (Census.Container each : containers) {
            try {
                entries.addAll(contents.frames(each));
                going.add(each);
            } catch (IOException e) {
                spare(each, run, e);
            }
        }
        UnreadableNodes unreadable = new UnreadableNodes(parts.index(), ownersUnknown);
        Rescue rescue = new Rescue(contents, entries, unreadable);
        entries.clear();
        new References(parts, manifests, reader, run.pace())
                .visit(since, unreadable.noting(rescue::wanted), run.progress());
        unreadable.requireOwnersKnown();
        run.warnAll(unreadable.warnings());
        List<Census.Container> rescued = new ArrayList<>();
        try (Moves moves = new Moves(parts, ingest, reader)) {
            for (Census.Container each : going) {
                try {
                    rescue.copyWanted(each, moves);
                    rescued.add(each);
                } catch (IOException e) {
                    spare(each, run, e);
                }
            }
            moves.flush();
            run.copied(moves.copiedBytes());
        }
        List<Census.Container> empty = new ArrayList<>();
        for (Census.Container each : rescued) {
            if (rescue.isStillWanted(each)) {
                spare(each, run, new IOException("copying failed"));
            } else {
                empty.add(each);
            }
        }
        return empty;
    }

    /** Returns the bytes that this freed on a volume. */
    private long delete(Census.Container container) throws IOException {
        List<FrameEntry> entries = contents.frames(container);
        // The index first: a file that it does not know is found at the next start and entered again, which costs room
        // alone.
        ChunkIndex index = parts.index();
        int[] volume = {ContainerInfo.ARCHIVED};
        index.exclusively(() -> {
            // It may have been moved since the census, or evicted; who evicts deletes the file, and counts it.
            ContainerInfo now = index.container(container.number());
            volume[0] = now == null ? ContainerInfo.ARCHIVED : now.volume();
            try (ChunkIndex.Batch batch = index.batch()) {
                for (FrameEntry entry : entries) {
                    if (contents.pointsTo(container.number(), entry)) {
                        batch.removeChunk(entry.id());
                    }
                }
                batch.removeContainer(container.number()).commit();
            }
        });
        reader.forget(container.number());
        ingest.known().forget(container.number(), entries);
        boolean onVolume = volume[0] != ContainerInfo.ARCHIVED;
        if (onVolume) {
            Path file = parts.volumes().containerPath(volume[0], container.number());
            try {
                parts.disk().delete(file);
            } catch (NoSuchFileException e) {
                LOG.log(System.Logger.Level.WARNING, "container " + file + " was gone already");
            }
            parts.disk().syncDirectory(Objects.requireNonNull(file.getParent()));
            ingest.allocator().released(container.info().bytes());
        }
        // Last: interrupted before this, it comes back as one that is in the archive, not as one that is nowhere.
        parts.archive().dropped(container.number());
        return onVolume ? container.info().bytes() : 0;
    }
}
