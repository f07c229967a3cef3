package dev.holdfast.protocol.nbd;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes replies. Whoever brings one writes it, and what others bring in the meantime, so that many small replies leave in one
 * call of the system, and no reply waits for a thread to wake. Where writing fails, the line is closed and all further replies
 * are dropped. Safe for use by several threads.
 */
final class ReplyQueue {
    private static final int BYTES_AT_ONCE = 1 << 20;
    private static final int BUFFERS_AT_ONCE = 64;

    private final NbdTransport transport;
    private final Closeable line;
    private final Queue<Reply> waiting = new ConcurrentLinkedQueue<>();
    private final ReentrantLock writing = new ReentrantLock();
    private final Stopwatch write = new Stopwatch();
    private volatile boolean broken;

    /**
     * A reply, or a chunk of one.
     *
     * @param left is called once, when the buffers are not needed any more: after they were written, or dropped
     */
    private record Reply(ByteBuffer[] messages, Runnable left) {
        int bytes() {
            int bytes = 0;
            for (ByteBuffer each : messages) {
                bytes += each.remaining();
            }
            return bytes;
        }
    }

    /** @param line is closed where writing fails */
    ReplyQueue(NbdTransport transport, Closeable line) {
        this.transport = transport;
        this.line = line;
    }

    /** Whether the other side has not taken what was written for too long. */
    boolean stalled(Duration limit) {
        return write.longerThan(limit);
    }

    /** Brings a reply. Returns when it was written, or when another thread is going to write it. */
    void send(Runnable left, ByteBuffer... messages) {
        waiting.add(new Reply(messages, left));
        // A thread that has just found nothing more to write still has the lock; it looks again behind it.
        while (!waiting.isEmpty() && writing.tryLock()) {
            try {
                writeWaiting();
            } finally {
                writing.unlock();
            }
        }
    }

    /** Writes by hand. */
    @FunctionalInterface
    interface Writer {
        void write(ByteBuffer message) throws IOException;
    }

    /** A reply that is written while it is made. */
    @FunctionalInterface
    interface LongReply {
        void writeTo(Writer out) throws IOException;
    }

    /** Writes a long reply, while others wait. If it fails, the line is closed: the other side cannot know where it ended. */
    void exclusive(LongReply reply) throws IOException {
        writing.lock();
        try {
            writeWaiting();
            if (!broken) {
                reply.writeTo(this::timed);
            }
        } catch (IOException | RuntimeException e) {
            fail();
            throw e;
        } finally {
            writing.unlock();
        }
        // Who brought something in the meantime may have left it to this thread.
        send(() -> {}, new ByteBuffer[0]);
    }

    private void writeWaiting() {
        List<Reply> batch = new ArrayList<>();
        List<ByteBuffer> messages = new ArrayList<>();
        while (true) {
            batch.clear();
            messages.clear();
            int bytes = 0;
            while (bytes < BYTES_AT_ONCE && messages.size() < BUFFERS_AT_ONCE) {
                Reply next = waiting.poll();
                if (next == null) {
                    break;
                }
                batch.add(next);
                messages.addAll(List.of(next.messages));
                bytes += next.bytes();
            }
            if (batch.isEmpty()) {
                return;
            }
            try {
                if (!broken) {
                    timed(messages.toArray(ByteBuffer[]::new));
                }
            } catch (IOException e) {
                fail();
            } finally {
                batch.forEach(each -> each.left.run());
            }
        }
    }

    private void timed(ByteBuffer... messages) throws IOException {
        write.begin();
        try {
            transport.write(messages);
        } finally {
            write.end();
        }
    }

    private void fail() {
        broken = true;
        try {
            line.close();
        } catch (IOException e) {
            // It is closed as far as it can be; who reads notices.
        }
    }
}
