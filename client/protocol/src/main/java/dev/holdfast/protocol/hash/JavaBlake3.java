package dev.holdfast.protocol.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * BLAKE3 in Java, after section 2 of its specification. Chunks of 1 KiB are hashed {@link #LANES} side by side, each word of
 * their states in an array over the lanes, which the C2 compiler turns into vector instructions.
 */
final class JavaBlake3 implements Blake3 {
    static final int LANES = 16;
    private static final int BLOCK_BYTES = 64;
    private static final int CHUNK_BYTES = 1024;
    private static final int GROUP_BYTES = LANES * CHUNK_BYTES;
    private static final int WORDS = 16;
    private static final int KEY_WORDS = 8;

    private static final int CHUNK_START = 1;
    private static final int CHUNK_END = 1 << 1;
    private static final int PARENT = 1 << 2;
    private static final int ROOT = 1 << 3;
    private static final int KEYED_HASH = 1 << 4;

    private static final int ROUNDS = 7;
    /** 2^64 bytes at most are 2^50 groups. */
    private static final int MAX_LEVELS = 50;

    /** The first 32 bits of the fractional parts of the square roots of the first eight primes, as in SHA-256. */
    private static final int[] IV = {
        0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19
    };

    private static final int[] PERMUTATION = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};

    /** Which message word each round takes at each place. */
    private static final int[][] SCHEDULE = new int[ROUNDS][WORDS];

    static {
        for (int i = 0; i < WORDS; i++) {
            SCHEDULE[0][i] = i;
        }
        for (int round = 1; round < ROUNDS; round++) {
            for (int i = 0; i < WORDS; i++) {
                SCHEDULE[round][i] = SCHEDULE[round - 1][PERMUTATION[i]];
            }
        }
    }

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    @Override
    public String name() {
        return "Java";
    }

    @Override
    public Hasher hasher(byte @Nullable [] key) {
        return new State(key);
    }

    private static final class State implements Hasher {
        private final int[] key;
        private final int flags;
        /** Bytes that are not part of a full group, or may be the last. */
        private final byte[] rest = new byte[GROUP_BYTES];

        private int filled;
        /** Full groups so far. */
        private long groups;
        /** Of each level, the subtree that has no right neighbour yet. */
        private final int[][] stack = new int[MAX_LEVELS][];

        private final Lanes lanes = new Lanes();

        State(byte @Nullable [] keyBytes) {
            key = keyBytes == null ? IV : new int[KEY_WORDS];
            flags = keyBytes == null ? 0 : KEYED_HASH;
            for (int i = 0; keyBytes != null && i < KEY_WORDS; i++) {
                key[i] = (int) INT.get(keyBytes, i * Integer.BYTES);
            }
        }

        @Override
        public void update(byte[] bytes, int offset, int length) {
            int at = offset;
            int end = offset + length;
            while (at < end) {
                if (filled == GROUP_BYTES) {
                    group(rest, 0);
                    filled = 0;
                }
                // The last group may be the root, so one byte more must be there.
                if (filled == 0 && end - at > GROUP_BYTES) {
                    group(bytes, at);
                    at += GROUP_BYTES;
                } else {
                    int part = Math.min(end - at, GROUP_BYTES - filled);
                    System.arraycopy(bytes, at, rest, filled, part);
                    filled += part;
                    at += part;
                }
            }
        }

        @Override
        public void update(ByteBuffer bytes) {
            if (bytes.hasArray()) {
                update(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
                bytes.position(bytes.limit());
                return;
            }
            byte[] part = new byte[Math.min(bytes.remaining(), GROUP_BYTES)];
            while (bytes.hasRemaining()) {
                int length = Math.min(part.length, bytes.remaining());
                bytes.get(part, 0, length);
                update(part, 0, length);
            }
        }

        private void group(byte[] bytes, int offset) {
            int[] subtree = lanes.group(bytes, offset, key, flags, groups * LANES);
            groups++;
            // As many subtrees are complete as the count has zeros at its end.
            int level = 0;
            for (; (groups >>> level & 1) == 0; level++) {
                subtree = parent(stack[level], subtree, 0);
            }
            stack[level] = subtree;
        }

        private int[] parent(int[] left, int[] right, int more) {
            int[] message = Arrays.copyOf(left, WORDS);
            System.arraycopy(right, 0, message, KEY_WORDS, KEY_WORDS);
            return compress(key, message, 0, BLOCK_BYTES, flags | PARENT | more);
        }

        @Override
        public byte[] digest() {
            boolean alone = groups == 0;
            int[] node = subtree(0, filled, alone);
            for (int level = 0; groups >>> level != 0; level++) {
                if ((groups >>> level & 1) == 1) {
                    node = parent(stack[level], node, groups >>> level == 1 ? ROOT : 0);
                }
            }
            filled = 0;
            groups = 0;
            byte[] hash = new byte[HASH_BYTES];
            for (int i = 0; i < KEY_WORDS; i++) {
                INT.set(hash, i * Integer.BYTES, node[i]);
            }
            return hash;
        }

        /** Hashes {@code length} bytes of the rest: a chunk, or two trees of which the left one is as large as it can be. */
        private int[] subtree(int offset, int length, boolean root) {
            if (length <= CHUNK_BYTES) {
                return chunk(offset, length, root ? ROOT : 0);
            }
            int left = Integer.highestOneBit((length - 1) / CHUNK_BYTES) * CHUNK_BYTES;
            return parent(subtree(offset, left, false), subtree(offset + left, length - left, false), root ? ROOT : 0);
        }

        private int[] chunk(int offset, int length, int last) {
            long counter = groups * LANES + offset / CHUNK_BYTES;
            int[] state = key;
            int at = 0;
            do {
                int part = Math.min(BLOCK_BYTES, length - at);
                byte[] block = new byte[BLOCK_BYTES];
                System.arraycopy(rest, offset + at, block, 0, part);
                int[] message = new int[WORDS];
                for (int i = 0; i < WORDS; i++) {
                    message[i] = (int) INT.get(block, i * Integer.BYTES);
                }
                int kind = (at == 0 ? CHUNK_START : 0) | (at + part == length ? CHUNK_END | last : 0);
                state = compress(state, message, counter, part, flags | kind);
                at += part;
            } while (at < length);
            return state;
        }
    }

    private static int[] compress(int[] state, int[] message, long counter, int length, int flags) {
        int[] v = Arrays.copyOf(state, WORDS);
        System.arraycopy(IV, 0, v, KEY_WORDS, 4);
        v[12] = (int) counter;
        v[13] = (int) (counter >>> 32);
        v[14] = length;
        v[15] = flags;
        for (int[] order : SCHEDULE) {
            mix(v, 0, 4, 8, 12, message[order[0]], message[order[1]]);
            mix(v, 1, 5, 9, 13, message[order[2]], message[order[3]]);
            mix(v, 2, 6, 10, 14, message[order[4]], message[order[5]]);
            mix(v, 3, 7, 11, 15, message[order[6]], message[order[7]]);
            mix(v, 0, 5, 10, 15, message[order[8]], message[order[9]]);
            mix(v, 1, 6, 11, 12, message[order[10]], message[order[11]]);
            mix(v, 2, 7, 8, 13, message[order[12]], message[order[13]]);
            mix(v, 3, 4, 9, 14, message[order[14]], message[order[15]]);
        }
        int[] result = new int[KEY_WORDS];
        for (int i = 0; i < KEY_WORDS; i++) {
            result[i] = v[i] ^ v[i + KEY_WORDS];
        }
        return result;
    }

    private static void mix(int[] v, int a, int b, int c, int d, int x, int y) {
        v[a] += v[b] + x;
        v[d] = Integer.rotateRight(v[d] ^ v[a], 16);
        v[c] += v[d];
        v[b] = Integer.rotateRight(v[b] ^ v[c], 12);
        v[a] += v[b] + y;
        v[d] = Integer.rotateRight(v[d] ^ v[a], 8);
        v[c] += v[d];
        v[b] = Integer.rotateRight(v[b] ^ v[c], 7);
    }

    /** The states of a group of chunks, and the reduction of these to one subtree. */
    private static final class Lanes {
        /** Word i of all lanes is {@code v[i]}. */
        private final int[][] v = new int[WORDS][LANES];

        private final int[][] message = new int[WORDS][LANES];
        private final int[][] chained = new int[KEY_WORDS][LANES];

        int[] group(byte[] bytes, int offset, int[] key, int flags, long counter) {
            for (int i = 0; i < KEY_WORDS; i++) {
                Arrays.fill(chained[i], key[i]);
            }
            for (int block = 0; block < CHUNK_BYTES / BLOCK_BYTES; block++) {
                load(bytes, offset + block * BLOCK_BYTES);
                int kind = block == 0 ? CHUNK_START : block == CHUNK_BYTES / BLOCK_BYTES - 1 ? CHUNK_END : 0;
                for (int lane = 0; lane < LANES; lane++) {
                    v[12][lane] = (int) (counter + lane);
                    v[13][lane] = (int) (counter + lane >>> 32);
                }
                compressAll(flags | kind);
            }
            for (int nodes = LANES / 2; nodes > 0; nodes /= 2) {
                parents(nodes, key, flags | PARENT);
            }
            int[] subtree = new int[KEY_WORDS];
            for (int i = 0; i < KEY_WORDS; i++) {
                subtree[i] = chained[i][0];
            }
            return subtree;
        }

        private void load(byte[] bytes, int offset) {
            for (int i = 0; i < WORDS; i++) {
                int[] word = message[i];
                int at = offset + i * Integer.BYTES;
                for (int lane = 0; lane < LANES; lane++) {
                    word[lane] = (int) INT.get(bytes, at + lane * CHUNK_BYTES);
                }
            }
        }

        /** Neighbours become one node, in the first lanes. What the other lanes compute is not used. */
        private void parents(int nodes, int[] key, int flags) {
            for (int i = 0; i < KEY_WORDS; i++) {
                for (int node = 0; node < nodes; node++) {
                    message[i][node] = chained[i][2 * node];
                    message[i + KEY_WORDS][node] = chained[i][2 * node + 1];
                }
                Arrays.fill(chained[i], key[i]);
            }
            Arrays.fill(v[12], 0);
            Arrays.fill(v[13], 0);
            compressAll(flags);
        }

        private void compressAll(int flags) {
            for (int i = 0; i < KEY_WORDS; i++) {
                System.arraycopy(chained[i], 0, v[i], 0, LANES);
            }
            for (int i = 0; i < 4; i++) {
                Arrays.fill(v[KEY_WORDS + i], IV[i]);
            }
            Arrays.fill(v[14], BLOCK_BYTES);
            Arrays.fill(v[15], flags);
            for (int[] order : SCHEDULE) {
                mixAll(0, 4, 8, 12, order[0], order[1]);
                mixAll(1, 5, 9, 13, order[2], order[3]);
                mixAll(2, 6, 10, 14, order[4], order[5]);
                mixAll(3, 7, 11, 15, order[6], order[7]);
                mixAll(0, 5, 10, 15, order[8], order[9]);
                mixAll(1, 6, 11, 12, order[10], order[11]);
                mixAll(2, 7, 8, 13, order[12], order[13]);
                mixAll(3, 4, 9, 14, order[14], order[15]);
            }
            for (int i = 0; i < KEY_WORDS; i++) {
                xor(chained[i], v[i], v[i + KEY_WORDS]);
            }
        }

        private void mixAll(int a, int b, int c, int d, int x, int y) {
            mixLanes(v[a], v[b], v[c], v[d], message[x], message[y]);
        }

        private static void mixLanes(int[] a, int[] b, int[] c, int[] d, int[] x, int[] y) {
            for (int i = 0; i < LANES; i++) {
                int a1 = a[i] + b[i] + x[i];
                int d1 = Integer.rotateRight(d[i] ^ a1, 16);
                int c1 = c[i] + d1;
                int b1 = Integer.rotateRight(b[i] ^ c1, 12);
                int a2 = a1 + b1 + y[i];
                int d2 = Integer.rotateRight(d1 ^ a2, 8);
                int c2 = c1 + d2;
                a[i] = a2;
                b[i] = Integer.rotateRight(b1 ^ c2, 7);
                c[i] = c2;
                d[i] = d2;
            }
        }

        private static void xor(int[] to, int[] left, int[] right) {
            for (int i = 0; i < LANES; i++) {
                to[i] = left[i] ^ right[i];
            }
        }
    }
}
