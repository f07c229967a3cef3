package dev.holdfast.control.instant;

import dev.holdfast.protocol.nbd.NbdExport;
import dev.holdfast.protocol.nbd.NbdExports;
import dev.holdfast.protocol.nbd.NbdExtent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** A disk of a recovery, as one connection sees it: they all see the same. */
final class InstantDisk implements NbdExport {
    private final Overlay overlay;
    private final String description;
    private final Guard guard;
    private final Runnable closed;

    /**
     * @param guard is asked before each request
     * @param closed is told once that the connection has ended
     */
    InstantDisk(Overlay overlay, String description, Guard guard, Runnable closed) {
        this.overlay = overlay;
        this.description = description;
        this.guard = guard;
        this.closed = closed;
    }

    @Override
    public long size() {
        return overlay.size();
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public boolean multiConn() {
        return true;
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public boolean sparse() {
        return true;
    }

    @Override
    public void read(long offset, ByteBuffer target) throws IOException {
        guard.require();
        overlay.read(offset, target);
    }

    @Override
    public List<NbdExtent> status(long offset, long length) throws IOException {
        guard.require();
        return overlay.status(offset, length, NbdExports.MAX_EXTENTS);
    }

    @Override
    public void write(long offset, ByteBuffer source) throws IOException {
        guard.require();
        overlay.write(offset, source);
    }

    @Override
    public void zero(long offset, long length, boolean mayTrim) throws IOException {
        guard.require();
        overlay.zero(offset, length, mayTrim);
    }

    @Override
    public boolean zeroesFast(long offset, long length, boolean mayTrim) {
        return mayTrim;
    }

    @Override
    public void trim(long offset, long length) throws IOException {
        guard.require();
        overlay.trim(offset, length);
    }

    @Override
    public void flush() throws IOException {
        guard.require();
        overlay.flush();
    }

    @Override
    public void cache(long offset, long length) throws IOException {
        guard.require();
        overlay.ahead(offset, length);
    }

    @Override
    public void close() {
        closed.run();
    }
}
