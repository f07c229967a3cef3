package dev.holdfast.store.gc;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Copies frames into new containers, with one {@link Relocation} for each kind. Used by one thread, which closes it. */
final class Moves implements AutoCloseable {
    private final StoreParts parts;
    private final Ingest ingest;
    private final ChunkReader reader;
    private final Map<ContainerHeader.Kind, Relocation> byKind = new EnumMap<>(ContainerHeader.Kind.class);

    Moves(StoreParts parts, Ingest ingest, ChunkReader reader) {
        this.parts = parts;
        this.ingest = ingest;
        this.reader = reader;
    }

    /** A chunk that cannot be read stays behind; the others of its container need not. */
    void copy(ContainerReader from, int container, FrameEntry entry) throws IOException {
        Packed packed;
        try {
            // An older release may have stored it in a form that is not written any more.
            packed = from.readVerified(entry).toCanonical();
        } catch (FormatException e) {
            reader.report(container, e);
            return;
        }
        byKind.computeIfAbsent(from.header().kind(), kind -> new Relocation(parts, ingest, kind))
                .copy(container, entry, packed);
    }

    /** Makes what was copied count. */
    void flush() throws IOException {
        for (Relocation each : byKind.values()) {
            each.flush();
        }
    }

    long copiedBytes() {
        return byKind.values().stream().mapToLong(Relocation::copiedBytes).sum();
    }

    /** Drops what was not flushed. */
    @Override
    public void close() throws IOException {
        @Nullable IOException failure = null;
        for (Relocation each : byKind.values()) {
            try {
                each.close();
            } catch (IOException e) {
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
