package dev.holdfast.cli;

import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.ServiceManager;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/**
 * Ends an appliance in order when the process is told to stop. A signal that comes during the start waits until the
 * start has ended. Closing it tells that the start failed, or that the command ends by itself; its exit code counts
 * then.
 */
final class StopSignal implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(StopSignal.class.getName());
    private static final Duration LIMIT = Duration.ofSeconds(18);

    private final ServiceManager manager;
    private final PrintWriter err;
    private final List<Closeable> parts = new CopyOnWriteArrayList<>();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean ended;

    StopSignal(ServiceManager manager, PrintWriter err) {
        this.manager = manager;
        this.err = err;
    }

    /** From now on SIGTERM and Ctrl-C stop in order. */
    void heed() {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::stop));
    }

    /** Closed at the signal, in the order of the calls. */
    void closes(Closeable part) {
        parts.add(part);
    }

    /** The start has ended; returns when all parts are closed. */
    void await() throws InterruptedException {
        begun.countDown();
        stopped.await();
    }

    @Override
    public void close() {
        ended = true;
        begun.countDown();
    }

    private void stop() {
        manager.stopping();
        int code = ExitCode.OK;
        Thread.ofPlatform().daemon().name("stop-limit").start(this::haltLate);
        try {
            begun.await();
            for (Closeable part : parts) {
                part.close();
            }
        } catch (IOException | InterruptedException e) {
            err.println("holdfast: stopping failed: " + e.getMessage());
            err.flush();
            code = ExitCode.FAILED;
        }
        boolean own = ended;
        stopped.countDown();
        if (!own) {
            // A signal is how an appliance is stopped: the JVM would end with 128 and its number.
            Runtime.getRuntime().halt(code);
        }
    }

    /** What was acknowledged is on stable storage, as after a power cut: nothing that hangs is worth waiting for. */
    private void haltLate() {
        try {
            Thread.sleep(LIMIT);
        } catch (InterruptedException e) {
            return;
        }
        String text = "stopping took longer than " + LIMIT.toSeconds()
                + " s and was broken off; nothing acknowledged is lost, and the next start looks through open containers";
        LOG.log(System.Logger.Level.ERROR, text);
        err.println("holdfast: " + text);
        err.flush();
        Runtime.getRuntime().halt(ExitCode.FAILED);
    }
}
