package dev.holdfast.agent.fs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every platform must do; run on each. */
abstract class DirectoryContractTest {
    @TempDir
    Path dir;

    abstract Platform platform();

    private Directory open() throws IOException {
        return platform().open(bytes(dir.toString()));
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Attributes attributes(int mode, long seconds, int nanos, Xattr... xattrs) {
        Timestamp time = new Timestamp(seconds, nanos);
        return new Attributes(mode, 0, 0, time, time, 0, 0, 1, 0, List.of(xattrs));
    }

    @Test
    void filesAreMadeReadAndChanged() throws IOException {
        try (Directory directory = open()) {
            byte[] content = bytes("hello, world");
            try (Directory.FileHandle file = directory.createFile(bytes("f"))) {
                file.write(3, content, 0, content.length);
                file.truncate(100);
            }
            assertThat(directory.names()).containsExactly(bytes("f"));
            Stat stat = directory.stat(bytes("f"));
            assertThat(stat.type()).isEqualTo(Stat.Type.FILE);
            assertThat(stat.size()).isEqualTo(100);
            try (Directory.FileHandle file = directory.openFile(bytes("f"))) {
                byte[] read = new byte[200];
                int count = file.read(0, read, 0, 200);
                assertThat(count).isEqualTo(100);
                assertThat(new String(read, 3, content.length, StandardCharsets.UTF_8))
                        .isEqualTo("hello, world");
                assertThat(file.read(100, read, 0, 10)).isEqualTo(-1);
                assertThat(file.stat().sameState(stat)).isTrue();
            }
            assertThatThrownBy(() -> directory.createFile(bytes("f")))
                    .isInstanceOfSatisfying(
                            OsException.class, e -> assertThat(e.exists()).isTrue());
            assertThatThrownBy(() -> directory.openFile(bytes("none")))
                    .isInstanceOfSatisfying(
                            OsException.class, e -> assertThat(e.vanished()).isTrue());
        }
    }

    /** Parts of all sizes, so that some are written past the page cache where the file system allows it, and none at a block's start. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void severalThreadsWriteOneFile(long seed) throws Exception {
        Random random = new Random(seed);
        byte[] content = new byte[12_345_678];
        random.nextBytes(content);
        List<Integer> cuts = new ArrayList<>(List.of(0));
        while (cuts.getLast() < content.length) {
            cuts.add(Math.min(
                    content.length, cuts.getLast() + 1 + random.nextInt(random.nextBoolean() ? 5000 : 400_000)));
        }
        List<Integer> parts =
                new ArrayList<>(IntStream.range(1, cuts.size()).boxed().toList());
        Collections.shuffle(parts, random);
        try (Directory directory = open();
                ExecutorService threads = Executors.newFixedThreadPool(8);
                Directory.FileHandle file = directory.createFile(bytes("f"))) {
            List<Future<?>> writes = new ArrayList<>();
            for (int part : parts) {
                int from = cuts.get(part - 1);
                writes.add(threads.submit(() -> {
                    file.write(from, content, from, cuts.get(part) - from);
                    return null;
                }));
            }
            for (Future<?> write : writes) {
                write.get();
            }
        }
        assertThat(Arrays.equals(Files.readAllBytes(dir.resolve("f")), content))
                .as("seed %d", seed)
                .isTrue();
    }

    @Test
    void attributesAreSet() throws IOException {
        try (Directory directory = open()) {
            directory.createFile(bytes("f")).close();
            Xattr xattr = new Xattr(bytes("user.test"), new byte[] {0, 1, (byte) 0xFF});
            assertThat(directory.apply(bytes("f"), Stat.Type.FILE, attributes(0641, 1_700_000_000, 123_456_000, xattr)))
                    .isEmpty();
            Stat stat = directory.stat(bytes("f"));
            assertThat(stat.mode()).isEqualTo(0641);
            assertThat(stat.mtime()).isEqualTo(new Timestamp(1_700_000_000, 123_456_000));
            assertThat(directory.xattrs(bytes("f"))).usingRecursiveComparison().isEqualTo(List.of(xattr));
        }
    }

    @Test
    void directoriesLinksAndNames() throws IOException {
        try (Directory directory = open()) {
            directory.makeDirectory(bytes("d"));
            directory.makeSymlink(bytes("s"), bytes("d"));
            assertThat(directory.stat(bytes("s")).type()).isEqualTo(Stat.Type.SYMLINK);
            assertThat(directory.readLink(bytes("s"))).isEqualTo(bytes("d"));
            // The heart of safety on restore: a symlink is never followed.
            assertThatThrownBy(() -> directory.openDirectory(bytes("s"))).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> directory.openFile(bytes("s"))).isInstanceOf(IOException.class);
            try (Directory below = directory.openDirectory(bytes("d"))) {
                below.createFile(bytes("one")).close();
                below.link(bytes("one"), directory, bytes("two"));
                assertThat(directory.stat(bytes("two")).inode())
                        .isEqualTo(below.stat(bytes("one")).inode());
                below.rename(bytes("one"), bytes("three"));
                below.remove(bytes("three"), false);
                assertThat(below.names()).isEmpty();
            }
            directory.remove(bytes("d"), true);
            assertThat(directory.names()).hasSize(2);
        }
        assertThat(Files.isSymbolicLink(dir.resolve("s"))).isTrue();
    }

    @Test
    void treesDeeperThanThePoolStayUsable() throws IOException {
        try (DirectoryNode.Pool pool = new DirectoryNode.Pool(4)) {
            DirectoryNode at = pool.root(open());
            for (int i = 0; i < 50; i++) {
                byte[] name = bytes("level" + i);
                at.use(directory -> {
                    directory.makeDirectory(name);
                    return true;
                });
                at = at.child(name);
            }
            at.use(directory -> {
                directory.createFile(bytes("bottom")).close();
                return true;
            });
            DirectoryNode bottom = at;
            assertThat(bottom.use(Directory::names)).containsExactly(bytes("bottom"));
        }
    }
}
