package dev.holdfast.agent.vm;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Looks whether the content that a backup reads is still that of the moment, and whether there is space for what the machine overwrites. */
final class Watch {
    private static final Duration LOOK = Duration.ofMillis(100);

    private final Path scratch;
    private final Check moment;
    private final Duration every;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable IOException failure;

    /** Asks the machine. */
    interface Check {
        /** @throws IOException where the content may not be that of the moment any more */
        void run() throws IOException;
    }

    /**
     * @param scratch directory for what the machine overwrites
     * @param every between two questions to the machine
     */
    Watch(Path scratch, Check moment, Duration every) {
        this.scratch = scratch;
        this.moment = moment;
        this.every = every;
    }

    /** Where something is wrong, calls {@code end}. The machine may take long to answer, and the space be gone meanwhile. */
    void start(Runnable end) {
        start("machine-watch", every, this::check, end);
        start("scratch-watch", LOOK, () -> Scratch.requireSpace(scratch), end);
    }

    private void start(String name, Duration pause, Check look, Runnable end) {
        Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                while (!ended.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    look.run();
                }
            } catch (IOException e) {
                fail(e, end);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private synchronized void fail(IOException e, Runnable end) {
        if (ended.getCount() > 0 && failure == null) {
            failure = e;
            end.run();
        }
    }

    /** @throws IOException where what was read since the last time may not be what the disks had at the moment */
    void check() throws IOException {
        throwIfFailed();
        moment.run();
    }

    /** What made the content useless, if something did. */
    void throwIfFailed() throws IOException {
        IOException cause = failure;
        if (cause != null) {
            throw new IOException(cause.getMessage(), cause);
        }
    }

    /** Nobody reads any more. */
    void end() {
        ended.countDown();
    }
}
