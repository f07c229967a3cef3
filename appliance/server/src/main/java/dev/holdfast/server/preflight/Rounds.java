package dev.holdfast.server.preflight;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Repeats work for a time, on some threads, and tells how much of it was done in a second. */
final class Rounds {
    private Rounds() {}

    /** One round of work; returns how much it did. */
    interface Work {
        long once() throws Exception;
    }

    /** Work for one thread, with its own memory. */
    interface Worker {
        Work begin() throws Exception;
    }

    /** @return how much was done in a second by all threads */
    static double perSecond(Worker worker, int threads, Duration time) throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Callable<Double>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                Work work = worker.begin();
                all.add(() -> rate(work, time));
            }
            double sum = 0;
            for (Future<Double> each : pool.invokeAll(all)) {
                sum += each.get();
            }
            return sum;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private static double rate(Work work, Duration time) throws Exception {
        long begun = System.nanoTime();
        long done = 0;
        long now;
        do {
            done += work.once();
            now = System.nanoTime();
        } while (now - begun < time.toNanos());
        return done * 1e9 / (now - begun);
    }
}
