package dev.holdfast.agent.remote;

import com.github.luben.zstd.Zstd;
import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreeCursor;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.UUID;

/**
 * A copy of the last snapshot's pages in the client's state, so that the next backup need not fetch them. A cache: any
 * doubt about it means fetching. Records of: length u32, PageRef, zstd page; the last is the snapshot's UUID behind a
 * length of 0.
 */
public final class LocalManifest implements TreeCursor.Pages, AutoCloseable {
    private static final int MAX_RECORD_BYTES = 4 << 20;

    private final RandomAccessFile file;
    private final UUID snapshot;
    private long[] offsets = new long[64];
    private int count;
    private int lastRef;

    private LocalManifest(RandomAccessFile file) throws IOException {
        this.file = file;
        long at = 0;
        while (true) {
            file.seek(at);
            int length = file.readInt();
            if (length == 0) {
                snapshot = new UUID(file.readLong(), file.readLong());
                return;
            }
            if (length < 0 || length > MAX_RECORD_BYTES) {
                throw FormatException.corrupt("local manifest is damaged");
            }
            if (count == offsets.length) {
                offsets = Arrays.copyOf(offsets, count * 2);
            }
            offsets[count++] = at;
            at += 4L + length;
        }
    }

    public static LocalManifest open(Path path) throws IOException {
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
        try {
            return new LocalManifest(file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    public UUID snapshot() {
        return snapshot;
    }

    @Override
    public int count() {
        return count;
    }

    private byte[] record(int index) throws IOException {
        file.seek(offsets[index]);
        byte[] record = new byte[file.readInt()];
        file.readFully(record);
        return record;
    }

    @Override
    public PageRef ref(int index) throws IOException {
        lastRef = index;
        return PageRef.read(new ByteReader(record(index)));
    }

    @Override
    public Page load(PageRef ref) throws IOException {
        // The cursor asks for a page right after its reference.
        ByteReader in = new ByteReader(record(lastRef));
        if (PageRef.read(in).equals(ref)) {
            byte[] bytes = new Packed(Codec.ZSTD, ref.length(), in.raw(in.remaining())).unpack();
            if (Digest.of(bytes).equals(ref.digest())) {
                return Page.parse(bytes);
            }
        }
        throw FormatException.corrupt("local manifest is damaged");
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** Writes a copy; it takes its place with {@link #commit}. Used by one thread. */
    public static final class Writer implements AutoCloseable {
        private static final int LEVEL = 1;
        private final Path path;
        private final Path temporary;
        private final DataOutputStream out;

        public Writer(Path path) throws IOException {
            this.path = path;
            this.temporary = path.resolveSibling(
                    path.getFileName() + "." + ProcessHandle.current().pid() + "-" + System.nanoTime() + ".tmp");
            this.out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16));
        }

        public void page(PageRef ref, byte[] bytes) throws IOException {
            ByteWriter record = new ByteWriter(256);
            ref.write(record);
            record.raw(Zstd.compress(bytes, LEVEL));
            out.writeInt(record.size());
            out.write(record.toByteArray());
        }

        public void commit(UUID snapshot) throws IOException {
            out.writeInt(0);
            out.writeLong(snapshot.getMostSignificantBits());
            out.writeLong(snapshot.getLeastSignificantBits());
            out.close();
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }

        @Override
        public void close() throws IOException {
            out.close();
            Files.deleteIfExists(temporary);
        }
    }
}
