package dev.holdfast.agent.backup;

import dev.holdfast.agent.chunk.GearChunker;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Reads a segment of a file block by block, cuts it, and hands its chunks on in order. Where a cut is depends on the one before, so
 * the file's own thread finds them all; helpers read the next blocks meanwhile, and hash chunks and hand them to the uploader. A
 * task that no helper has begun when its result is needed is run by the file's own thread. Used once, by one thread.
 */
final class SegmentReader implements AutoCloseable {
    private static final int BLOCK_BYTES = GearChunker.MAX_BYTES;
    /** Before each block there is room for what is left of the one before: less than the largest chunk. */
    private static final int TAIL_BYTES = GearChunker.MAX_BYTES;

    static final int ARRAY_BYTES = TAIL_BYTES + BLOCK_BYTES;

    private final Work work;
    private final @Nullable Helpers helpers;
    private final boolean inOrder;
    private final long to;
    /** The array of the file's own thread, while no block is in it. */
    private byte @Nullable [] own;

    /** Where the next block to be read begins. */
    private long position;

    /** All blocks whose memory is in use. */
    private final List<Block> blocks = new ArrayList<>();

    private final Deque<Block> ahead = new ArrayDeque<>();
    private final Deque<Piece> pieces = new ArrayDeque<>();
    private volatile boolean closed;

    /** What there is to do with a file and its chunks. All but {@link #add} is called by several threads at once. */
    interface Work {
        /** Returns how many bytes were read: fewer than wanted only where the file ends. */
        int read(long position, byte[] array, int offset, int wanted) throws IOException;

        /** @param last whether the segment ends at {@code to}; if not, at least the largest chunk is given */
        Cut cut(byte[] array, int from, int to, boolean last);

        Upload submit(byte[] array, int offset, Cut cut) throws IOException;

        /** Takes the next chunk, in order. */
        void add(long position, int length, Upload upload) throws IOException;
    }

    /** How long the next chunk is, and whether it is one of zeros. */
    record Cut(int length, boolean zeros) {}

    /** A part of the segment, as long as all others but the last. */
    private final class Block {
        final byte[] array;
        final boolean pooled;
        long position;
        int wanted;
        FutureTask<Integer> reading;
        /** The file's own thread, and the chunks that are not handed on. */
        int users = 1;

        Block(byte[] array, boolean pooled) {
            this.array = array;
            this.pooled = pooled;
            next();
        }

        /** Puts the next part of the segment into this memory. */
        void next() {
            position = SegmentReader.this.position;
            wanted = (int) Math.min(BLOCK_BYTES, to - position);
            SegmentReader.this.position += wanted;
            reading = new FutureTask<>(() -> {
                failIfClosed();
                return work.read(position, array, TAIL_BYTES, wanted);
            });
        }

        void release() {
            if (--users > 0) {
                return;
            }
            blocks.remove(this);
            if (pooled && helpers != null) {
                helpers.giveBack(array);
            } else {
                own = array;
            }
        }
    }

    /** A chunk on its way to the uploader. */
    private record Piece(Block block, long position, int length, FutureTask<Upload> upload) {}

    /**
     * @param own {@link #ARRAY_BYTES}, for this reader alone until it is closed
     * @param helpers null where the file's own thread does everything
     * @param inOrder whether the file can be read in order alone, by its own thread
     */
    SegmentReader(Work work, long from, long to, byte[] own, @Nullable Helpers helpers, boolean inOrder) {
        this.work = work;
        this.position = from;
        this.to = to;
        this.own = own;
        this.helpers = helpers;
        this.inOrder = inOrder;
    }

    /** Returns where reading stopped: at the segment's end, or where the file ends. */
    long read() throws IOException {
        readAhead();
        if (ahead.isEmpty()) {
            return to;
        }
        Block block = ahead.remove();
        int begin = TAIL_BYTES;
        while (true) {
            int count = await(block);
            int filled = TAIL_BYTES + count;
            boolean last = block.position + count == to || count < block.wanted;
            while (filled - begin >= GearChunker.MAX_BYTES || (last && begin < filled)) {
                begin += cut(block, begin, filled, last);
            }
            if (last) {
                handOnAll();
                return block.position + count;
            }
            Block next = next(block);
            int left = filled - begin;
            System.arraycopy(block.array, begin, next.array, TAIL_BYTES - left, left);
            begin = TAIL_BYTES - left;
            if (next != block) {
                block.release();
                block = next;
            }
        }
    }

    private int cut(Block block, int begin, int filled, boolean last) throws IOException {
        Cut cut = work.cut(block.array, begin, filled, last);
        FutureTask<Upload> upload = new FutureTask<>(() -> {
            failIfClosed();
            return work.submit(block.array, begin, cut);
        });
        block.users++;
        pieces.add(new Piece(block, block.position + begin - TAIL_BYTES, cut.length(), upload));
        if (helpers == null) {
            upload.run();
        } else {
            helpers.run(upload);
        }
        while (!pieces.isEmpty() && pieces.element().upload.isDone()) {
            handOn();
        }
        return cut.length();
    }

    /** The block behind this one: one that was read ahead, or else one in the same memory. */
    private Block next(Block block) throws IOException {
        readAhead();
        while (ahead.isEmpty() && !pieces.isEmpty()) {
            handOn();
            readAhead();
        }
        if (!ahead.isEmpty()) {
            return ahead.remove();
        }
        block.next();
        return block;
    }

    private void readAhead() {
        while (position < to && !(inOrder && !ahead.isEmpty())) {
            byte[] mine = own;
            byte[] array = mine != null ? mine : helpers != null ? helpers.tryTake() : null;
            if (array == null) {
                return;
            }
            own = null;
            Block block = new Block(array, mine == null);
            blocks.add(block);
            ahead.add(block);
            if (helpers != null && !inOrder) {
                helpers.run(block.reading);
            }
        }
    }

    private int await(Block block) throws IOException {
        try {
            return get(block.reading);
        } catch (ContentReader.UploadFailedException e) {
            throw e;
        } catch (IOException e) {
            // What came before was read.
            handOnAll();
            throw e;
        }
    }

    private void handOnAll() throws IOException {
        while (!pieces.isEmpty()) {
            handOn();
        }
    }

    private void handOn() throws IOException {
        Piece piece = pieces.element();
        work.add(piece.position, piece.length, get(piece.upload));
        pieces.remove();
        piece.block.release();
    }

    private static <T> T get(FutureTask<T> task) throws IOException {
        task.run();
        try {
            return task.get();
        } catch (InterruptedException e) {
            throw new ContentReader.UploadFailedException(new IOException("interrupted", e));
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException unchecked -> throw unchecked;
                case Error error -> throw error;
                case null, default -> throw new IOException(e);
            }
        }
    }

    private void failIfClosed() {
        if (closed) {
            throw new CancellationException("the file is not read any more");
        }
    }

    /** Waits, even where this thread is interrupted, until no helper uses the file or the memory. */
    @Override
    public void close() {
        closed = true;
        boolean interrupted = false;
        for (Piece piece : pieces) {
            interrupted |= end(piece.upload);
        }
        for (Block block : blocks) {
            interrupted |= end(block.reading);
            if (block.pooled && helpers != null) {
                helpers.giveBack(block.array);
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean end(FutureTask<?> task) {
        boolean interrupted = false;
        task.run();
        while (true) {
            try {
                task.get();
                return interrupted;
            } catch (ExecutionException e) {
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }
}
