package dev.holdfast.agent.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GearChunkerTest {
    private final GearChunker chunker = new GearChunker(new byte[32]);

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private List<Integer> cuts(byte[] data) {
        List<Integer> ends = new ArrayList<>();
        for (int at = 0; at < data.length; ) {
            at += chunker.next(data, at, data.length, true);
            ends.add(at);
        }
        return ends;
    }

    @Test
    void sizesKeepTheirBounds() {
        byte[] data = random(1, 64 << 20);
        List<Integer> ends = cuts(data);
        int last = 0;
        for (int end : ends.subList(0, ends.size() - 1)) {
            assertThat(end - last).isBetween(GearChunker.MIN_BYTES + 1, GearChunker.MAX_BYTES);
            last = end;
        }
        assertThat(ends.getLast()).isEqualTo(data.length);
        assertThat(data.length / ends.size()).isBetween(200 << 10, 320 << 10);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 65535, 65536, 65537, 1 << 20, (1 << 20) + 1})
    void zerosAndSmallInputsAreCutToo(int length) {
        List<Integer> ends = cuts(new byte[length]);
        assertThat(ends.getLast()).isEqualTo(length);
    }

    /** The shortcut for zeros must cut where the long way does, whatever the vault's key and whatever follows. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void zerosAreCutAlikeTheShortWay(long seed) {
        GearChunker keyed = new GearChunker(random(seed, 32));
        byte[] data = new byte[3 << 20];
        System.arraycopy(random(seed + 100, 70_000), 0, data, 2_500_000, 70_000);
        int shortcuts = 0;
        for (int at = 0; at < data.length; ) {
            int zeros = keyed.zeros(data, at, data.length);
            int length = keyed.next(data, at, data.length, true);
            if (zeros > 0) {
                assertThat(zeros).isEqualTo(length);
                shortcuts++;
            }
            at += length;
        }
        assertThat(shortcuts).isPositive();
        assertThat(keyed.zeros(new byte[10], 0, 10)).isZero();
    }

    /** What a change costs: cuts meet again soon behind an insertion. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void anInsertionMovesFewCuts(long seed) {
        byte[] data = random(seed, 32 << 20);
        byte[] inserted = new byte[data.length + 7];
        System.arraycopy(data, 0, inserted, 0, 10_000_000);
        System.arraycopy(data, 10_000_000, inserted, 10_000_007, data.length - 10_000_000);
        Set<String> before = chunks(data);
        Set<String> after = chunks(inserted);
        after.removeAll(before);
        assertThat(after.size()).isLessThanOrEqualTo(4);
    }

    private Set<String> chunks(byte[] data) {
        Set<String> chunks = new HashSet<>();
        int last = 0;
        for (int end : cuts(data)) {
            chunks.add(Arrays.hashCode(Arrays.copyOfRange(data, last, end)) + ":" + (end - last));
            last = end;
        }
        return chunks;
    }

    /** However data arrives in buffers, it is cut alike. */
    @Test
    void cutsDependOnContentAlone() {
        byte[] data = random(9, 8 << 20);
        List<Integer> whole = cuts(data);
        List<Integer> parts = new ArrayList<>();
        int at = 0;
        while (at < data.length) {
            int visible = Math.min(data.length, at + GearChunker.MAX_BYTES);
            at += chunker.next(data, at, visible, visible == data.length);
            parts.add(at);
        }
        assertThat(parts).isEqualTo(whole);
    }

    @Test
    void keysChangeTheCuts() {
        byte[] data = random(4, 8 << 20);
        byte[] key = new byte[32];
        key[31] = 1;
        GearChunker other = new GearChunker(key);
        assertThat(other.next(data, 0, data.length, true)).isNotEqualTo(chunker.next(data, 0, data.length, true));
    }

    /** Of the first release, for 2 MiB of a seed: one that cuts otherwise would store everything again. */
    static final List<Integer> GOLDEN = List.of(132610, 417421, 728686, 1018538, 1370645, 1765927, 2097152);
}
