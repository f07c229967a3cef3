package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** An export in memory, whose zeros are holes block by block. A hook can delay and fail what it does. */
class MemoryExport implements NbdExport {
    static final int BLOCK = 4096;

    final byte[] bytes;
    final AtomicInteger flushes = new AtomicInteger();
    final AtomicInteger closed = new AtomicInteger();
    final AtomicLong cached = new AtomicLong();
    final AtomicInteger active = new AtomicInteger();
    private final boolean readOnly;
    private final boolean sparse;
    private final Hook hook;

    /** Called before each act, in the thread that does it. */
    interface Hook {
        void before(String act, long offset, long length) throws IOException;
    }

    MemoryExport(byte[] bytes, boolean readOnly, boolean sparse, Hook hook) {
        this.bytes = bytes;
        this.readOnly = readOnly;
        this.sparse = sparse;
        this.hook = hook;
    }

    static MemoryExport writable(int size) {
        return new MemoryExport(new byte[size], false, false, (act, offset, length) -> {});
    }

    private interface Act<R> {
        R run() throws IOException;
    }

    private <R> R act(String name, long offset, long length, Act<R> act) throws IOException {
        active.incrementAndGet();
        try {
            hook.before(name, offset, length);
            return act.run();
        } finally {
            active.decrementAndGet();
        }
    }

    @Override
    public long size() {
        return bytes.length;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public boolean multiConn() {
        return true;
    }

    @Override
    public boolean sparse() {
        return sparse;
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        act("read", offset, target.remaining(), () -> target.put(bytes, (int) offset, target.remaining()));
    }

    @Override
    public List<NbdExtent> status(long offset, long length) throws IOException {
        return act("status", offset, length, () -> {
            List<NbdExtent> extents = new ArrayList<>();
            for (long at = offset; at < offset + length; ) {
                long end = Math.min(bytes.length, (at / BLOCK + 1) * BLOCK);
                NbdExtent.append(
                        extents, zero(at / BLOCK) ? NbdExtent.hole(at, end - at) : NbdExtent.data(at, end - at));
                at = end;
            }
            return extents;
        });
    }

    private boolean zero(long block) {
        for (int i = (int) block * BLOCK; i < Math.min(bytes.length, (block + 1) * BLOCK); i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        act("write", offset, source.remaining(), () -> source.get(bytes, (int) offset, source.remaining()));
    }

    @Override
    public void zero(long offset, long length, boolean mayTrim) throws IOException {
        act(mayTrim ? "zero" : "zero without hole", offset, length, () -> {
            Arrays.fill(bytes, (int) offset, (int) (offset + length), (byte) 0);
            return null;
        });
    }

    @Override
    public void trim(long offset, long length) throws IOException {
        act("trim", offset, length, () -> null);
    }

    @Override
    public void flush() throws IOException {
        act("flush", 0, 0, flushes::incrementAndGet);
    }

    @Override
    public void cache(long offset, long length) throws IOException {
        act("cache", offset, length, () -> cached.addAndGet(length));
    }

    @Override
    public void close() {
        closed.incrementAndGet();
    }
}
