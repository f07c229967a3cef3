package dev.holdfast.store.disk;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Objects;

/**
 * A disk on which files are changed in one directory only, and elsewhere are read: links in that directory lead to files that
 * stay as they are. It has no room.
 *
 * @param writable a directory without links in its own path
 */
public record ReadOnlyDisk(Disk disk, Path writable) implements Disk {
    private void requireWritable(Path file) throws IOException {
        Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent());
        if (!directory.toRealPath().startsWith(writable)) {
            throw new IOException(
                    file + " is not changed: the appliance was started with --read-only",
                    new ReadOnlyFileSystemException());
        }
    }

    @Override
    public DiskFile create(Path file) throws IOException {
        requireWritable(file);
        return disk.create(file);
    }

    /** A link in the writable directory leads to a file that must not be changed either. */
    @Override
    public DiskFile open(Path file, boolean writing) throws IOException {
        if (writing) {
            requireWritable(file.toRealPath());
        }
        return disk.open(file, writing);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        requireWritable(from);
        requireWritable(to);
        disk.rename(from, to);
    }

    @Override
    public void delete(Path file) throws IOException {
        requireWritable(file);
        disk.delete(file);
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        disk.syncDirectory(directory);
    }

    @Override
    public long freeBytes(Path path) {
        return 0;
    }

    @Override
    public long totalBytes(Path path) throws IOException {
        return disk.totalBytes(path);
    }

    @Override
    public Object fileSystem(Path path) throws IOException {
        return disk.fileSystem(path);
    }
}
