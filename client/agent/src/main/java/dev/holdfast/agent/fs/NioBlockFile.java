package dev.holdfast.agent.fs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;

/** A disk through java.nio, which knows of no holes. */
class NioBlockFile implements BlockFile {
    final FileChannel channel;
    private final boolean device;
    private volatile long size;

    /** @param update whether it may be written, and is made where it does not exist */
    NioBlockFile(Path path, boolean update) throws IOException {
        this.channel = FileChannel.open(
                path,
                update
                        ? Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE)
                        : Set.of(StandardOpenOption.READ));
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            if (attributes.isDirectory()) {
                throw new IOException(path + " is a directory, not a disk or a disk image");
            }
            this.device = attributes.isOther();
            // Of a block device the system tells the device's size.
            this.size = channel.size();
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public boolean device() {
        return device;
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
        return channel.read(ByteBuffer.wrap(target, offset, length), position);
    }

    @Override
    public void write(long position, byte[] source, int offset, int length) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(source, offset, length);
        long at = position;
        while (left.hasRemaining()) {
            at += channel.write(left, at);
        }
    }

    @Override
    public boolean punch(long position, long length) throws IOException {
        return false;
    }

    @Override
    public long nextData(long position) throws IOException {
        return position < size ? position : -1;
    }

    @Override
    public long nextHole(long position) throws IOException {
        return size;
    }

    @Override
    public void truncate(long wanted) throws IOException {
        if (wanted < channel.size()) {
            channel.truncate(wanted);
        } else if (wanted > channel.size()) {
            channel.write(ByteBuffer.wrap(new byte[1]), wanted - 1);
        }
        resized(wanted);
    }

    final void resized(long now) {
        size = now;
    }

    @Override
    public void sync() throws IOException {
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
