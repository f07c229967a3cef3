package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Snapshots that a client has mounted; unmounted in any case when it is closed, so that nobody waits for it. */
final class MountedProduct implements AutoCloseable {
    private static final int SECONDS = 120;

    private final Path point;
    private final Product.Running running;

    private MountedProduct(Path point, Product.Running running) {
        this.point = point;
        this.running = running;
    }

    /** @param words the command's own, but for the directory */
    static MountedProduct mount(Product.Client client, Path point, String... words) throws Exception {
        Files.createDirectories(point);
        List<String> all = new ArrayList<>(List.of("mount"));
        all.addAll(List.of(words));
        all.add(point.toString());
        MountedProduct mounted = new MountedProduct(point, client.launch(all.toArray(String[]::new)));
        try {
            mounted.awaitPrinted();
        } catch (Exception | Error e) {
            mounted.close();
            throw e;
        }
        return mounted;
    }

    private void awaitPrinted() throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!Files.readString(running.out()).contains("Mounted ")) {
            assertThat(running.process().isAlive())
                    .as(Files.readString(running.err()))
                    .isTrue();
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.sleep(20);
        }
    }

    static boolean isMounted(Path point) throws IOException {
        return Files.readString(Path.of("/proc/self/mounts")).contains(" " + point + " fuse.holdfast ");
    }

    Path point() {
        return point;
    }

    String errors() throws IOException {
        return Files.readString(running.err());
    }

    /** Sends SIGTERM; returns the exit code. */
    int terminate() throws Exception {
        running.process().destroy();
        assertThat(running.process().waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
        return running.process().exitValue();
    }

    /** Waits until it ends by itself. */
    int ended() throws Exception {
        assertThat(running.process().waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
        return running.process().exitValue();
    }

    @Override
    public void close() throws Exception {
        // Whoever waits for an answer is told that there will be none.
        running.process().destroyForcibly().waitFor();
        if (isMounted(point)) {
            new ProcessBuilder("umount", "-l", point.toString()).start().waitFor();
        }
    }
}
