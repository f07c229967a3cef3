package dev.holdfast.vault.oss;

import dev.holdfast.vault.object.BlockInputStream;
import dev.holdfast.vault.object.Movement;
import dev.holdfast.vault.object.Patience;
import dev.holdfast.vault.object.StalledException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Proxy;
import java.net.Socket;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A socket that measures how long a thread waits in a read or write, and how many bytes move meanwhile. Used by one
 * thread at a time, beside the {@link Watchdog}, which may end it at any moment; what is under way then fails with a
 * {@link StalledException}.
 */
final class WatchedSocket extends Socket {
    static final String STOPPED = "the vault was closed while this was under way";
    /** Small enough that each slice of a slow line is seen as progress. */
    private static final int SLICE_BYTES = 16 << 10;

    private final Movement movement;
    private final Consumer<WatchedSocket> gone;
    private volatile @Nullable String fate;

    // Guarded by this.
    private boolean waiting;
    private boolean reading;
    private long waitingSince;
    private long movedAt;
    private long waitedNanos;
    private long moved;
    private long windowNanos;
    private long windowMoved;
    private long queue = -1;

    /** @param gone told when it is closed */
    WatchedSocket(Proxy proxy, Movement movement, Consumer<WatchedSocket> gone) {
        super(proxy);
        this.movement = movement;
        this.gone = gone;
    }

    private interface Operation {
        int run() throws IOException;
    }

    private int watch(boolean read, Operation operation) throws IOException {
        begin(read);
        int count = 0;
        try {
            count = operation.run();
            return count;
        } catch (IOException e) {
            String why = fate;
            if (why != null) {
                StalledException stalled = new StalledException(why);
                stalled.initCause(e);
                throw stalled;
            }
            throw e;
        } finally {
            end(Math.max(0, count));
        }
    }

    private synchronized void begin(boolean read) {
        if (reading && !read) {
            // Another request begins.
            windowNanos = waitedNanos;
            windowMoved = moved;
        }
        reading = read;
        waiting = true;
        waitingSince = System.nanoTime();
        movedAt = waitingSince;
        queue = -1;
    }

    private synchronized void end(long count) {
        waiting = false;
        waitedNanos += System.nanoTime() - waitingSince;
        progress(count);
    }

    private void progress(long count) {
        if (count > 0) {
            moved += count;
            movement.moved(count);
        }
    }

    synchronized boolean waiting() {
        return waiting;
    }

    /** Nanoseconds without a byte. */
    synchronized long idle(long now) {
        return waiting ? now - movedAt : 0;
    }

    /** What the system holds for the peer; that it becomes less is progress. Null where that is not known. */
    synchronized void queued(@Nullable Long bytes, long now) {
        if (bytes != null && waiting) {
            if (queue >= 0 && bytes != queue) {
                movedAt = now;
                progress(Math.abs(bytes - queue));
            }
            queue = bytes;
        }
    }

    /** Why it is too slow; null where it is not. */
    synchronized @Nullable String late(long now, Patience patience) {
        if (!waiting) {
            return null;
        }
        if (now - movedAt >= patience.stall().toNanos()) {
            return (reading ? "nothing came from the server for " : "the server took nothing for ")
                    + words(patience.stall());
        }
        long waited = waitedNanos + now - waitingSince;
        if (waited - windowNanos < patience.window().toNanos()) {
            return null;
        }
        if (moved - windowMoved < patience.leastBytes()) {
            return "only " + (moved - windowMoved) + " bytes moved in " + words(patience.window()) + ", at least "
                    + patience.leastBytes() + " must";
        }
        windowNanos = waited;
        windowMoved = moved;
        return null;
    }

    static String words(Duration time) {
        return time.toSeconds() == 0 ? time.toMillis() + " ms" : time.toSeconds() + " s";
    }

    /** Closes the socket. Reads and writes under way, and later ones, fail with the reason. */
    void end(String why) {
        if (fate == null) {
            fate = why;
        }
        Watchdog.closeQuietly(this);
    }

    @Override
    public InputStream getInputStream() throws IOException {
        requireOpen();
        InputStream in = super.getInputStream();
        return new BlockInputStream() {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return watch(true, () -> in.read(buffer, offset, length));
            }

            @Override
            public void close() throws IOException {
                WatchedSocket.this.close();
            }
        };
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        requireOpen();
        return new FilterOutputStream(super.getOutputStream()) {
            @Override
            public void write(int value) throws IOException {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] buffer, int offset, int length) throws IOException {
                for (int at = 0; at < length; at += SLICE_BYTES) {
                    int from = offset + at;
                    int count = Math.min(SLICE_BYTES, length - at);
                    int _ = watch(false, () -> {
                        out.write(buffer, from, count);
                        return count;
                    });
                }
            }

            @Override
            public void close() throws IOException {
                WatchedSocket.this.close();
            }
        };
    }

    private void requireOpen() throws StalledException {
        String why = fate;
        if (why != null) {
            throw new StalledException(why);
        }
    }

    @Override
    public void close() throws IOException {
        gone.accept(this);
        super.close();
    }
}
