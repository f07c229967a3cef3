package dev.holdfast.server.net;

import java.io.IOException;
import java.io.InterruptedIOException;

/** Lets virtual threads of connections wait for a condition, such as a share of a rate, which they check every 20 ms. */
final class Polling {
    private static final long AGAIN_MILLIS = 20;

    /** What is waited for. */
    interface Condition {
        /** Throws where the wait is in vain. */
        boolean met() throws IOException;
    }

    private Polling() {}

    /** Asks again every 20 ms. */
    static void until(Condition condition) throws IOException {
        while (!condition.met()) {
            pause(AGAIN_MILLIS);
        }
    }

    static void pause(long millis) throws InterruptedIOException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
