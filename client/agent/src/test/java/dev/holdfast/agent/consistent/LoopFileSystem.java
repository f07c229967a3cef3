package dev.holdfast.agent.consistent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.agent.fs.Platform;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A btrfs file system in a file, mounted. */
final class LoopFileSystem implements AutoCloseable {
    private static final long BYTES = 512L << 20;

    final Path mount;

    LoopFileSystem(Path mount) throws Exception {
        this.mount = Files.createDirectories(mount);
        Path image = mount.resolveSibling(mount.getFileName() + ".img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(BYTES);
        }
        run("mkfs.btrfs", "--quiet", image.toString());
        run("mount", "-t", "btrfs", "-o", "loop", image.toString(), mount.toString());
    }

    /** Skips a test for users who may mount nothing, and where the kernel has no loop devices, as in most containers. */
    static void assumePossible() {
        assumeTrue(Platform.current().privileged(), "only root mounts file systems");
        assumeTrue(Files.exists(Path.of("/dev/loop-control")), "the system has no loop devices");
    }

    /** Makes a subvolume. */
    Path subvolume(String path) throws Exception {
        Path made = mount.resolve(path);
        Files.createDirectories(made.getParent());
        run("btrfs", "subvolume", "create", made.toString());
        return made;
    }

    /** What a program of the system prints. */
    static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", List.of(command), output).isZero();
        return output;
    }

    @Override
    public void close() throws IOException {
        try {
            run("umount", "--recursive", mount.toString());
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
