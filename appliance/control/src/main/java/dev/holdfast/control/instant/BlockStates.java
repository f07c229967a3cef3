package dev.holdfast.control.instant;

import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * The states of a disk's blocks as they are now: two bits a block, in a file that is mapped, so that they survive the end of the process, and
 * that takes memory only as the system has some. They do not survive the end of the system: see {@link StateFile}. Safe for use by
 * several threads.
 */
final class BlockStates {
    /** Of states in one page of a {@link StateFile}. */
    static final int PAGE_BYTES = 4080;

    static final int BLOCKS_PER_PAGE = PAGE_BYTES * 4;
    private static final int BLOCKS_PER_LONG = 32;
    private static final long LOW_BITS = 0x5555_5555_5555_5555L;
    private static final VarHandle LONGS =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final byte[] ZEROS = new byte[1 << 20];

    private final MemorySegment states;
    private final long blocks;

    private BlockStates(MemorySegment states, long blocks) {
        this.states = states;
        this.blocks = blocks;
    }

    static int pages(long blocks) {
        return Math.toIntExact(pagesOf(blocks));
    }

    private static long pagesOf(long blocks) {
        return (blocks + BLOCKS_PER_PAGE - 1) / BLOCKS_PER_PAGE;
    }

    /** What a file has for so many blocks. */
    static long bytes(long blocks) {
        return pagesOf(blocks) * PAGE_BYTES;
    }

    /** Makes a file in place of any, with all blocks {@link BlockState#BASE}, and maps it. */
    static BlockStates create(Path file, long blocks) throws IOException {
        writeEmpty(file, bytes(blocks));
        return open(file, blocks);
    }

    /**
     * Maps a file of this process, or of one before it.
     *
     * @throws FormatException where it has another size
     */
    static BlockStates open(Path file, long blocks) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (channel.size() != bytes(blocks)) {
                throw FormatException.corrupt(file + " has " + channel.size() + " bytes instead of " + bytes(blocks));
            }
            return new BlockStates(
                    channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size(), Arena.ofAuto()), blocks);
        }
    }

    /** All of it is written: a page of a mapped file for which the disk has no room would end the process. */
    private static void writeEmpty(Path file, long bytes) throws IOException {
        Files.deleteIfExists(file);
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            for (long at = 0; at < bytes; ) {
                at += channel.write(ByteBuffer.wrap(ZEROS, 0, (int) Math.min(ZEROS.length, bytes - at)));
            }
        }
    }

    /**
     * Blocks that have the same state.
     *
     * @param end the number of the first one behind them
     */
    record Run(BlockState state, long end) {}

    BlockState get(long block) {
        return of(load(block / BLOCKS_PER_LONG), block);
    }

    private static BlockState of(long states, long block) {
        return BlockState.of((int) (states >>> shift(block)) & 3);
    }

    private static int shift(long block) {
        return (int) (block % BLOCKS_PER_LONG) * 2;
    }

    private long load(long number) {
        return (long) LONGS.getAcquire(states, number * Long.BYTES);
    }

    /** Sets the state of blocks. */
    void set(long from, long to, BlockState state) {
        long pattern = LOW_BITS * state.bits;
        for (long at = from; at < to; ) {
            long number = at / BLOCKS_PER_LONG;
            long end = Math.min(to, (number + 1) * BLOCKS_PER_LONG);
            long mask = (end - at == BLOCKS_PER_LONG ? -1L : (1L << (end - at) * 2) - 1) << shift(at);
            long before;
            do {
                before = load(number);
            } while (!LONGS.compareAndSet(states, number * Long.BYTES, before, before & ~mask | pattern & mask));
            at = end;
        }
    }

    /**
     * The blocks from one on that have its state; they end at {@code to} or before. Each is looked at once: others change states
     * meanwhile, and a second look could find another state than the one by which the end was found.
     */
    Run run(long from, long to) {
        long loaded = load(from / BLOCKS_PER_LONG);
        BlockState state = of(loaded, from);
        long pattern = LOW_BITS * state.bits;
        long at = from;
        while (true) {
            long different = (loaded ^ pattern) >>> shift(at);
            if (different != 0) {
                return new Run(state, Math.min(to, at + Long.numberOfTrailingZeros(different) / 2));
            }
            at = (at / BLOCKS_PER_LONG + 1) * BLOCKS_PER_LONG;
            if (at >= to) {
                return new Run(state, to);
            }
            loaded = load(at / BLOCKS_PER_LONG);
        }
    }

    /** Blocks in a state; all are looked at. */
    long count(BlockState state) {
        long count = 0;
        for (long at = 0; at < blocks; ) {
            Run run = run(at, blocks);
            count += run.state == state ? run.end - at : 0;
            at = run.end;
        }
        return count;
    }

    /** A copy of the states of a page, as a file has them. */
    ByteBuffer copy(int page) {
        return ByteBuffer.wrap(
                states.asSlice((long) page * PAGE_BYTES, PAGE_BYTES).toArray(ValueLayout.JAVA_BYTE));
    }

    /** Replaces the states of a page by those that a file has. */
    void load(int page, ByteBuffer source) {
        states.asSlice((long) page * PAGE_BYTES, PAGE_BYTES).asByteBuffer().put(source);
    }
}
