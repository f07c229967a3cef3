package dev.holdfast.agent.restore;

import static dev.holdfast.agent.restore.MemorySnapshot.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.WrappedDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several threads write to one file, while files are closed to keep few open, and while some writes fail. */
@EnabledOnOs(OS.LINUX)
class ParallelWritesTest {
    /** More than a restore keeps open. */
    private static final int SMALL_FILES = 400;

    /** With them and the first half of the large file the first window is full, so that it is written while the second half is planned. */
    private static final int EMPTY_FILES = 623;

    private static final int LARGE_PARTS = 300;
    /** Only the large file reaches beyond. */
    private static final int SMALL_BYTES = 1 << 16;

    private static final int EFBIG = 27;

    @TempDir
    Path target;

    private final List<String> problems = Collections.synchronizedList(new ArrayList<>());

    /** What one restore did with its files. */
    private static final class Watch {
        /** How many writes of the large file must be under way at the same time: the first of them wait for each other. */
        private final CountDownLatch together;

        private final List<Directory.FileHandle> users = new ArrayList<>();
        private final Set<Directory.FileHandle> closed = new HashSet<>();
        private final List<String> wrong = new ArrayList<>();
        /** After so many writes of the large file, each further one fails. */
        private int writesLeft;

        Watch(int together, int writesLeft) {
            this.together = new CountDownLatch(together);
            this.writesLeft = writesLeft;
        }

        private synchronized boolean fails() {
            return writesLeft-- <= 0;
        }

        private synchronized void begin(Directory.FileHandle file) {
            users.add(file);
            if (closed.contains(file)) {
                wrong.add("written after it was closed");
            }
        }

        private synchronized void end(Directory.FileHandle file) {
            users.remove(file);
        }

        private synchronized void close(Directory.FileHandle file) {
            closed.add(file);
            if (users.contains(file)) {
                wrong.add("closed while it was written");
            }
        }
    }

    /** A target that looks how its files are used. */
    private static final class WatchedDirectory extends WrappedDirectory {
        private final Watch watch;

        WatchedDirectory(Directory inner, Watch watch) {
            super(inner);
            this.watch = watch;
        }

        @Override
        protected WrappedDirectory wrap(Directory directory) {
            return new WatchedDirectory(directory, watch);
        }

        @Override
        protected void write(FileHandle file, long position, byte[] source, int offset, int length) throws IOException {
            watch.begin(file);
            try {
                if (position > SMALL_BYTES) {
                    watch.together.countDown();
                    if (!watch.together.await(1, TimeUnit.MINUTES)) {
                        throw new IOException("no other thread writes to the file");
                    }
                    if (watch.fails()) {
                        throw error(EFBIG, new byte[0]);
                    }
                }
                super.write(file, position, source, offset, length);
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            } finally {
                watch.end(file);
            }
        }

        @Override
        protected void close(FileHandle file) throws IOException {
            watch.close(file);
            super.close(file);
        }
    }

    /** A snapshot of a large file and many small ones of two parts each, and what they must be. */
    private final class Case {
        final long seed;
        final Random random;
        final MemorySnapshot snapshot;
        final byte[] large;
        final List<byte[]> small = new ArrayList<>();

        Case(long seed) throws IOException {
            this.seed = seed;
            this.random = new Random(seed);
            try (Directory like = Platform.current().open(bytes(target.toString()))) {
                snapshot = new MemorySnapshot(like);
            }
            for (int i = 0; i < SMALL_FILES; i++) {
                byte[] first = noise(1 + random.nextInt(SMALL_BYTES / 2));
                byte[] second = noise(1 + random.nextInt(SMALL_BYTES / 2));
                snapshot.file(name(i), first, second);
                small.add(joined(first, second));
            }
            for (int i = 0; i < EMPTY_FILES; i++) {
                snapshot.file("g%05d".formatted(i), new byte[0][]);
            }
            byte[][] parts = new byte[LARGE_PARTS][];
            Arrays.setAll(parts, i -> noise(1 + random.nextInt(random.nextBoolean() ? 5000 : 300_000)));
            large = joined(parts);
            snapshot.begun("large", large.length, Arrays.copyOf(parts, LARGE_PARTS / 2))
                    .more(large.length, Arrays.copyOfRange(parts, LARGE_PARTS / 2, LARGE_PARTS));
            snapshot.shuffle(seed);
        }

