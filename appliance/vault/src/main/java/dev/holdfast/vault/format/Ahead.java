package dev.holdfast.vault.format;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Sends several requests at once and hands out their answers in order. One after another, each request would cost a
 * round trip. No more answers wait in memory than requests run at once.
 */
public final class Ahead {
    private Ahead() {}

    /** Asks for what belongs to an item; called by several threads at once. */
    public interface Request<T, R> {
        R answer(T item) throws IOException;
    }

    /** What a request gave, or how it failed. */
    public interface Answer<R> {
        R get() throws IOException;
    }

    /** Takes the answers, in the order of the items. */
    public interface Taker<T, R> {
        /** @return whether to go on */
        boolean take(T item, Answer<R> answer) throws IOException;
    }

    private record Asked<T, R>(T item, Future<R> answer) {}

    /**
     * Asks for all items, until the taker has had enough or throws; what runs then is interrupted.
     *
     * @param atOnce requests under way at a time
     */
    public static <T, R> void each(Iterable<T> items, int atOnce, Request<T, R> request, Taker<T, R> taker)
            throws IOException {
        Iterator<T> left = items.iterator();
        Deque<Asked<T, R>> asked = new ArrayDeque<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                while (true) {
                    while (asked.size() < atOnce && left.hasNext()) {
                        T item = left.next();
                        asked.add(new Asked<>(item, threads.submit(() -> request.answer(item))));
                    }
                    Asked<T, R> first = asked.poll();
                    if (first == null || !taker.take(first.item, () -> get(first.answer))) {
                        return;
                    }
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    static <R> R get(Future<R> answer) throws IOException {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }
}
