package dev.holdfast.agent.allocation;

import java.util.Arrays;

/** Ranges of a disk that need not be read, whole blocks each, in order. Safe for use by several threads once it is complete. */
final class FreeBlocks {
    /** As backups read disks: a block is left out only if all of it is free. */
    static final int BLOCK = 256 << 10;

    /** 32 MB. What is free behind them is read. */
    private static final int MAX_RANGES = 1 << 21;

    /** Beginnings and ends in turn. */
    private long[] edges = new long[16];

    private int count;
    private long bytes;

    /**
     * Adds a range behind those before.
     *
     * @param from rounded up to a block
     * @param to rounded down
     */
    void add(long from, long to) {
        long begin = (from + BLOCK - 1) / BLOCK * BLOCK;
        long end = to / BLOCK * BLOCK;
        if (begin >= end || count >= 2 * MAX_RANGES) {
            return;
        }
        if (count > 0 && begin < edges[count - 1]) {
            throw new IllegalArgumentException("ranges overlap at byte " + begin);
        }
        if (count == edges.length) {
            edges = Arrays.copyOf(edges, 2 * count);
        }
        edges[count++] = begin;
        edges[count++] = end;
        bytes += end - begin;
    }

    void addAll(FreeBlocks others) {
        for (int i = 0; i < others.count; i += 2) {
            add(others.edges[i], others.edges[i + 1]);
        }
    }

    /** Bytes of all ranges. */
    long bytes() {
        return bytes;
    }

    /** The position itself, or the end of the range in which it lies. */
    long nextUsed(long position) {
        int edge = edgeBehind(position);
        return edge % 2 == 1 ? nextUsed(edges[edge]) : position;
    }

    /** The position itself, or where the next range begins; {@code Long.MAX_VALUE} where none follows. */
    long nextFree(long position) {
        int edge = edgeBehind(position);
        return edge % 2 == 1 ? position : edge < count ? edges[edge] : Long.MAX_VALUE;
    }

    /** The number of the first edge behind a position: odd where it lies in a range. */
    private int edgeBehind(long position) {
        int low = 0;
        int high = count;
        // Invariant: every edge before low is at or before the position, none from high on is.
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (edges[middle] <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
