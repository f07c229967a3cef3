package dev.holdfast.protocol.nbd;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The transmission phase of a client: sends requests, reads replies in a virtual thread, and watches the time. The first failure
 * ends the connection and all its requests, each of which ends when nothing reads into its buffer any more. Safe for use by
 * several threads.
 */
final class Connection implements Closeable, ReplyReader.Requests {
    /** The longest that a server may take to be told that the client ends. */
    private static final Duration GOODBYE = Duration.ofSeconds(2);
    /** Between two signs of progress. */
    private static final int STEP = 256 << 10;

    private final Line line;
    private final NbdClientOptions options;
    private final Semaphore slots;
    private final ReentrantLock sending = new ReentrantLock();
    private final Map<Long, Pending> waiting = new ConcurrentHashMap<>();
    private final AtomicLong cookies = new AtomicLong();
    private final AtomicReference<@Nullable IOException> failure = new AtomicReference<>();
    /** Since something was sent or came. */
    private final Stopwatch idle = new Stopwatch();

    private final Stopwatch closing = new Stopwatch();
    private final Watch watch;
    private final Thread reader;
    private volatile boolean ended;

    Connection(Line line, ClientHandshake.Agreed agreed, NbdClientOptions options) {
        this.line = line;
        this.options = options;
        this.slots = new Semaphore(options.requests(), true);
        idle.begin();
        ReplyReader replies = new ReplyReader(line.in(), this, agreed, idle::begin);
        this.watch = new Watch(
                "nbd-client-watch",
                options.progress().compareTo(options.request()) < 0 ? options.progress() : options.request(),
                this::look);
        this.reader = Thread.ofVirtual().name("nbd-replies").start(() -> read(replies));
    }

    private void read(ReplyReader replies) {
        try {
            replies.run();
            fail(new EOFException("it ended the connection"));
        } catch (IOException e) {
            fail(e);
        } catch (RuntimeException e) {
            fail(new IOException("its reply could not be read", e));
        } finally {
            ended = true;
            for (Long cookie : waiting.keySet()) {
                drop(cookie);
            }
        }
    }

    private void look() {
        if (closing.longerThan(GOODBYE)) {
            closeLine();
        }
        for (Pending each : waiting.values()) {
            if (each.age().longerThan(options.request())) {
                fail(new IOException("it did not complete a reply within " + options.request()));
            } else if (each.age().longerThan(options.progress()) && idle.longerThan(options.progress())) {
                fail(new IOException("it has sent and taken nothing for " + options.progress()));
            }
        }
    }

    /** Ends the connection for a reason, unless it has ended for another one. The reader then ends what waits. */
    void fail(IOException why) {
        failure.compareAndSet(null, why);
        closeLine();
    }

    private void closeLine() {
        try {
            line.close();
        } catch (IOException e) {
            // Closed as far as it can be: the reader ends.
        }
    }

    private void drop(Long cookie) {
        Pending pending = waiting.remove(cookie);
        if (pending != null) {
            pending.end(failure.get());
            slots.release();
        }
    }

    @Override
    public Pending find(long cookie) throws ProtocolViolation {
        Pending pending = waiting.get(cookie);
        if (pending == null) {
            throw new ProtocolViolation("it answered a request that was not sent, or is answered already");
        }
        return pending;
    }

    @Override
    public void complete(Pending pending) throws ProtocolViolation {
        pending.complete();
        waiting.remove(pending.request().cookie());
        slots.release();
    }

    /** A cookie that no other request of this connection has. */
    long cookie() {
        return cookies.getAndIncrement();
    }

    /**
     * Sends a request when a slot is free. A failure of the connection ends the request like any other that waits.
     *
     * @param payload data of a write; it is not used after this ends
     * @throws InterruptedIOException if the thread was interrupted while it waited for a slot; the request was not sent then
     */
    void submit(Pending pending, @Nullable ByteBuffer payload) throws InterruptedIOException {
        try {
            slots.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while other requests were in flight");
        }
        Long cookie = pending.request().cookie();
        waiting.put(cookie, pending);
        if (!ended) {
            sending.lock();
            try {
                send(pending.request(), payload);
            } catch (ClosedByInterruptException e) {
                // This thread notices when it waits.
                fail(new IOException("another request of this connection was interrupted", e));
            } catch (IOException e) {
                fail(e);
            } finally {
                sending.unlock();
            }
        }
        if (ended) {
            drop(cookie);
        }
    }

    private void send(Request request, @Nullable ByteBuffer payload) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(Numbers.REQUEST_BYTES)
                .putInt(Numbers.REQUEST_MAGIC)
                .putShort((short) request.flags())
                .putShort((short) request.type())
                .putLong(request.cookie())
                .putLong(request.offset())
                .putInt((int) request.length())
                .flip();
        if (payload == null) {
            line.send(head);
            return;
        }
        for (int at = 0; at < payload.remaining(); at += STEP) {
            line.send(head, payload.slice(payload.position() + at, Math.min(STEP, payload.remaining() - at)));
            idle.begin();
        }
    }

    /**
     * Waits for the end of a request. If the thread is interrupted before, the connection is ended: the buffer must be free when
     * this returns.
     */
    void await(Pending pending) throws IOException {
        try {
            pending.await();
        } catch (InterruptedException e) {
            boolean answered = pending.ended();
            if (!answered) {
                fail(new IOException("another request of this connection was interrupted"));
                pending.awaitEnd();
            }
            Thread.currentThread().interrupt();
            if (!answered || pending.failure() != null) {
                throw new InterruptedIOException("interrupted while the request was in flight");
            }
        }
        IOException why = pending.failure();
        if (why != null) {
            throw why;
        }
    }

    /** Says goodbye if the server takes it soon, and closes the connection. Requests in flight fail. */
    @Override
    public void close() {
        if (failure.compareAndSet(null, new IOException("this client was closed")) && sending.tryLock()) {
            closing.begin();
            try {
                send(new Request(0, Numbers.CMD_DISC, 0, 0, 0), null);
                line.transport().finish();
            } catch (IOException e) {
                // The server notices that the connection ends.
            } finally {
                sending.unlock();
            }
        }
        closeLine();
        watch.close();
        boolean interrupted = false;
        while (true) {
            try {
                reader.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
