package dev.holdfast.store.ingest;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Stream;

/**
 * The containers that are being filled, some for data and one for metadata. A full one is sealed on the committer's thread,
 * after the group that holds its last frames. Safe for use by several threads.
 */
final class OpenContainers {
    private final StoreParts parts;
    private final ChunkIndex index;
    private final ContainerAllocator allocator;
    private final ChunkEntries entries;
    private final Slot[] data;
    private final Slot metadata;
    private final List<Slot> all;

    /** @param dataContainers how many containers of data are open at once */
    OpenContainers(StoreParts parts, ContainerAllocator allocator, ChunkEntries entries, int dataContainers) {
        this.parts = parts;
        this.index = parts.index();
        this.allocator = allocator;
        this.entries = entries;
        this.data = Stream.generate(() -> new Slot(ContainerHeader.Kind.DATA, allocator::open))
                .limit(dataContainers)
                .toArray(Slot[]::new);
        this.metadata = new Slot(ContainerHeader.Kind.METADATA, allocator::open);
        this.all = Stream.concat(Stream.of(data), Stream.of(metadata)).toList();
    }

    /** @param stream spreads concurrent sessions over the open containers */
    Slot slot(ChunkKind kind, long stream) {
        return kind.metadata() ? metadata : data[(int) Long.remainderUnsigned(stream, data.length)];
    }

    /** Ends the open containers, so that the next {@link #sealFull} seals them. */
    void finish() {
        all.forEach(Slot::finish);
    }

    /** On the committer's thread, after the group that holds their last frames. */
    void sealFull() {
        for (Slot slot : all) {
            for (ContainerWriter writer : slot.takeFull()) {
                seal(writer);
            }
        }
    }

    private void seal(ContainerWriter writer) {
        int number = writer.header().number();
        try (writer) {
            Integer volume = allocator.volumeOfLive(number);
            if (writer.isEmpty()) {
                // Made for chunks that were there already.
                writer.close();
                if (volume != null) {
                    parts.disk().delete(ContainerWriter.openPath(parts.volumes().containerPath(volume, number)));
                    allocator.ended(number);
                }
                return;
            }
            List<FrameEntry> frames = writer.seal();
            if (volume != null) {
                enter(number, volume, frames);
                allocator.ended(number);
            }
        } catch (IOException | RuntimeException | Error e) {
            // The file stays .open and readable; the next start seals it.
            System.getLogger(OpenContainers.class.getName())
                    .log(System.Logger.Level.WARNING, "container " + number + " could not be sealed", e);
        }
    }

    private void enter(int number, int volume, List<FrameEntry> frames) throws IOException {
        ContainerInfo info = new ContainerInfo(
                volume, frames.size(), Files.size(parts.volumes().containerPath(volume, number)));
        index.exclusively(() -> {
            try (ChunkIndex.Batch batch = index.batch()) {
                // Frames whose group is still to come, or failed: a container that counts as known must be whole.
                for (FrameEntry frame : frames) {
                    entries.enter(batch, frame.id(), Location.of(number, frame), index.find(frame.id()));
                }
                batch.container(number, info).commit();
            }
        });
        // The chunks were counted when they were appended; now the rest of the file is, which is released with them.
        allocator.appended(info.bytes()
                - frames.stream().mapToLong(FrameEntry::storedLength).sum());
    }
}
