package dev.holdfast.store.gc;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.lease.Leases;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Moves what is alive out of containers that are to be deleted. Used by one thread. */
final class Evacuation {
    private final StoreParts parts;
    private final Ingest ingest;
    private final Leases leases;
    private final ChunkReader reader;
    private final ContainerContents contents;
    private final Census census;

    Evacuation(StoreParts parts, Ingest ingest, ChunkReader reader, ContainerContents contents, Census census) {
        this.parts = parts;
        this.ingest = ingest;
        this.leases = ingest.leases();
        this.reader = reader;
        this.contents = contents;
        this.census = census;
    }

    /** Returns the containers of which nothing that was marked is left. */
    List<Census.Container> moveLive(List<Census.Container> containers, Run run) throws IOException {
        List<Census.Container> emptied = new ArrayList<>();
        try (Moves moves = new Moves(parts, ingest, reader)) {
            int done = 0;
            for (Census.Container each : containers) {
                run.pace().work(() -> {
                    try {
                        moveLive(each, moves);
                        emptied.add(each);
                    } catch (IndexException e) {
                        throw e;
                    } catch (IOException e) {
                        run.warn(Phrase.of("log.container-left")
                                .with("container", String.format("%08x", each.number()))
                                .with("reason", e));
                    }
                });
                run.progress().step("containers copied", ++done, containers.size());
            }
            moves.flush();
            run.copied(moves.copiedBytes());
        }
        // A copy that failed may have taken frames of several containers with it.
        List<Census.Container> empty = new ArrayList<>();
        for (Census.Container each : emptied) {
            if (holdsLive(each)) {
                Phrase keeps = leases.isSuspect(each.number())
                        ? Phrase.of("log.container-keeps-damaged")
                        : Phrase.of("log.container-keeps");
                run.warn(keeps.with("container", String.format("%08x", each.number())));
            } else {
                empty.add(each);
            }
        }
        return empty;
    }

    private void moveLive(Census.Container container, Moves moves) throws IOException {
        try (ContainerReader from = contents.open(container)) {
            // Out of a damaged one comes whatever can be found; it is deleted only once nothing is missing.
            List<FrameEntry> entries =
                    leases.isSuspect(container.number()) ? from.entries() : ContainerContents.entries(container, from);
            for (FrameEntry entry : entries) {
                if (isLive(container, entry)) {
                    moves.copy(from, container.number(), entry);
                }
            }
        }
    }

    private boolean holdsLive(Census.Container container) throws IOException {
        try (ContainerReader open = contents.open(container)) {
            for (FrameEntry entry : open.entries()) {
                if (isLive(container, entry)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean isLive(Census.Container container, FrameEntry entry) throws IOException {
        return census.isLive(container.number(), entry.ordinal()) && contents.pointsTo(container.number(), entry);
    }
}
