package dev.holdfast.store.fault;

import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The operating system's files, for tests that act at one of the operations. */
public class ForwardingDisk implements Disk {
    private final Disk disk = new LocalDisk();

    @Override
    public DiskFile create(Path file) throws IOException {
        return disk.create(file);
    }

    @Override
    public DiskFile open(Path file, boolean writable) throws IOException {
        return disk.open(file, writable);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        disk.rename(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        disk.delete(file);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
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

    /** An open file whose operations a subclass may change. */
    public static class ForwardingFile implements DiskFile {
        private final DiskFile file;

        public ForwardingFile(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return file.read(target, position);
        }

        @Override
        public void write(ByteBuffer source, long position) throws IOException {
            file.write(source, position);
        }

        @Override
        public void sync() throws IOException {
            file.sync();
        }

        @Override
        public void truncate(long size) throws IOException {
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
