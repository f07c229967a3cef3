package dev.holdfast.server.net;

import dev.holdfast.protocol.wire.EncodedFrame;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Queues the answers to one client and writes them on a thread of its own, so that no worker waits for a slow network.
 * The sender has reserved the memory before: of the restore budget for chunks, of the answers budget for all else. Safe for use
 * by several threads.
 */
final class ResponseWriter implements AutoCloseable {
    /** A frame, and what to do once it is written or dropped. */
    private record Entry(EncodedFrame frame, Runnable after) {
        /** What an entry takes beside its frame. */
        static final int OVERHEAD_BYTES = 256;

        int bytes() {
            return frame.bytes() + OVERHEAD_BYTES;
        }
    }

    private final OutputStream out;
    private final Runnable onFailure;
    private final long stuckNanos;
    /** Unwritten answers beyond this stop the reading of requests, and the making of further parts of an answer. */
    private static final int ROOM_BYTES = 8 << 20;

    private final BlockingQueue<Entry> queue = new LinkedBlockingQueue<>();
    private final Object room = new Object();
    private long queuedBytes;
    private final Thread thread;
    private volatile long writingSince;
    private volatile boolean closed;

    /** @param stuck how long one answer may take to leave */
    ResponseWriter(OutputStream out, Runnable onFailure, Duration stuck) {
        this.out = out;
        this.onFailure = onFailure;
        this.stuckNanos = stuck.toNanos();
        this.thread = Thread.ofPlatform().daemon().name("responses").start(this::run);
    }

    /** @param after runs exactly once, whatever becomes of the frame, also where there is none */
    void send(int request, Message.Response message, Runnable after) {
        boolean added = false;
        try {
            add(new Entry(Frames.encode(request, message), after));
            added = true;
        } finally {
            if (!added) {
                after.run();
            }
        }
    }

    /** Sends unless too much waits already; for answers that no memory was reserved for. */
    boolean offer(int request, Message.Response message) {
        synchronized (room) {
            if (closed || queuedBytes > ROOM_BYTES) {
                return false;
            }
        }
        add(new Entry(Frames.encode(request, message), () -> {}));
        return true;
    }

    private void add(Entry entry) {
        count(entry.bytes());
        boolean added = false;
        try {
            added = queue.add(entry);
        } finally {
            if (!added) {
                count(-entry.bytes());
            }
        }
        if (closed) {
            drop();
        }
    }

    private void count(int bytes) {
        synchronized (room) {
            queuedBytes += bytes;
            room.notifyAll();
        }
    }

    /** Whether nothing waits any more, and nothing is being written. */
    private boolean allWritten() {
        synchronized (room) {
            return queuedBytes == 0;
        }
    }

    /** Waits while the peer takes its answers more slowly than it asks. */
    void awaitRoom() throws IOException {
        synchronized (room) {
            while (queuedBytes > ROOM_BYTES && !closed) {
                try {
                    room.wait();
                } catch (InterruptedException e) {
                    throw new InterruptedIOException("interrupted");
                }
            }
        }
    }

    /** Whether answers are dropped, since the connection has ended. */
    boolean closed() {
        return closed;
    }

    private void finished(Entry entry) {
        count(-entry.bytes());
        entry.after.run();
    }

    private void run() {
        try {
            while (!closed) {
                Entry entry = queue.take();
                try {
                    writingSince = System.nanoTime() | 1;
                    entry.frame.writeTo(out);
                    if (queue.isEmpty()) {
                        out.flush();
                    }
                } finally {
                    writingSince = 0;
                    finished(entry);
                }
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            closed = true;
            onFailure.run();
        } finally {
            closed = true;
            drop();
        }
    }

    private void drop() {
        for (Entry entry = queue.poll(); entry != null; entry = queue.poll()) {
            finished(entry);
        }
        count(0);
    }

    /** Whether a write has been waiting for the peer for longer than it may. */
    boolean stuck() {
        long since = writingSince;
        return since != 0 && System.nanoTime() - since > stuckNanos;
    }

    /** Gives the last answers, such as the reason for a refusal, a moment to leave. */
    @Override
    public void close() {
        try {
            for (int waited = 0; !closed && !stuck() && !allWritten() && waited < 50; waited++) {
                Thread.sleep(20);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closed = true;
        thread.interrupt();
        drop();
    }
}
