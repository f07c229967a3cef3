package dev.holdfast.server;

import dev.holdfast.control.usecase.ReportUseCases;
import java.io.IOException;
import java.time.InstantSource;
import java.util.concurrent.locks.LockSupport;

/** Sends reports when they are due, on a thread of its own: a mail server may take its time. */
final class ReportLoop implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ReportLoop.class.getName());
    private static final long LOOK_NANOS = 20_000_000_000L;

    private final ReportUseCases reports;
    private final InstantSource clock;
    private final Thread thread;
    private volatile boolean closing;

    ReportLoop(ReportUseCases reports, InstantSource clock) {
        this.reports = reports;
        this.clock = clock;
        this.thread = Thread.ofPlatform().name("reports").daemon().start(this::loop);
    }

    private void loop() {
        while (!closing) {
            try {
                reports.look(clock.instant());
            } catch (IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "could not look for a report that is due", e);
            }
            if (!closing) {
                LockSupport.parkNanos(LOOK_NANOS);
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
