package dev.holdfast.agent.memory;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.manifest.Node;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Random;

/** Makes trees of files for tests; everything follows from the seed. */
public final class TestTree {
    /** Longer than a tick of the kernel's clock, within which a change could leave no trace. */
    private static final long SETTLE_MILLIS = 60;

    private final Random random;

    public TestTree(long seed) {
        this.random = new Random(seed);
    }

    public byte[] noise(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** A tree with one of everything that a file system of Linux has and an ordinary user can make. */
    public Path hard(Path root) throws IOException {
        Files.createDirectories(root.resolve("deep/er/and/deeper"));
        Files.createDirectories(root.resolve("empty directory"));
        Files.write(root.resolve("empty"), new byte[0]);
        Files.writeString(root.resolve("deep/er/small"), "small");
        for (int i = 0; i < 200; i++) {
            Files.write(root.resolve("deep/small-" + i), noise(random.nextInt(4000)));
        }
        Files.write(root.resolve("large"), noise(3_000_000));
        Files.write(root.resolve("zeros"), new byte[2_500_000]);
        sparse(root.resolve("sparse"), 5_000_000, 20_000_000);
        Files.createLink(root.resolve("deep/er/link to large"), root.resolve("large"));
        Files.createLink(root.resolve("deep/er/and/another link"), root.resolve("large"));
        Files.createSymbolicLink(root.resolve("symlink"), Path.of("deep/er/small"));
        Files.createSymbolicLink(root.resolve("dangling"), Path.of("../nothing/here"));
        try (Directory directory = Platform.current().open(TestClient.bytes(root))) {
            directory.makeSpecial("fifo".getBytes(StandardCharsets.US_ASCII), Node.Special.Type.FIFO, 0, 0);
            try (Directory.FileHandle file = directory.createFile(new byte[] {'n', (byte) 0xFF, '\n', '\\'})) {
                file.write(0, noise(100), 0, 100);
            }
        }
        Files.setPosixFilePermissions(root.resolve("deep/er/small"), PosixFilePermissions.fromString("r--r-----"));
        Files.setPosixFilePermissions(root.resolve("deep/er"), PosixFilePermissions.fromString("rwxr-x---"));
        Files.setAttribute(root.resolve("large"), "user:origin", ByteBuffer.wrap(noise(50)));
        Files.setLastModifiedTime(
                root.resolve("deep/small-7"), FileTime.from(Instant.ofEpochSecond(1_234_567_890, 123_456_789)));
        Files.setLastModifiedTime(root.resolve("deep/er"), FileTime.from(Instant.ofEpochSecond(1_000_000_000)));
        return root;
    }

    /** A file with some bytes behind a hole, and a hole at its end. */
    private void sparse(Path file, long hole, long size) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.position(hole);
            channel.write(ByteBuffer.wrap(noise(100_000)));
            channel.position(size - 1);
            channel.write(ByteBuffer.wrap(new byte[] {1}));
        }
    }

    /** Files that take several requests to send. */
    public Path bulk(Path root, int files, int bytesEach) throws IOException {
        Files.createDirectories(root);
        for (int i = 0; i < files; i++) {
            Files.write(root.resolve("bulk-" + i), noise(bytesEach));
        }
        return root;
    }

    /** Lets the clock of the file system go on, so that files made before are surely older than a backup that follows. */
    public static void settle() throws InterruptedException {
        Thread.sleep(SETTLE_MILLIS);
    }
}
