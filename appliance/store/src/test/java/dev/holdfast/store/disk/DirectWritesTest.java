package dev.holdfast.store.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirectWritesTest {
    /** The writer of containers aligns its memory and its writes to this. */
    private static final int ALIGNMENT = 4096;

    private static final int BUFFER_BYTES = 1 << 20;

    @TempDir
    Path dir;

    /**
     * Blocks smaller than those of the file system have writes refused. Larger ones, as of file systems on disks with large
     * sectors, leave little or nothing to write directly. All bytes are right in any case.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 512, 4096, 8192, 65_536, BUFFER_BYTES, 2 * BUFFER_BYTES})
    void fileHasEveryByteWhateverTheBlocksAre(int blockBytes) throws IOException {
        Path path = Files.createFile(dir.resolve("file"));
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        byte[] content = new byte[2 * BUFFER_BYTES + 12_345];
        Random random = new Random(blockBytes);
        random.nextBytes(content);
        try (Arena arena = Arena.ofConfined();
                Disk.DiskFile file = new LocalDisk.LocalFile(channel, DirectWrites.to(path, blockBytes))) {
            ByteBuffer buffer = arena.allocate(BUFFER_BYTES, ALIGNMENT).asByteBuffer();
            // As containers are written: each write begins at an aligned place, with what follows from there on.
            for (int written = 0; written < content.length; ) {
                int begin = written / ALIGNMENT * ALIGNMENT;
                int end = Math.min(content.length, written + 1 + random.nextInt(BUFFER_BYTES - ALIGNMENT));
                buffer.clear().put(content, begin, end - begin).flip();
                file.write(buffer, begin);
                assertThat(buffer.hasRemaining()).isFalse();
                written = end;
            }
            file.sync();
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(content);
    }

    /** A file system of the kernel's own that refuses to open a file for direct writes. */
    @Test
    void fileSystemsWithoutDirectWritesHaveNone() {
        Path file = Path.of("/proc/self/coredump_filter");
        assertThat(Files.isWritable(file)).isTrue();
        assertThat(DirectWrites.to(file)).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {-4096, 0, 3, 5000})
    void strangeBlocksAreNotWrittenDirectly(int blockBytes) throws IOException {
        assertThat(DirectWrites.to(Files.createFile(dir.resolve("file")), blockBytes))
                .isNull();
    }

    /** What fails directly fails again, and visibly, through the page cache. */
    @Test
    void lastingErrorsAreReported() throws IOException {
        Path path = Files.createFile(dir.resolve("file"));
        FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
        try (Arena arena = Arena.ofConfined()) {
            ByteBuffer block = arena.allocate(65_536, 65_536).asByteBuffer();
            Disk.DiskFile file = new LocalDisk.LocalFile(channel, DirectWrites.to(path));
            file.close();
            assertThatThrownBy(() -> file.write(block, 0)).isInstanceOf(ClosedChannelException.class);
        }
    }
}
