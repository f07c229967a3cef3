package dev.holdfast.server.net;

import dev.holdfast.protocol.wire.Message;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The answers to one request. Memory for the last of them was reserved before the request was looked at, and is released
 * when it has left; closing releases it where there was none. Safe for use by several threads.
 */
final class Reply implements AutoCloseable {
    private final ResponseWriter out;
    private final int request;
    private final AtomicReference<@Nullable Runnable> paid;

    Reply(ResponseWriter out, int request, Runnable paid) {
        this.out = out;
        this.request = request;
        this.paid = new AtomicReference<>(paid);
    }

    /** @param after runs exactly once, whatever becomes of the answer; it releases what was reserved for this part */
    void part(Message.Response message, Runnable after) {
        out.send(request, message, after);
    }

    void last(Message.Response message) {
        last(message, () -> {});
    }

    /** @param after runs once the answer has left */
    void last(Message.Response message, Runnable after) {
        Runnable release = paid.getAndSet(null);
        out.send(request, message, () -> {
            if (release != null) {
                release.run();
            }
            after.run();
        });
    }

    /** Sends a message that the peer did not just ask for; false where it does not read its answers. */
    boolean offer(Message.Response message) {
        return out.offer(request, message);
    }

    @Override
    public void close() {
        Runnable release = paid.getAndSet(null);
        if (release != null) {
            release.run();
        }
    }
}
