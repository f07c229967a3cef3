package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.util.List;

/** A file of a snapshot, shown as the file that it is of. */
final class MergedFile implements Directory.FileHandle {
    private final View view;
    private final Directory.FileHandle inner;
    private final Devices devices;

    MergedFile(View view, Directory.FileHandle inner, Devices devices) {
        this.view = view;
        this.inner = inner;
        this.devices = devices;
    }

    @Override
    public Stat stat() throws IOException {
        return devices.asLive(inner.stat());
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
        view.requireOpen();
        return inner.read(position, target, offset, length);
    }

    @Override
    public long nextData(long position) throws IOException {
        return inner.nextData(position);
    }

    @Override
    public long nextHole(long position) throws IOException {
        return inner.nextHole(position);
    }

    /** Nobody writes to a snapshot. */
    @Override
    public void awaitWrites(long size) {}

    @Override
    public void watchMappings() {}

    @Override
    public List<Xattr> xattrs() throws IOException {
        return inner.xattrs();
    }

    @Override
    public InodeFlags flags() {
        return inner.flags();
    }

    @Override
    public void close() throws IOException {
        inner.close();
    }

    @Override
    public void write(long position, byte[] source, int offset, int length) {
        throw new UnsupportedOperationException("snapshots are only read");
    }

    @Override
    public void truncate(long size) {
        throw new UnsupportedOperationException("snapshots are only read");
    }

    @Override
    public boolean tryLock() {
        throw new UnsupportedOperationException("snapshots are only read");
    }

    @Override
    public List<String> apply(Attributes attributes) {
        throw new UnsupportedOperationException("snapshots are only read");
    }
}
