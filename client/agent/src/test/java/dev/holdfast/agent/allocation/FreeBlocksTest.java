package dev.holdfast.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FreeBlocksTest {
    private static final int BLOCK = FreeBlocks.BLOCK;

    @Test
    void aBlockIsFreeOnlyIfAllOfItIs() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            FreeBlocks free = new FreeBlocks();
            BitSet expected = new BitSet();
            long at = 0;
            while (at < 200L * BLOCK) {
                long from = at + random.nextInt(3 * BLOCK);
                long to = from + random.nextInt(4 * BLOCK);
                free.add(from, to);
                for (int block = 0; block < 300; block++) {
                    if ((long) block * BLOCK >= from && (block + 1L) * BLOCK <= to) {
                        expected.set(block);
                    }
                }
                at = to;
            }
            assertThat(free.bytes()).isEqualTo((long) expected.cardinality() * BLOCK);
            for (int block = 0; block < 300; block++) {
                long inside = (long) block * BLOCK + random.nextInt(BLOCK);
                boolean isFree = expected.get(block);
                assertThat(free.nextUsed(inside))
                        .isEqualTo(isFree ? (long) expected.nextClearBit(block) * BLOCK : inside);
                long next = expected.nextSetBit(block);
                assertThat(free.nextFree(inside)).isEqualTo(isFree ? inside : next < 0 ? Long.MAX_VALUE : next * BLOCK);
            }
        }
    }

    @Test
    void rangesThatOverlapAreRefused() {
        FreeBlocks free = new FreeBlocks();
        free.add(BLOCK, 3L * BLOCK);
        assertThatThrownBy(() -> free.add(2L * BLOCK, 4L * BLOCK)).isInstanceOf(IllegalArgumentException.class);
    }
}
