package dev.holdfast.vault.format;

import dev.holdfast.store.disk.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;

/** An object of a vault as a file that is only read. Subclasses may read from a cache. */
public class ObjectFile implements Disk.DiskFile {
    private final SealedReader object;

    public ObjectFile(SealedReader object) {
        this.object = object;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        int count = (int) Math.max(0, Math.min(target.remaining(), size() - position));
        target.put(object.read(position, count));
        return count;
    }

    @Override
    public final void write(ByteBuffer source, long position) {
        throw new UnsupportedOperationException("an object of a vault is never changed");
    }

    @Override
    public final void sync() {}

    @Override
    public final void truncate(long size) {
        throw new UnsupportedOperationException("an object of a vault is never changed");
    }

    @Override
    public final long size() {
        return object.length();
    }

    @Override
    public void close() throws IOException {}
}
