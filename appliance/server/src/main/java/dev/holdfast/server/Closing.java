package dev.holdfast.server;

import java.util.ArrayDeque;
import java.util.Deque;

/** What was opened, to be closed in the opposite order. One thread's. */
final class Closing implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Closing.class.getName());

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** Returns the same, which is closed before all that was added earlier. */
    <T extends AutoCloseable> T add(T resource) {
        opened.push(resource);
        return resource;
    }

    /** How something is closed. */
    interface Close<T> {
        void close(T resource) throws Exception;
    }

    /** The same, for what is closed by a method of its own. */
    <T> T add(T resource, Close<T> close) {
        opened.push(() -> close.close(resource));
        return resource;
    }

    /** All of it, whatever fails on the way. */
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                LOG.log(System.Logger.Level.WARNING, "closing failed", e);
            }
        }
    }
}
