package dev.holdfast.store.ingest;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.index.Location;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A place where one container after another is filled. Safe for use by several threads. */
final class Slot {
    /** Makes the next container of a kind. */
    interface Source {
        ContainerWriter next(ContainerHeader.Kind kind) throws IOException;
    }

    /** A frame, and the container it went to. */
    record Appended(ContainerWriter writer, FrameEntry entry) {}

    private final ContainerHeader.Kind kind;
    private final Source source;
    private final List<ContainerWriter> full = new ArrayList<>();
    private @Nullable ContainerWriter current;

    Slot(ContainerHeader.Kind kind, Source source) {
        this.kind = kind;
        this.source = source;
    }

    Appended append(ChunkId id, ChunkKind chunkKind, int owner, Packed packed) throws IOException {
        while (true) {
            ContainerWriter writer = current();
            FrameEntry entry;
            try {
                entry = writer.append(id, chunkKind, owner, packed);
            } catch (FormatException e) {
                // The chunk is to blame, not the container.
                throw e;
            } catch (IOException e) {
                retire(writer);
                throw e;
            }
            if (entry != null) {
                return new Appended(writer, entry);
            }
            retire(writer);
        }
    }

    /** Takes the time of {@link #append} without storing anything; returns the place that the chunk would have had. */
    long pretend(Packed packed) throws IOException {
        ContainerWriter writer = current();
        return Location.place(writer.header().number(), writer.pretend(packed));
    }

    private synchronized ContainerWriter current() throws IOException {
        if (current == null) {
            current = source.next(kind);
        }
        return current;
    }

    private synchronized void retire(ContainerWriter writer) {
        if (current == writer) {
            current = null;
            full.add(writer);
        }
    }

    /** Containers that take no more frames and must be sealed; the caller becomes their owner. */
    synchronized List<ContainerWriter> takeFull() {
        List<ContainerWriter> taken = List.copyOf(full);
        full.clear();
        return taken;
    }

    /** Ends the current container too, so that {@link #takeFull()} yields everything. */
    synchronized void finish() {
        if (current != null) {
            full.add(current);
            current = null;
        }
    }
}
