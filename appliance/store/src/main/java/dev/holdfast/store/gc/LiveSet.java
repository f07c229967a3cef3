package dev.holdfast.store.gc;

import dev.holdfast.store.envelope.ChunkId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Set;

/**
 * The chunks that snapshots refer to, by the first eight bytes of their ids, on disk in 256 parts that are small enough to
 * be sorted in memory: 191 M chunks take 1.5 GB there and 6 MB here. Two ids with the same beginning only keep a chunk that
 * might go. Used by one thread, which closes it.
 */
final class LiveSet implements AutoCloseable {
    static final int PARTS = 256;
    private static final int BUFFER_BYTES = 64 << 10;

    private final Path directory;
    private final FileChannel[] files = new FileChannel[PARTS];
    private final ByteBuffer[] buffers = new ByteBuffer[PARTS];

    /** @param directory for its files; what an earlier one left there is deleted */
    LiveSet(Path directory) throws IOException {
        this.directory = directory;
        Files.createDirectories(directory);
        discard();
    }

    private void discard() throws IOException {
        try (DirectoryStream<Path> old = Files.newDirectoryStream(directory)) {
            for (Path file : old) {
                Files.delete(file);
            }
        }
    }

    void add(ChunkId id) throws IOException {
        int part = (int) (id.a() >>> 56);
        ByteBuffer buffer = buffers[part];
        if (buffer == null) {
            buffer = ByteBuffer.allocate(BUFFER_BYTES);
            buffers[part] = buffer;
        }
        buffer.putLong(id.a());
        if (!buffer.hasRemaining()) {
            flush(part);
        }
    }

    private void flush(int part) throws IOException {
        ByteBuffer buffer = buffers[part];
        if (buffer == null || buffer.position() == 0) {
            return;
        }
        FileChannel file = files[part];
        if (file == null) {
            file = FileChannel.open(
                    directory.resolve(String.format("%02x", part)),
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
            files[part] = file;
        }
        buffer.flip();
        while (buffer.hasRemaining()) {
            file.write(buffer);
        }
        buffer.clear();
    }

    /** One part's beginnings of ids, sorted as unsigned numbers, which is the order of the index. */
    long[] sorted(int part) throws IOException {
        flush(part);
        FileChannel file = files[part];
        if (file == null) {
            return new long[0];
        }
        long[] ids = new long[Math.toIntExact(file.size() / Long.BYTES)];
        ByteBuffer block = ByteBuffer.allocate(1 << 20);
        int at = 0;
        for (long position = 0; position < file.size(); position += block.limit()) {
            block.clear();
            int count;
            do {
                count = file.read(block, position + block.position());
            } while (count > 0 && block.hasRemaining());
            block.flip();
            while (block.remaining() >= Long.BYTES) {
                // All of a part begin with the same byte, but that byte may be negative.
                ids[at++] = block.getLong() ^ Long.MIN_VALUE;
            }
        }
        Arrays.parallelSort(ids);
        for (int i = 0; i < ids.length; i++) {
            ids[i] ^= Long.MIN_VALUE;
        }
        return ids;
    }

    @Override
    public void close() throws IOException {
        for (FileChannel file : files) {
            if (file != null) {
                file.close();
            }
        }
        discard();
    }
}
