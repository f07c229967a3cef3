package dev.holdfast.server.net;

import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Answers on their way to one client, written by a thread of its own, so that no worker ever waits for a slow network.
 * Answers are few (a request each) or paid for from the restore budget. Safe for use by several threads.
 */
final class Outbox implements AutoCloseable {
    /** A frame, and what to do once it is written or dropped. */
    private record Entry(byte[] frame, Runnable after) {}

    private final OutputStream out;
    private final Runnable onFailure;
    private final BlockingQueue<Entry> queue = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile long writingSince;
    private volatile boolean closed;

    Outbox(OutputStream out, Runnable onFailure) {
        this.out = out;
        this.onFailure = onFailure;
        this.thread = Thread.ofVirtual().name("outbox").start(this::run);
    }

    void send(int request, Message message) {
        send(request, message, () -> {});
    }

    /** @param after runs exactly once, whatever becomes of the frame */
    void send(int request, Message message, Runnable after) {
        queue.add(new Entry(Frames.encode(request, message), after));
        if (closed) {
            drop();
        }
    }

    private void run() {
        try {
            while (!closed) {
                Entry entry = queue.take();
                try {
                    writingSince = System.nanoTime() | 1;
                    out.write(entry.frame);
                    if (queue.isEmpty()) {
                        out.flush();
                    }
                } finally {
                    writingSince = 0;
                    entry.after.run();
                }
            }
        } catch (IOException | InterruptedException e) {
            closed = true;
            onFailure.run();
        } finally {
            closed = true;
            drop();
        }
    }

    private void drop() {
        for (Entry entry = queue.poll(); entry != null; entry = queue.poll()) {
            entry.after.run();
        }
    }

    /** Whether a write has been waiting for the peer for longer than it may. */
    boolean stuck() {
        long since = writingSince;
        return since != 0 && System.nanoTime() - since > Limits.STUCK_WRITE_MILLIS * 1_000_000L;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        drop();
    }
}
