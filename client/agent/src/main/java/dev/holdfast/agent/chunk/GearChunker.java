package dev.holdfast.agent.chunk;

import dev.holdfast.protocol.hash.HashAlgorithm;
import java.util.Arrays;

/**
 * Cuts content where the content says so: a Gear rolling hash over the last 64 bytes, with normalised chunking as in
 * FastCDC (Xia et al., USENIX ATC 2016), level 2: a stricter mask before the average size, a laxer one behind it. The
 * table is keyed per vault, so that chunk sizes do not give content away. Immutable; safe for use by several threads.
 */
public final class GearChunker {
    public static final int MIN_BYTES = 64 << 10;
    public static final int AVERAGE_BYTES = 256 << 10;
    public static final int MAX_BYTES = 1 << 20;

    private static final int AVERAGE_BITS = 18;
    private static final int NORMALISATION = 2;
    /** The high bits depend on the whole window, the low bits on the last bytes only. */
    private static final long STRICT_MASK = -1L << (64 - AVERAGE_BITS - NORMALISATION);

    private static final long LAX_MASK = -1L << (64 - AVERAGE_BITS + NORMALISATION);

    private static final byte[] ZEROS = new byte[1 << 16];

    private final long[] table = new long[256];
    private final CutSearch search;
    private final int zeroLength;

    public GearChunker(byte[] key) {
        this(key, CutSearch.fastest());
    }

    GearChunker(byte[] key, CutSearch search) {
        this.search = search;
        byte[] seed = Arrays.copyOf(key, key.length + 1);
        for (int i = 0; i < table.length; i++) {
            seed[key.length] = (byte) i;
            table[i] = HashAlgorithm.SHA_256.digest(seed).a();
        }
        zeroLength = next(new byte[MAX_BYTES], 0, MAX_BYTES, true);
    }

    /**
     * The length of the chunk that begins here where it is of zeros alone, else 0. Finds the same cut as {@link #next},
     * since that looks at nothing behind it, but ten times as fast: much of a disk image is zeros.
     */
    public int zeros(byte[] data, int from, int to) {
        int end = from + zeroLength;
        for (int at = from; at < end; at += ZEROS.length) {
            int length = Math.min(ZEROS.length, end - at);
            if (end > to || !Arrays.equals(data, at, at + length, ZEROS, 0, length)) {
                return 0;
            }
        }
        return zeroLength;
    }

    /**
     * Finds the next chunk's length.
     *
     * @param last whether the data ends at {@code to}; if not, at least {@link #MAX_BYTES} must be given
     */
    public int next(byte[] data, int from, int to, boolean last) {
        int available = to - from;
        if (available <= MIN_BYTES) {
            if (!last) {
                throw new IllegalArgumentException("too little data to cut: " + available);
            }
            return available;
        }
        int end = from + Math.min(available, MAX_BYTES);
        int turn = Math.min(end, from + AVERAGE_BYTES);
        int cut = search.first(data, table, from + MIN_BYTES, turn, STRICT_MASK);
        if (cut < 0) {
            cut = search.first(data, table, turn, end, LAX_MASK);
        }
        return (cut < 0 ? end : cut) - from;
    }
}
