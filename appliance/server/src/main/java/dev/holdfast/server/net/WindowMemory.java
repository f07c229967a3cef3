package dev.holdfast.server.net;

import dev.holdfast.protocol.bytes.Spares;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Arrays that chunks wait in until they have left for the network, used again rather than left to the collector, which would copy
 * them while they wait. The caller reserves the memory before it takes an array. Safe for use by several threads.
 */
final class WindowMemory {
    /** Sizes are this, and its doublings. */
    private static final int LEAST_BYTES = 1 << 16;

    private final List<Deque<byte[]>> idle = new ArrayList<>();
    private final long keptBytes;
    private long idleBytes;

    /** @param keptBytes that idle arrays take at most */
    WindowMemory(long keptBytes) {
        this.keptBytes = keptBytes;
        for (int bits = 0; bits < Integer.SIZE; bits++) {
            idle.add(new ArrayDeque<>());
        }
    }

    /** The length of the smallest array with room for that many bytes. */
    static int arrayBytes(int bytes) {
        int least = Math.max(LEAST_BYTES, bytes);
        return Integer.highestOneBit(least - 1) << 1;
    }

    /** An array of a length that {@link #arrayBytes} returned. It still contains chunks of an earlier window, maybe of another node. */
    byte[] take(int arrayBytes) {
        synchronized (idle) {
            byte[] array = size(arrayBytes).poll();
            if (array != null) {
                idleBytes -= array.length;
                return array;
            }
        }
        return new byte[arrayBytes];
    }

    /** Takes an array back. To be called once for each, when nobody uses it any more. */
    void giveBack(byte[] array) {
        assert Spares.poison(array);
        synchronized (idle) {
            if (idleBytes + array.length <= keptBytes) {
                idleBytes += array.length;
                size(array.length).push(array);
            }
        }
    }

    private Deque<byte[]> size(int arrayBytes) {
        return idle.get(Integer.numberOfTrailingZeros(arrayBytes));
    }
}
