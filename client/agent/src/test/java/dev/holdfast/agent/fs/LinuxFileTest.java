package dev.holdfast.agent.fs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Direct writes of restored files. */
@EnabledOnOs(OS.LINUX)
class LinuxFileTest {
    /** A file of the kernel: it refuses to be opened for direct writes, and all writes of what is no number, with EINVAL. */
    private static final Path REFUSING = Path.of("/proc/self/coredump_filter");

    private static final int BLOCK_BYTES = 1 << 12;
    private static final int FILE_BYTES = (3 << 20) + 12_345;
    private static final int MAX_WRITE_BYTES = 600_000;

    @TempDir
    Path dir;

    private static int open(Path file, int flags) throws IOException {
        Libc.Scratch s = Libc.scratch();
        byte[] name = file.toString().getBytes(StandardCharsets.UTF_8);
        int fd = Libc.openat(s, Libc.AT_FDCWD, s.name(name), flags, 0);
        Libc.check(s, fd, "open", name);
        return fd;
    }

    /** Runs of any position and length, one after another and then again in the middle, as chunks of a file arrive. */
    private static byte[] fill(LinuxFile file) throws IOException {
        Random random = new Random(5);
        byte[] content = new byte[FILE_BYTES];
        random.nextBytes(content);
        for (int at = 0; at < content.length; ) {
            int count = Math.min(content.length - at, 1 + random.nextInt(MAX_WRITE_BYTES));
            file.write(at, content, at, count);
            at += count;
        }
        for (int i = 0; i < 20; i++) {
            int at = random.nextInt(content.length);
            byte[] run = new byte[Math.min(content.length - at, 1 + random.nextInt(MAX_WRITE_BYTES))];
            random.nextBytes(run);
            System.arraycopy(run, 0, content, at, run.length);
            file.write(at, content, at, run.length);
        }
        return content;
    }

    @ParameterizedTest
    @ValueSource(ints = {BLOCK_BYTES, 2 * BLOCK_BYTES, 16 * BLOCK_BYTES})
    void fileHasEveryByteWhateverTheBlocksAre(int unit) throws IOException {
        Path path = Files.createFile(dir.resolve("file"));
        int fd = open(path, Libc.O_RDWR);
        byte[] content;
        try (LinuxFile file = new LinuxFile(fd, LinuxFile.openDirect(fd), unit)) {
            content = fill(file);
        }
        assertThat(Arrays.equals(Files.readAllBytes(path), content)).isTrue();
    }

    @Test
    void refusedDirectWritesGoThroughTheCache() throws IOException {
        Path path = Files.createFile(dir.resolve("file"));
        byte[] before = Files.readAllBytes(REFUSING);
        byte[] content;
        try (LinuxFile file = new LinuxFile(open(path, Libc.O_RDWR), open(REFUSING, Libc.O_WRONLY), BLOCK_BYTES)) {
            content = fill(file);
        }
        assertThat(Arrays.equals(Files.readAllBytes(path), content)).isTrue();
        assertThat(Files.readAllBytes(REFUSING)).isEqualTo(before);
    }

    @Test
    void fileSystemsMayRefuseToOpenForDirectWrites() throws IOException {
        int fd = open(REFUSING, Libc.O_WRONLY);
        try {
            assertThat(LinuxFile.openDirect(fd)).isEqualTo(LinuxFile.NONE);
        } finally {
            Libc.closeFd(fd);
        }
    }
}
