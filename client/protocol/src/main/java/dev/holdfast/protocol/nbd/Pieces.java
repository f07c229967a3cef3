package dev.holdfast.protocol.nbd;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;

/**
 * Memory for the data of requests: pieces of one size outside the heap, which the sessions of a server use in turn, because such
 * memory is expensive to make. Safe for use by several threads.
 */
final class Pieces {
    /** Data of one piece. */
    static final int BYTES = 256 << 10;
    /** Room in front of the data, for the head of a reply. */
    private static final int HEAD_BYTES = 64;

    private final Queue<ByteBuffer> idle = new ConcurrentLinkedQueue<>();

    /** A piece that one thread at a time uses. */
    static final class Piece {
        private final ByteBuffer whole;

        private Piece(ByteBuffer whole) {
            this.whole = whole;
        }

        /** Room for data. */
        ByteBuffer data(int length) {
            return whole.slice(HEAD_BYTES, length);
        }

        /** The data behind a head. */
        ByteBuffer message(ByteBuffer head, int length) {
            int start = HEAD_BYTES - head.remaining();
            whole.put(start, head, head.position(), head.remaining());
            return whole.slice(start, head.remaining() + length);
        }
    }

    /** The pieces that one session may have at the same time, for one purpose. */
    final class Share {
        private final int most;
        private final Semaphore left;

        private Share(int most) {
            this.most = most;
            this.left = new Semaphore(most, true);
        }

        int most() {
            return most;
        }

        /** Waits until so many pieces are there, and takes them. Whoever has pieces must not take more. */
        Piece[] take(int count) {
            left.acquireUninterruptibly(count);
            Piece[] taken = new Piece[count];
            int got = 0;
            try {
                while (got < count) {
                    ByteBuffer spare = idle.poll();
                    taken[got] = new Piece(spare == null ? ByteBuffer.allocateDirect(HEAD_BYTES + BYTES) : spare);
                    got++;
                }
                return taken;
            } finally {
                // The process may have less memory outside the heap than the settings allow here.
                for (int i = 0; got < count && i < got; i++) {
                    idle.add(taken[i].whole);
                }
                if (got < count) {
                    left.release(count);
                }
            }
        }

        Piece take() {
            return take(1)[0];
        }

        void giveBack(Piece piece) {
            idle.add(piece.whole);
            left.release();
        }
    }

    Share share(int bytes) {
        return new Share(Math.max(1, bytes / (HEAD_BYTES + BYTES)));
    }

    /** The length of the first part of a range whose parts are cut at multiples of the size of a piece. */
    static int partAt(long offset, long left) {
        return (int) Math.min(left, BYTES - offset % BYTES);
    }

    /** The number of such parts of a range. */
    static int partsOf(long offset, long length) {
        return length == 0 ? 0 : (int) ((offset + length - 1) / BYTES - offset / BYTES + 1);
    }
}
