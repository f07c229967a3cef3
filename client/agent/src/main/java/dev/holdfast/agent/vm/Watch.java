package dev.holdfast.agent.vm;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Looks whether the content that a backup reads is still that of the moment, and whether there is space for what the machine overwrites. */
final class Watch {
    private static final long LOOK_MILLIS = 100;

    private final Path scratch;
    private final Check moment;
    private final int looks;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable IOException failure;

    /** Asks the machine. */
    interface Check {
        /** @throws IOException where the content may not be that of the moment any more */
        void run() throws IOException;
    }

    /**
     * @param scratch directory for what the machine overwrites
     * @param looks the machine is asked at every so many looks, ten a second
     */
    Watch(Path scratch, Check moment, int looks) {
        this.scratch = scratch;
        this.moment = moment;
        this.looks = looks;
    }

    /** Where something is wrong, calls {@code end}. */
    void start(Runnable end) {
        Thread.ofPlatform().daemon().name("machine-watch").start(() -> {
            try {
                for (int look = 1; !ended.await(LOOK_MILLIS, TimeUnit.MILLISECONDS); look++) {
                    if (look % looks == 0) {
                        check();
                    }
                    Scratch.requireSpace(scratch);
                }
            } catch (IOException e) {
                if (ended.getCount() > 0) {
                    failure = e;
                    end.run();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
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
