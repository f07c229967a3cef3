package dev.holdfast.agent.restore;

import static dev.holdfast.agent.restore.MemorySnapshot.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Restores into one target at the same time: each brings everything that it should, and leaves nothing behind. */
@EnabledOnOs(OS.LINUX)
class ConcurrentRestoresTest {
    private static final int GROUPS = 200;

    @TempDir
    Path target;

    private final List<String> problems = Collections.synchronizedList(new ArrayList<>());

    private Directory open(Path directory) throws IOException {
        return Platform.current().open(bytes(directory.toString()));
    }

    private MemorySnapshot snapshot(String content) throws IOException {
        try (Directory like = open(target)) {
            MemorySnapshot snapshot = new MemorySnapshot(like).directory("d");
            for (int i = 0; i < GROUPS; i++) {
                snapshot.linkedFile("a%04d".formatted(i), 100 + i, 2, content + i);
            }
            snapshot.file("b", new byte[100_000], bytes(content));
            for (int i = 0; i < GROUPS; i++) {
                snapshot.link("z%04d".formatted(i), 100 + i, 2);
            }
            return snapshot.leave();
        }
    }

    private Callable<RestoreStats> restore(MemorySnapshot snapshot, Path into, CountDownLatch waiting) {
        return () -> {
            try (Directory directory = open(into)) {
                return snapshot.restore(
                        directory, RestoreOptions.overwriting(Overwrite.IF_CHANGED), new Restore.Reporter() {
                            @Override
                            public void problem(TreePath path, String what) {
                                problems.add(path + ": " + what);
                            }

                            @Override
                            public void waiting() {
                                waiting.countDown();
                            }
                        });
            }
        };
    }

    private void mustBeWhole(Path directory, Set<String> contents) throws IOException {
        try (Stream<Path> paths = Files.walk(target)) {
            assertThat(paths.map(each -> String.valueOf(each.getFileName())))
                    .noneMatch(name -> name.startsWith(".holdfast-") || name.contains("kept"));
        }
        try (Directory d = open(directory)) {
            for (int i = 0; i < GROUPS; i++) {
                Stat a = d.stat(bytes("a%04d".formatted(i)));
                Stat z = d.stat(bytes("z%04d".formatted(i)));
                assertThat(a.inode()).isEqualTo(z.inode());
                assertThat(a.links()).isEqualTo(2);
                String content = Files.readString(directory.resolve("a%04d".formatted(i)));
                int number = i;
                assertThat(contents.stream().map(each -> each + number)).contains(content);
            }
        }
        assertThat(problems).isEmpty();
    }

    @Test
    void theyComeOneAfterAnother() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<RestoreStats>> running = new ArrayList<>();
            MemorySnapshot first = snapshot("first ");
            for (int i = 0; i < 3; i++) {
                running.add(threads.submit(restore(snapshot("first "), target, new CountDownLatch(1))));
                running.add(threads.submit(restore(snapshot("second "), target, new CountDownLatch(1))));
            }
            for (Future<RestoreStats> each : running) {
                each.get(2, TimeUnit.MINUTES);
            }
            mustBeWhole(target.resolve("d"), Set.of("first ", "second "));
            assertThat(restore(first, target, new CountDownLatch(1))
                            .call()
                            .files
                            .sum())
                    .isLessThanOrEqualTo(2L * GROUPS + 1);
            mustBeWhole(target.resolve("d"), Set.of("first "));
        }
    }

    /** Into a directory and one below it nobody waits, and no work file of the other is touched. */
    @Test
    void overlappingTargetsDoNotHarmEachOther() throws Exception {
        Path below = Files.createDirectories(target.resolve("d"));
        MemorySnapshot outer = snapshot("outer ");
        MemorySnapshot inner;
        try (Directory like = open(target)) {
            inner = new MemorySnapshot(like);
            for (int i = 0; i < GROUPS; i++) {
                inner.file("inner%04d".formatted(i), new byte[1000], bytes("x" + i));
            }
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<RestoreStats> a = threads.submit(restore(outer, target, new CountDownLatch(1)));
            Future<RestoreStats> b = threads.submit(restore(inner, below, new CountDownLatch(1)));
            a.get(2, TimeUnit.MINUTES);
            b.get(2, TimeUnit.MINUTES);
        }
        mustBeWhole(below, Set.of("outer "));
        for (int i = 0; i < GROUPS; i++) {
            assertThat(below.resolve("inner%04d".formatted(i)))
                    .hasSize(1001 + String.valueOf(i).length());
        }
    }

    @Test
    void theSecondSaysThatItWaits() throws Exception {
        CountDownLatch waits = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        MemorySnapshot second = snapshot("second ");
        MemorySnapshot slow = snapshot("first ");
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<RestoreStats> first = threads.submit(() -> {
                try (Directory directory = open(target)) {
                    RestoreStats stats = new RestoreStats();
                    slow.restore(
                            new Slowed(slow, begun, waits),
                            directory,
                            RestoreOptions.overwriting(Overwrite.IF_CHANGED),
                            stats,
                            (path, what) -> problems.add(path + ": " + what));
                    return stats;
                }
            });
            assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
            Future<RestoreStats> waiting = threads.submit(restore(second, target, waits));
            first.get(2, TimeUnit.MINUTES);
            waiting.get(2, TimeUnit.MINUTES);
        }
        mustBeWhole(target.resolve("d"), Set.of("second "));
    }

    /** Gives no chunk before the other restore waits. */
    private record Slowed(MemorySnapshot snapshot, CountDownLatch begun, CountDownLatch waits) implements ChunkSource {
        @Override
        public HashAlgorithm hash() {
            return snapshot.hash();
        }

        @Override
        public long[] places(List<Digest> digests) {
            return snapshot.places(digests);
        }

        @Override
        public java.util.concurrent.CompletableFuture<Void> get(List<Digest> digests, Appliance.ChunkSink sink)
                throws IOException {
            begun.countDown();
            try {
                if (!waits.await(1, TimeUnit.MINUTES)) {
                    throw new IOException("the other restore does not wait");
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return snapshot.get(digests, sink);
        }
    }
}
