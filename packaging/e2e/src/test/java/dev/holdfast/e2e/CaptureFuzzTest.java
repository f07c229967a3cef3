package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.manifest.TreePath;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random trees that change while backups of them run. Each file of a snapshot has a content that lived under its name
 * during the run, or is in the report; a backup of the tree at rest has exactly what is there. Long form: {@code
 * -Dholdfast.capture.runs=10000}; one run again: {@code -Dholdfast.capture.seed=SEED -Dholdfast.capture.runs=1}. On another file
 * system: {@code -Dholdfast.capture.dir=DIR}, with {@code -Dholdfast.capture.remount=COMMAND} to mount it anew between the backups
 * of a run.
 */
class CaptureFuzzTest {
    private static final int RUNS = Integer.getInteger("holdfast.capture.runs", 3);
    private static final long SEED = Long.getLong("holdfast.capture.seed", System.nanoTime());
    /** An appliance lets a node begin 120 backups at once; a run makes three. */
    private static final int RUNS_OF_AN_APPLIANCE = 39;

    /** Where the trees are, if not in the temporary directory. */
    private static final @Nullable String TREES = System.getProperty("holdfast.capture.dir");

    private static final @Nullable String REMOUNT = System.getProperty("holdfast.capture.remount");

    @TempDir(cleanup = CleanupMode.ALWAYS)
    Path dir;

    @Test
    void everyNameHasAContentThatItHad() throws Exception {
        for (int done = 0; done < RUNS; ) {
            Path work = Files.createDirectories(dir.resolve("appliance-" + done));
            try (InProcess product = new InProcess(work)) {
                for (int i = 0; i < RUNS_OF_AN_APPLIANCE && done < RUNS; i++, done++) {
                    long seed = SEED + done;
                    try {
                        run(product, (TREES == null ? dir : Path.of(TREES)).resolve("tree-" + done), seed);
                    } catch (AssertionError | Exception e) {
                        throw new AssertionError("run with -Dholdfast.capture.seed=" + seed, e);
                    }
                }
            }
            MutatingTree.delete(work);
        }
        System.out.println("CaptureFuzzTest: " + RUNS + " runs from seed " + SEED);
    }

    private static void run(InProcess product, Path root, long seed) throws Exception {
        Random random = new Random(seed);
        MutatingTree tree = new MutatingTree(Files.createDirectories(root).toRealPath(), random);
        tree.populate();
        TreePath top = TreePath.of(root.toRealPath().toString().substring(1).getBytes(StandardCharsets.UTF_8));
        for (int round = 0; round < 2; round++) {
            tree.forget();
            AtomicBoolean stop = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread mutator = Thread.ofPlatform().start(() -> {
                try {
                    while (!stop.get()) {
                        tree.mutate();
                    }
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            InProcess.Made made;
            try {
                made = product.backup(Platform.current(), top);
            } finally {
                stop.set(true);
                mutator.join();
            }
            assertThat(failure.get()).isNull();
            remount();
            SortedMap<TreePath, byte[]> files = product.files(made.snapshot(), top);
            files.forEach((path, content) -> {
                if (!made.reports(path)) {
                    assertThat(tree.lived(path, content))
                            .as(
                                    "%s has %s in round, seed %d; it had %s",
                                    path, MutatingTree.brief(content), seed, tree.history(path))
                            .isTrue();
                }
            });
        }
        InProcess.Made last = product.backup(Platform.current(), top);
        assertThat(last.problems()).as("seed %d", seed).isEmpty();
        SortedMap<TreePath, byte[]> files = product.files(last.snapshot(), top);
        Map<TreePath, byte[]> present = tree.present();
        for (Map.Entry<TreePath, byte[]> each : present.entrySet()) {
            assertThat(Files.readAllBytes(Path.of("/" + each.getKey())))
                    .as("the file system kept what was written to %s, seed %d", each.getKey(), seed)
                    .isEqualTo(each.getValue());
        }
        assertThat(files.keySet()).as("seed %d", seed).isEqualTo(present.keySet());
        files.forEach((path, content) ->
                assertThat(content).as("%s, seed %d", path, seed).isEqualTo(present.get(path)));
        MutatingTree.delete(root);
    }

    private static void remount() throws Exception {
        if (REMOUNT != null) {
            Process process =
                    new ProcessBuilder("sh", "-c", REMOUNT).inheritIO().start();
            assertThat(process.waitFor()).as(REMOUNT).isZero();
        }
    }
}
