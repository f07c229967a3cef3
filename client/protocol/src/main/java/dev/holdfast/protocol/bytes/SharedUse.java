package dev.holdfast.protocol.bytes;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Releases something when its last user has finished. The creator is the first user, until it closes this. Safe for use by several
 * threads.
 */
public final class SharedUse implements AutoCloseable {
    private final AtomicInteger users = new AtomicInteger(1);
    private final Runnable release;

    /** @param release runs once, on the thread of the last user */
    public SharedUse(Runnable release) {
        this.release = release;
    }

    /** Adds a user. Returns what the user runs once, when it has finished. Called by users only. */
    public Runnable add() {
        users.incrementAndGet();
        return this::close;
    }

    @Override
    public void close() {
        if (users.decrementAndGet() == 0) {
            release.run();
        }
    }
}
