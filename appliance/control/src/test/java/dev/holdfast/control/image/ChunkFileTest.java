package dev.holdfast.control.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChunkFileTest {
    private static final int FULL = SealedSlots.CHUNK_BYTES;
    /** Ends of blocks, and what is near them. */
    private static final int[] LENGTHS = {1, 4095, 8191, 8192, 8193, 100_000, FULL - 1, FULL};

    @TempDir
    private Path dir;

    /** A chunk whose content follows from its number. */
    private static byte[] chunk(int number) {
        byte[] chunk = new byte[LENGTHS[number % LENGTHS.length]];
        new Random(number).nextBytes(chunk);
        return chunk;
    }

    private static Digest digest(int number) {
        return HashAlgorithm.NEWEST.digest(Integer.toString(number).getBytes(StandardCharsets.US_ASCII));
    }

    private ChunkFile make(int chunks) throws IOException {
        return ChunkFile.make(dir, (chunks + 32L) * SealedSlots.SLOT_BYTES, bytes -> true);
    }

    private static void put(ChunkFile file, int number) {
        // Behind other bytes, as in an array that is used again.
        byte[] chunk = chunk(number);
        byte[] array = new byte[chunk.length + 7];
        System.arraycopy(chunk, 0, array, 7, chunk.length);
        file.put(digest(number), array, 7, chunk.length, true);
    }

    private static byte[] read(ChunkFile file, int number, int offset, int length) {
        ByteBuffer target = ByteBuffer.allocateDirect(length + 2).position(1);
        boolean found = file.read(digest(number), offset, length, target);
        assertThat(target.position()).isEqualTo(found ? 1 + length : 1);
        assertThat(target.get(length + 1)).isZero();
        byte[] bytes = new byte[length];
        target.get(1, bytes);
        return found ? bytes : new byte[0];
    }

    /** The file without a name that this process has open in the directory. */
    private Path opened() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : descriptors.toList()) {
                if (Files.isSymbolicLink(each)
                        && Files.readSymbolicLink(each).toString().startsWith(dir + "/chunks-")) {
                    return each;
                }
            }
        }
        throw new AssertionError("there is no such file");
    }

    @Test
    void anyPartOfAChunkIsReadAsItWasPut() throws IOException {
        Random random = new Random(1);
        try (ChunkFile file = make(64)) {
            for (int i = 0; i < 2 * LENGTHS.length; i++) {
                put(file, i);
            }
            for (int i = 0; i < 2000; i++) {
                int number = random.nextInt(2 * LENGTHS.length);
                byte[] chunk = chunk(number);
                int offset = random.nextInt(chunk.length);
                int length = 1 + random.nextInt(Math.min(chunk.length - offset, i % 2 == 0 ? 5000 : FULL));
                assertThat(read(file, number, offset, length))
                        .as("%d bytes from %d on of %d", length, offset, chunk.length)
                        .isEqualTo(Arrays.copyOfRange(chunk, offset, offset + length));
            }
            assertThat(read(file, 99, 0, 1)).isEmpty();
            // Beyond its end.
            assertThat(read(file, 0, 0, 2)).isEmpty();
        }
    }

    @Test
    void nothingReadableIsOnDiskAndNoFileStays() throws IOException {
        byte[] chunk = new byte[FULL];
        byte[] words = "a word that nobody should read. ".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < chunk.length; i++) {
            chunk[i] = words[i % words.length];
        }
        try (ChunkFile file = make(64)) {
            file.put(digest(0), chunk, 0, chunk.length, true);
            assertThat(dir).isEmptyDirectory();
            byte[] written = Files.readAllBytes(opened());
            assertThat(written).hasSizeGreaterThan(FULL);
            assertThat(new String(written, StandardCharsets.ISO_8859_1)).doesNotContain("word", "nobody");
        }
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void whatTheDiskDamagesIsNotThere() throws IOException {
        try (ChunkFile file = make(64)) {
            put(file, 7);
            Path written = opened();
            byte[] bytes = Files.readAllBytes(written);
            bytes[FULL / 2] ^= 1;
            Files.write(written, bytes);
            assertThat(read(file, 7, 0, 4096)).isEqualTo(Arrays.copyOf(chunk(7), 4096));
            assertThat(read(file, 7, 0, FULL)).isEmpty();
            assertThat(file.has(digest(7))).isFalse();
            put(file, 7);
            assertThat(read(file, 7, 0, FULL)).isEqualTo(chunk(7));
        }
    }

    @Test
    void aFullFileDropsChunksOnlyForThoseThatAreReadInParts() throws IOException {
        try (ChunkFile file = make(4)) {
            for (int i = 0; i < 4; i++) {
                put(file, i);
            }
            byte[] chunk = chunk(4);
            file.put(digest(4), chunk, 0, chunk.length, false);
            assertThat(file.has(digest(4))).isFalse();
            long bytes = file.bytes();
            for (int round = 0; round < 20; round++) {
                put(file, 4);
                read(file, 4, 0, 1);
            }
            assertThat(file.has(digest(4))).isTrue();
            assertThat(file.bytes()).isBetween(bytes, 36L * SealedSlots.SLOT_BYTES);
        }
    }

    @Test
    void itTakesNoSpaceThatOthersNeedAndGivesItBack() throws IOException {
        boolean[] allows = {false};
        try (ChunkFile file = ChunkFile.make(dir, 1L << 30, bytes -> allows[0])) {
            put(file, 7);
            assertThat(file.has(digest(7))).isFalse();
            assertThat(file.bytes()).isZero();
            allows[0] = true;
            put(file, 7);
            assertThat(Files.size(opened())).isGreaterThan(FULL);
            file.clear();
            assertThat(file.bytes()).isZero();
            assertThat(Files.size(opened())).isZero();
            assertThat(read(file, 7, 0, 1)).isEmpty();
            put(file, 15);
            assertThat(read(file, 15, 0, FULL)).isEqualTo(chunk(15));
        }
    }

    /** Slots are used again while others still read them. */
    @Test
    void manyThreadsNeverReadAnotherChunk() throws Exception {
        try (ChunkFile file = make(4);
                ExecutorService pool = Executors.newFixedThreadPool(6)) {
            List<Callable<Integer>> readers = new ArrayList<>();
            for (int thread = 0; thread < 6; thread++) {
                Random random = new Random(thread);
                readers.add(() -> {
                    int found = 0;
                    for (int i = 0; i < 1500; i++) {
                        int number = random.nextInt(12);
                        byte[] chunk = chunk(number);
                        int offset = random.nextInt(chunk.length);
                        int length = 1 + random.nextInt(chunk.length - offset);
                        byte[] read = read(file, number, offset, length);
                        if (read.length == 0) {
                            put(file, number);
                        } else {
                            found++;
                            assertThat(read).isEqualTo(Arrays.copyOfRange(chunk, offset, offset + length));
                        }
                        if (i % 500 == 499) {
                            file.clear();
                        }
                    }
                    return found;
                });
            }
            for (Future<Integer> each : pool.invokeAll(readers)) {
                assertThat(each.get()).isPositive();
            }
        }
    }
}
