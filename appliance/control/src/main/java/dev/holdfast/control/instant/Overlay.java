package dev.holdfast.control.instant;

import dev.holdfast.control.image.Image;
import dev.holdfast.protocol.nbd.NbdError;
import dev.holdfast.protocol.nbd.NbdException;
import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * A disk that can be written: an image, and what was written since, which lies in a sparse file at the same offsets. Safe for use by
 * several threads; the owner closes it when no call is at work.
 *
 * <p>What a call has written survives the end of the process when the call returns, and the end of the system once {@link #flush} has
 * returned. A block that was written and not flushed has its former or its new content after the end of the system, as on any disk.
 */
final class Overlay implements Closeable {
    /** What is copied as a whole: smaller writes read the rest of it from the image. */
    static final int BLOCK_BYTES = 4096;

    /** Writes do not cross a multiple of it. */
    static final int REGION_BYTES = 256 << 10;

    private static final int LOCKS = 64;
    private static final int MOST_AHEAD_BYTES = 8 << 20;
    /** Whose states are copied at once: 4 MB. */
    private static final int FLUSHED_PAGES = 1024;
    /** Blocks that are taken between two looks at the space that is left. */
    private static final long LOOK_BLOCKS = (64 << 20) / BLOCK_BYTES;

    private final Image image;
    private final BlockData data;
    private final BlockStates states;
    private final StateFile durable;
    private final Space space;
    private final DirtyPages dirty;
    /** Writers of whole blocks of a region share its lock; a writer of a part of a block, which copies the rest, holds it alone. */
    private final List<ReadWriteLock> locks = new ArrayList<>();

    private final LongAdder readBytes = new LongAdder();
    private final LongAdder writtenBytes = new LongAdder();
    private final Object flushing = new Object();
    /** Once it could not be flushed, nobody knows what the system has written. */
    private volatile @Nullable IOException failure;

    /** Tells whether an overlay may take more. */
    interface Space {
        /** @throws NbdException where there is none left for it */
        void require(long bytes) throws IOException;
    }

    Overlay(Image image, BlockData data, BlockStates states, StateFile durable, Space space) {
        this.image = image;
        this.data = data;
        this.states = states;
        this.durable = durable;
        this.space = new Paced(space);
        this.dirty = new DirtyPages(BlockStates.pages(blocks(image.size())));
        for (int i = 0; i < LOCKS; i++) {
            locks.add(new ReentrantReadWriteLock());
        }
    }

    static long blocks(long bytes) {
        return (bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
    }

    /** Looks at the space now and then. */
    private static final class Paced implements Space {
        private final Space space;
        private long left;

        Paced(Space space) {
            this.space = space;
        }

        @Override
        public synchronized void require(long bytes) throws IOException {
            left -= bytes;
            if (left < 0) {
                space.require(bytes);
                left = LOOK_BLOCKS * BLOCK_BYTES;
            }
        }
    }

    /** The states tell of more than is durable, since the process before ended without a flush. */
    void adopt() {
        dirty.addAll();
    }

    long size() {
        return image.size();
    }

    void read(long offset, ByteBuffer target) throws IOException {
        readBytes.add(target.remaining());
        readUncounted(offset, target);
    }

    private void readUncounted(long offset, ByteBuffer target) throws IOException {
        long end = offset + target.remaining();
        for (long at = offset; at < end; ) {
            BlockStates.Run run = run(at, end);
            long to = end(run, end);
            ByteBuffer part = target.slice(target.position(), (int) (to - at));
            switch (run.state()) {
                case BASE -> image.read(at, part);
                case DATA -> data.read(at, part);
                case ZERO -> Image.zeros(part, part.remaining());
            }
            target.position(target.position() + (int) (to - at));
            at = to;
        }
    }

    /** The blocks from that of an offset on that have the same state. */
    private BlockStates.Run run(long offset, long end) {
        return states.run(offset / BLOCK_BYTES, blocks(end));
    }

    /** In bytes, at most a given end. */
    private static long end(BlockStates.Run run, long end) {
        return Math.min(end, run.end() * BLOCK_BYTES);
    }

    /** @param source within one region */
    void write(long offset, ByteBuffer source) throws IOException {
        requireWhole();
        writtenBytes.add(source.remaining());
        long end = offset + source.remaining();
        long from = offset / BLOCK_BYTES;
        long to = blocks(end);
        boolean head = offset % BLOCK_BYTES != 0;
        boolean tail = end % BLOCK_BYTES != 0 && end != size();
        Lock lock = head || tail ? lock(offset).writeLock() : lock(offset).readLock();
        lock.lock();
        try {
            reserve(from, to);
            boolean whole = !head && end % BLOCK_BYTES == 0;
            data.write(from, whole ? source : completed(from, offset, source, to));
            // Last, so that nobody sees a block that lacks a part.
            states.set(from, to, BlockState.DATA);
            dirty.add(from, to);
        } finally {
            lock.unlock();
        }
    }

    private ReadWriteLock lock(long offset) {
        return locks.get((int) (offset / REGION_BYTES % LOCKS));
    }

    private void reserve(long from, long to) throws IOException {
        long taken = 0;
        for (long block = from; block < to; ) {
            BlockStates.Run run = states.run(block, to);
            taken += run.state() == BlockState.DATA ? 0 : run.end() - block;
            block = run.end();
        }
        if (taken > 0) {
            space.require(taken * BLOCK_BYTES);
        }
    }

    /**
     * What is written, and the rest of its blocks as it is now, for one write: if the system ends, no sector may have a mixture of what
     * was written and of what the file had before. Behind the end of the disk are zeros.
     */
    private ByteBuffer completed(long from, long offset, ByteBuffer source, long to) throws IOException {
        long begin = from * BLOCK_BYTES;
        ByteBuffer completed = ByteBuffer.allocate((int) (to * BLOCK_BYTES - begin));
        int head = (int) (offset - begin);
        int length = source.remaining();
        int tail = (int) (Math.min(size(), to * BLOCK_BYTES) - offset - length);
        readUncounted(begin, completed.slice(0, head));
        completed.put(head, source, source.position(), length);
        readUncounted(offset + length, completed.slice(head + length, tail));
        source.position(source.limit());
        return completed;
    }

    /**
     * Makes a range zeros, of any length.
     *
     * @param mayTrim whether it need not keep space for later writes
     */
    void zero(long offset, long length, boolean mayTrim) throws IOException {
        requireWhole();
        long end = offset + length;
        for (long at = offset; at < end; ) {
            long to = Math.min(end, (at / REGION_BYTES + 1) * REGION_BYTES);
            long from = blocks(at);
            long last = to == size() ? blocks(to) : to / BLOCK_BYTES;
            if (mayTrim && from < last) {
                writeZeros(at, from * BLOCK_BYTES);
                zeroBlocks(at, from, last);
                writeZeros(last * BLOCK_BYTES, to);
            } else {
                writeZeros(at, to);
            }
            at = to;
        }
    }

    private void writeZeros(long from, long to) throws IOException {
        if (from < to) {
            write(from, ByteBuffer.allocate((int) (to - from)));
        }
    }

    /** The content of a range is not needed any more: its whole blocks become zeros. */
    void trim(long offset, long length) throws IOException {
        long from = blocks(offset) * BLOCK_BYTES;
        long to = offset + length == size() ? size() : (offset + length) / BLOCK_BYTES * BLOCK_BYTES;
        if (from < to) {
            zero(from, to - from, true);
        }
    }

    private void zeroBlocks(long offset, long from, long to) {
        Lock lock = lock(offset).readLock();
        lock.lock();
        try {
            states.set(from, to, BlockState.ZERO);
            dirty.add(from, to);
        } finally {
            lock.unlock();
        }
    }

    /** As {@link Image#status}. */
    List<NbdExtent> status(long offset, long length, int most) throws IOException {
        List<NbdExtent> found = new ArrayList<>();
        long end = Math.min(size(), offset + length);
        for (long at = offset; at < end && found.size() < most; ) {
            BlockStates.Run run = run(at, end);
            long to = end(run, end);
            switch (run.state()) {
                case BASE -> {
                    List<NbdExtent> below = image.status(at, to - at, most - found.size());
                    below.forEach(each -> NbdExtent.append(found, each));
                    to = below.getLast().end();
                }
                case DATA -> NbdExtent.append(found, NbdExtent.data(at, to - at));
                case ZERO -> NbdExtent.append(found, NbdExtent.hole(at, to - at));
            }
            at = to;
        }
        return found;
    }

    /** What was written since the snapshot, whatever the content is now: extents with the flag {@link NbdExtent#DIRTY}, and those between. */
    List<NbdExtent> changed(long offset, long length, int most) {
        List<NbdExtent> found = new ArrayList<>();
        long end = Math.min(size(), offset + length);
        for (long at = offset; at < end && found.size() < most; ) {
            BlockStates.Run run = run(at, end);
            long to = end(run, end);
            int flags = run.state() == BlockState.BASE ? 0 : NbdExtent.DIRTY;
            NbdExtent.append(found, new NbdExtent(at, to - at, flags));
            at = to;
        }
        return found;
    }

    /** Bytes that differ from the snapshot, or may. */
    long changedBytes() {
        return (blocks(size()) - states.count(BlockState.BASE)) * BLOCK_BYTES;
    }

    /** Read by machines since it was opened. */
    long readBytes() {
        return readBytes.sum();
    }

    /** Written by machines since it was opened. */
    long writtenBytes() {
        return writtenBytes.sum();
    }

    void ahead(long offset, long length) throws IOException {
        if (states.get(offset / BLOCK_BYTES) == BlockState.BASE) {
            image.ahead(offset, Math.min(length, MOST_AHEAD_BYTES));
        }
    }

    /** Makes durable what calls that returned have written. */
    void flush() throws IOException {
        requireWhole();
        synchronized (flushing) {
            int[] pages = dirty.take();
            try {
                if (pages.length == 0) {
                    data.sync();
                }
                for (int from = 0; from < pages.length; from += FLUSHED_PAGES) {
                    write(Arrays.copyOfRange(pages, from, Math.min(pages.length, from + FLUSHED_PAGES)));
                }
                if (pages.length > 0) {
                    durable.sync();
                }
            } catch (IOException e) {
                // The system may have dropped what it could not write, and would tell of success next time.
                failure = e;
                throw e;
            }
        }
    }

    /** Writes the states of pages. */
    private void write(int[] pages) throws IOException {
        ByteBuffer[] copies = new ByteBuffer[pages.length];
        for (int i = 0; i < pages.length; i++) {
            copies[i] = states.copy(pages[i]);
        }
        // Behind the copies: others write meanwhile, and no state must tell of content that the system may lose.
        data.sync();
        for (int i = 0; i < pages.length; i++) {
            durable.write(pages[i], copies[i]);
        }
    }

    private void requireWhole() throws IOException {
        IOException broken = failure;
        if (broken != null) {
            throw new NbdException(
                    NbdError.IO,
                    "the disk takes no more writes, since it could not be flushed: " + broken.getMessage());
        }
    }

    /** Flushes and closes. */
    @Override
    public void close() throws IOException {
        try (data;
                durable) {
            if (failure == null) {
                flush();
            }
        }
    }
}
