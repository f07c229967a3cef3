package dev.holdfast.agent.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every implementation that this machine has finds the places that the definition says. */
class CutSearchTest {
    private static final int WINDOW = CutSearch.WINDOW_BYTES;

    static List<CutSearch> implementations() {
        List<CutSearch> all = new ArrayList<>();
        all.add(new JavaCutSearch());
        NativeCutSearch.find().ifPresent(all::add);
        return all;
    }

    /** By the definition: each place's hash from its own window. */
    private static int defined(byte[] data, long[] table, int from, int to, long mask) {
        for (int last = from; last < to; last++) {
            long hash = 0;
            for (int back = WINDOW - 1; back >= 0; back--) {
                hash += table[data[last - back] & 0xFF] << back;
            }
            if ((hash & mask) == 0) {
                return last + 1;
            }
        }
        return -1;
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void findsWhatTheDefinitionSays(CutSearch search) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int trial = 0; trial < 300; trial++) {
            byte[] data = new byte[WINDOW + random.nextInt(3000)];
            random.nextBytes(data);
            if (trial % 3 == 0) {
                Arrays.fill(data, random.nextInt(data.length), data.length, (byte) random.nextInt());
            }
            long[] table = random.longs(256).toArray();
            int from = WINDOW + random.nextInt(data.length - WINDOW + 1);
            int to = from + random.nextInt(data.length - from + 1);
            long mask = -1L << (64 - random.nextInt(1, 13));
            assertThat(search.first(data, table, from, to, mask))
                    .as("%s, seed %d, trial %d", search.name(), seed, trial)
                    .isEqualTo(defined(data, table, from, to, mask));
        }
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void readsNothingOutsideTheArrays(CutSearch search) {
        byte[] data = new byte[1000];
        long[] table = new long[256];
        Arrays.fill(table, 1L << 63);
        long mask = -1L;
        assertThatThrownBy(() -> search.first(data, table, WINDOW - 1, 900, mask))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> search.first(data, table, WINDOW, 1001, mask))
                .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> search.first(data, new long[0], WINDOW, 900, mask))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @ParameterizedTest
    @MethodSource("implementations")
    void cutsAreThoseOfTheFirstRelease(CutSearch search) {
        GearChunker chunker = new GearChunker(new byte[32], search);
        byte[] data = new byte[2 << 20];
        new Random(42).nextBytes(data);
        List<Integer> ends = new ArrayList<>();
        for (int at = 0; at < data.length; ) {
            at += chunker.next(data, at, data.length, true);
            ends.add(at);
        }
        assertThat(ends).isEqualTo(GearChunkerTest.GOLDEN);
    }

    @Test
    void anImplementationThatFindsOtherPlacesIsNotUsed() {
        CutSearch other = new CutSearch() {
            @Override
            public int first(byte[] data, long[] table, int from, int to, long mask) {
                return new JavaCutSearch().first(data, table, from, to, mask << 1);
            }

            @Override
            public String name() {
                return "one that leaves out a bit";
            }
        };
        assertThat(CutSearch.Choice.findsAlike(other, new JavaCutSearch())).isFalse();
        assertThat(CutSearch.Choice.findsAlike(new JavaCutSearch(), new JavaCutSearch()))
                .isTrue();
    }

    @Test
    void whatIsNoLibraryIsNotLoaded(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("libholdfast-cut.so"), "no library");
        assertThat(NativeCutSearch.load(file)).isEmpty();
        assertThat(NativeCutSearch.load(directory.resolve("absent"))).isEmpty();
    }
}
