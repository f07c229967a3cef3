package dev.holdfast.control.guestfs;

import dev.holdfast.control.image.ImageReader;
import dev.holdfast.protocol.nbd.NbdExport;
import dev.holdfast.protocol.nbd.NbdExports;
import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** A disk of a snapshot, to be read only. */
record ImageExport(ImageReader image) implements NbdExport {
    @Override
    public long size() {
        return image.size();
    }

    @Override
    public boolean readOnly() {
        return true;
    }

    @Override
    public boolean multiConn() {
        return true;
    }

    @Override
    public boolean sparse() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        image.read(offset, target);
    }

    @Override
    public List<NbdExtent> status(long offset, long length) throws IOException {
        return image.status(offset, length, NbdExports.MAX_EXTENTS);
    }

    @Override
    public void close() {}
}
