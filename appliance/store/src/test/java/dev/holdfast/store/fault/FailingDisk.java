package dev.holdfast.store.fault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A disk that fails every changing operation from the n-th on, until it is repaired. A failing write first writes half:
 * that is what a full disk does.
 */
final class FailingDisk extends ForwardingDisk {
    private final int failFrom;
    private final String error;
    private final AtomicInteger operations = new AtomicInteger();
    private volatile boolean repaired;

    /** @param failFrom the number of the first operation that fails, from 0; negative for none */
    FailingDisk(int failFrom, String error) {
        this.failFrom = failFrom;
        this.error = error;
    }

    int operations() {
        return operations.get();
    }

    void repair() {
        repaired = true;
    }

    private boolean fails() {
        int number = operations.getAndIncrement();
        return failFrom >= 0 && number >= failFrom && !repaired;
    }

    private void step() throws IOException {
        if (fails()) {
            throw new IOException(error);
        }
    }

    @Override
    public DiskFile create(Path file) throws IOException {
        step();
        return new FailingFile(super.create(file));
    }

    @Override
    public DiskFile open(Path file, boolean writable) throws IOException {
        return new FailingFile(super.open(file, writable));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        step();
        super.rename(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        step();
        super.delete(file);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        step();
        super.syncDirectory(directory);
    }

    private final class FailingFile extends ForwardingFile {
        FailingFile(DiskFile file) {
            super(file);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            if (fails()) {
                ByteBuffer half = source.slice(source.position(), source.remaining() / 2);
                super.write(half, position);
                throw new IOException(error);
            }
            super.write(source, position);
        }

        @Override
        public void sync() throws IOException {
            step();
            super.sync();
        }

        @Override
        public void truncate(long size) throws IOException {
            step();
            super.truncate(size);
        }
    }
}