        private byte[] noise(int length) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            return bytes;
        }

        private Watch restore(int together, int writes) throws IOException {
            Watch watch = new Watch(together, writes);
            ParallelWritesTest.this.restore(snapshot, watch);
            assertThat(watch.wrong).as("seed %d", seed).isEmpty();
            return watch;
        }

        private void requireSmallFiles() throws IOException {
            for (int i = 0; i < SMALL_FILES; i++) {
                requireContent(name(i), small.get(i));
            }
        }

        private void requireContent(String name, byte[] expected) throws IOException {
            assertThat(Arrays.equals(Files.readAllBytes(target.resolve(name)), expected))
                    .as("%s, seed %d", name, seed)
                    .isTrue();
        }

        private void requireWhole() throws IOException {
            assertThat(problems).as("seed %d", seed).isEmpty();
            requireSmallFiles();
            requireContent("large", large);
            assertThat(left()).as("seed %d", seed).isEmpty();
        }
    }

    private void restore(MemorySnapshot snapshot, Watch watch) throws IOException {
        try (Directory directory = new WatchedDirectory(Platform.current().open(bytes(target.toString())), watch)) {
            snapshot.restore(
                    directory,
                    RestoreOptions.overwriting(Overwrite.IF_CHANGED),
                    (path, what) -> problems.add(path + ": " + what));
        }
    }

    private static String name(int i) {
        return "f%05d".formatted(i);
    }

    private static byte[] joined(byte[]... parts) {
        ByteBuffer all = ByteBuffer.allocate(
                Stream.of(parts).mapToInt(each -> each.length).sum());
        Stream.of(parts).forEach(all::put);
        return all.array();
    }

    private List<Path> left() throws IOException {
        try (Stream<Path> paths = Files.list(target)) {
            return paths.filter(each -> String.valueOf(each.getFileName()).startsWith(".holdfast-"))
                    .toList();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void oneFileIsWrittenByManyWhileOthersAreEvicted(long seed) throws Exception {
        Case restored = new Case(seed);
        Watch watch = restored.restore(2, Integer.MAX_VALUE);
        restored.requireWhole();
        // Files that were closed before they were whole were opened again.
        assertThat(watch.closed).hasSizeGreaterThan(SMALL_FILES + EMPTY_FILES + 10);
    }

    @Test
    void placesOfOneChunkAreSharedAmongWriters() throws Exception {
        byte[] chunk = new byte[100_000];
        new Random(1).nextBytes(chunk);
        byte[][] parts = new byte[200][];
        Arrays.fill(parts, chunk);
        try (Directory like = Platform.current().open(bytes(target.toString()))) {
            restore(new MemorySnapshot(like).file("large", parts), new Watch(2, Integer.MAX_VALUE));
        }
        assertThat(problems).isEmpty();
        assertThat(Arrays.equals(Files.readAllBytes(target.resolve("large")), joined(parts)))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 5, 6})
    void aFailedWriteIsOfItsFileAloneAndTheNextRestoreGoesOn(long seed) throws Exception {
        Case restored = new Case(seed);
        restored.restore(2, LARGE_PARTS / 3);
        assertThat(problems).as("seed %d", seed).singleElement().asString().startsWith("/large: ");
        problems.clear();
        restored.requireSmallFiles();
        assertThat(target.resolve("large")).doesNotExist();
        int fetched = restored.snapshot.fetched;
        restored.restore(2, Integer.MAX_VALUE);
        restored.requireWhole();
        assertThat(restored.snapshot.fetched - fetched).isLessThan(LARGE_PARTS);
    }

    @ParameterizedTest
    @ValueSource(longs = {7, 8, 9})
    void whatIsRightOfAPresentFileIsCopiedWhileTheRestIsWritten(long seed) throws Exception {
        Case restored = new Case(seed);
        Files.write(target.resolve("large"), restored.large);
        try (FileChannel channel = FileChannel.open(target.resolve("large"), StandardOpenOption.WRITE)) {
            for (int i = 0; i < LARGE_PARTS / 4; i++) {
                channel.write(ByteBuffer.wrap(bytes("changed")), restored.random.nextInt(restored.large.length));
            }
        }
        // The planning thread writes alone until the first window is planned.
        restored.restore(0, Integer.MAX_VALUE);
        restored.requireWhole();
    }
}
