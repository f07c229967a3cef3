package dev.holdfast.store.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Writes that go past the page cache: of what an appliance stores little is read again soon, and pages for it would have to be
 * found, copied to and written back (docs/performance.md). Used by one thread at a time.
 */
final class DirectWrites implements AutoCloseable {
    private final FileChannel channel;
    private final int blockBytes;
    private boolean refused;

    private DirectWrites(FileChannel channel, int blockBytes) {
        this.channel = channel;
        this.blockBytes = blockBytes;
    }

    /** For a file that exists; null where its file system has no direct writes. */
    static @Nullable DirectWrites to(Path file) {
        try {
            return to(file, Math.toIntExact(Files.getFileStore(file).getBlockSize()));
        } catch (IOException | ArithmeticException e) {
            return null;
        }
    }

    /** @param blockBytes which memory, positions and lengths of direct writes must be multiples of */
    static @Nullable DirectWrites to(Path file, int blockBytes) {
        if (Integer.bitCount(blockBytes) != 1) {
            return null;
        }
        try {
            // Not part of the platform's own interface, but of every JDK (module jdk.unsupported).
            OpenOption option = (OpenOption) Class.forName("com.sun.nio.file.ExtendedOpenOption")
                    .getField("DIRECT")
                    .get(null);
            return new DirectWrites(FileChannel.open(file, StandardOpenOption.WRITE, option), blockBytes);
        } catch (IOException | ReflectiveOperationException | UnsupportedOperationException e) {
            return null;
        }
    }

    /**
     * Writes what it can: whole blocks from memory and to a position that are aligned. After a write that failed, no
     * further one is tried. Why it failed is not asked, since only the text of an exception tells: the caller writes the rest
     * through the page cache, where a disk that is full or broken is reported, at the latest by the sync.
     *
     * @return how many bytes were written; the position of {@code source} is behind them
     */
    int write(ByteBuffer source, long position) {
        int whole = source.remaining() / blockBytes * blockBytes;
        if (refused
                || whole == 0
                || position % blockBytes != 0
                || !source.isDirect()
                || source.alignmentOffset(source.position(), blockBytes) != 0) {
            return 0;
        }
        int begin = source.position();
        int limit = source.limit();
        source.limit(begin + whole);
        try {
            while (source.hasRemaining()) {
                channel.write(source, position + source.position() - begin);
            }
        } catch (IOException e) {
            refused = true;
        } finally {
            source.limit(limit);
        }
        return source.position() - begin;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
