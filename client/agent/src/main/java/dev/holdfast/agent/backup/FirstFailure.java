package dev.holdfast.agent.backup;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The first failure of a backup's threads. It interrupts the thread that builds the manifest, wherever that waits. Safe for use by
 * several threads.
 */
final class FirstFailure {
    private volatile @Nullable IOException cause;
    /** Null while there is nobody to interrupt; then failures are ignored. */
    private @Nullable Thread builder;

    /** A part of a backup that has a thread of its own. */
    interface Part {
        /** @throws InterruptedException where the backup is over */
        void run() throws IOException, InterruptedException;
    }

    /** Makes the calling thread the one that is interrupted. */
    synchronized void attach() {
        builder = Thread.currentThread();
    }

    /** Called by the thread that is attached, when it can fail no more. */
    synchronized void detach() {
        builder = null;
        // An interrupt that came too late to matter must not hit what follows.
        boolean late = Thread.interrupted();
        assert !late || cause != null;
    }

    @Nullable
    IOException cause() {
        return cause;
    }

    void throwIfFailed() throws IOException {
        IOException before = cause;
        if (before != null) {
            throw before;
        }
    }

    /**
     * Runs a part on the calling thread. What it throws makes the backup fail.
     *
     * @param what the part, as the subject of a message
     */
    void guard(String what, Part part) {
        try {
            part.run();
        } catch (IOException e) {
            fail(e);
        } catch (UncheckedIOException e) {
            // No matter of one file alone.
            fail(Objects.requireNonNull(e.getCause()));
        } catch (InterruptedException e) {
            // The backup is over.
        } catch (RuntimeException | Error e) {
            fail(new IOException(what + " failed: " + e, e));
        }
    }

    private synchronized void fail(IOException failure) {
        if (cause == null && builder != null) {
            cause = failure;
            builder.interrupt();
        }
    }
}
