package dev.holdfast.store.gc;

import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Copies frames of one kind into new containers. A new container is whole and sealed before the index learns of any frame
 * in it, all at once; whatever stops it before leaves frames that nothing refers to. Used by one thread, which closes it.
 */
final class Relocation implements AutoCloseable {
    private final Disk disk;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Volumes volumes;
    private final Ingest ingest;
    private final ContainerHeader.Kind kind;
    private final InstantSource clock;
    private final List<Moved> moved = new ArrayList<>();
    private @Nullable ContainerWriter writer;
    private @Nullable Path path;
    private int volume;
    private long copiedBytes;

    private record Moved(int from, FrameEntry old, FrameEntry now) {}

    Relocation(StoreParts parts, Ingest ingest, ContainerHeader.Kind kind) {
        this.clock = parts.clock();
        this.disk = parts.disk();
        this.vault = parts.vault();
        this.index = parts.index();
        this.volumes = parts.volumes();
        this.ingest = ingest;
        this.kind = kind;
    }

    /** Copies a frame, whose content the caller has checked; where it lies now counts from the next {@link #flush} on. */
    void copy(int container, FrameEntry entry, Packed packed) throws IOException {
        FrameEntry now = writer().append(entry.id(), entry.kind(), entry.owner(), packed);
        if (now == null) {
            flush();
            now = Objects.requireNonNull(writer().append(entry.id(), entry.kind(), entry.owner(), packed));
        }
        copiedBytes += now.storedLength();
        moved.add(new Moved(container, entry, now));
    }

    private ContainerWriter writer() throws IOException {
        ContainerWriter open = writer;
        if (open == null) {
            // What makes room may use the room that is kept back for it.
            volume = volumes.roomiest();
            int number = ingest.allocator().newNumber();
            Path file = volumes.prepareContainer(volume, number);
            ContainerHeader header = ContainerHeader.of(kind, vault, UUID.randomUUID(), number, clock.millis());
            open = new ContainerWriter(disk, file, vault, header, ContainerWriter.TARGET_BYTES);
            path = file;
            writer = open;
        }
        return open;
    }

    /** Makes what was copied count. */
    void flush() throws IOException {
        ContainerWriter done = writer;
        Path file = path;
        if (done == null || file == null) {
            return;
        }
        int number = done.header().number();
        try (done) {
            writer = null;
            done.seal();
            ContainerInfo info = new ContainerInfo(volume, moved.size(), Files.size(file));
            index.exclusively(() -> {
                try (ChunkIndex.Batch batch = index.batch()) {
                    for (Moved each : moved) {
                        Location there = index.find(each.old.id());
                        // A session may have stored it anew meanwhile.
                        if (there != null && there.container() == each.from && there.offset() == each.old.offset()) {
                            batch.chunk(each.old.id(), Location.of(number, each.now));
                        }
                    }
                    batch.container(number, info).commit();
                }
            });
            ingest.allocator().released(-info.bytes());
            moved.stream()
                    .map(Moved::from)
                    .distinct()
                    .forEach(from -> ingest.known().forget(from, List.of()));
        } finally {
            moved.clear();
        }
    }

    long copiedBytes() {
        return copiedBytes;
    }

    /** Drops what was not flushed. */
    @Override
    public void close() throws IOException {
        if (writer != null && path != null) {
            writer.close();
            disk.delete(ContainerWriter.openPath(path));
            writer = null;
        }
    }
}
