package dev.holdfast.store.fault;

import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A disk that fails every changing operation from the n-th on, until it is repaired. A failing write first writes half:
 * that is what a full disk does.
 */
final class FailingDisk implements Disk {
    private final Disk disk = new LocalDisk();
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
        return new FailingFile(disk.create(file));
    }

    @Override
    public DiskFile open(Path file, boolean writable) throws IOException {
        return new FailingFile(disk.open(file, writable));
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        step();
        disk.rename(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        step();
        disk.delete(file);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        step();
        disk.syncDirectory(directory);
    }

    @Override
    public long freeBytes(Path path) throws IOException {
        return disk.freeBytes(path);
    }

    @Override
    public long totalBytes(Path path) throws IOException {
        return disk.totalBytes(path);
    }

    @Override
    public Object fileSystem(Path path) throws IOException {
        return disk.fileSystem(path);
    }

    private final class FailingFile implements DiskFile {
        private final DiskFile file;

        FailingFile(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            if (fails()) {
                ByteBuffer half = source.slice(source.position(), source.remaining() / 2);
                file.write(half, position);
                throw new IOException(error);
            }
            file.write(source, position);
        }

        @Override
        public void sync() throws IOException {
            step();
            file.sync();
        }

        @Override
        public void truncate(long size) throws IOException {
            step();
            file.truncate(size);
        }

        @Override
        public long size() throws IOException {
            return file.size();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
