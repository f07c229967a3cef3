package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * Writes one snapshot's manifest file: a container of kind SNAPSHOT whose frames list the pages, and whose last frame is
 * the {@link StoredSnapshot}. Until {@link #commit} it is an {@code .open} file that the next start deletes. Used by one
 * thread at a time; its creator closes it.
 */
final class ManifestWriter implements AutoCloseable {
    private static final int PART_PAGES = 1024;
    private static final int PART_BYTES = 512 << 10;
    private static final int LEVEL = 3;
    /** Pages of one snapshot: some 64 GB of names and attributes. */
    static final int MAX_PAGES = 1_000_000;
    /** What listing them may take. */
    static final long MAX_BYTES = 256L << 20;

    private final Disk disk;
    private final Path path;
    private final VaultKeys vault;
    private final int node;
    private final InstantSource clock;
    private final UUID id;
    private final ContainerWriter writer;
    private final List<Integer> parts = new ArrayList<>();
    private final ByteWriter part = new ByteWriter(1 << 16);
    private int partPages;
    private int pages;
    private long bytes;
    private boolean done;

    ManifestWriter(Disk disk, Path directory, VaultKeys vault, int node, InstantSource clock) throws IOException {
        this.disk = disk;
        this.vault = vault;
        this.node = node;
        this.clock = clock;
        this.id = UUID.randomUUID();
        this.path = directory.resolve(id + ManifestFiles.SUFFIX);
        AtomicFile.createDirectory(directory);
        ContainerHeader header = ContainerHeader.of(ContainerHeader.Kind.SNAPSHOT, vault, id, 0, clock.millis());
        this.writer = new ContainerWriter(disk, path, vault, header, Integer.MAX_VALUE);
    }

    UUID id() {
        return id;
    }

    void add(PageRef page) throws IOException {
        int before = part.size();
        page.write(part);
        bytes += part.size() - before;
        if (++pages > MAX_PAGES || bytes > MAX_BYTES) {
            throw FormatException.corrupt("a snapshot of " + pages + " pages, which take " + bytes
                    + " bytes to list; the limits are " + MAX_PAGES + " and " + MAX_BYTES
                    + ". Back up parts of the tree by themselves");
        }
        if (++partPages == PART_PAGES || part.size() >= PART_BYTES) {
            endPart();
        }
    }

    private void endPart() throws IOException {
        if (partPages > 0) {
            append(new ByteWriter(part.size() + 4)
                    .varint(partPages)
                    .raw(part.toByteArray())
                    .toByteArray());
            parts.add(partPages);
            part.clear();
            partPages = 0;
        }
    }

    private void append(byte[] bytes) throws IOException {
        if (bytes.length > Packed.MAX_RAW_BYTES) {
            throw FormatException.corrupt("a snapshot's summary of " + bytes.length + " bytes is too large");
        }
        FrameEntry entry = writer.append(vault.chunkId(bytes), ChunkKind.ROOT, node, Packed.compress(bytes, LEVEL));
        if (entry == null) {
            // Says what failed before, if something did.
            writer.sync();
            throw new IOException("manifest " + path + " is full");
        }
    }

    /** Returns once the snapshot is on stable storage under its final name: this is the commit. */
    StoredSnapshot commit(String nodeName, byte[] summary) throws IOException {
        endPart();
        StoredSnapshot snapshot = new StoredSnapshot(id, node, nodeName, clock.millis(), List.copyOf(parts), summary);
        append(snapshot.encode());
        writer.sealReviewed(open -> requireReadable(open, snapshot));
        done = true;
        return snapshot;
    }

    /** A snapshot that could not be listed again would be lost, however whole its chunks are. */
    private void requireReadable(Path open, StoredSnapshot written) throws IOException {
        try (ManifestFile manifest = new ManifestFile(disk, open, vault)) {
            if (!Arrays.equals(manifest.snapshot().encode(), written.encode())) {
                throw FormatException.corrupt("manifest " + open + " reads differently from what was written");
            }
            for (int at = 0; at < written.pages(); ) {
                at += manifest.pages(at, written.pages()).size();
            }
        }
    }

    @Override
    public void close() throws IOException {
        writer.close();
        if (!done) {
            disk.delete(ContainerWriter.openPath(path));
        }
    }
}
