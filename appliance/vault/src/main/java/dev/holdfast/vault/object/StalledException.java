package dev.holdfast.vault.object;

import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/** A deadline of progress passed: see {@link Patience}. The message says what was waited for, and how long. */
public final class StalledException extends SocketException {
    public StalledException(String message) {
        super(message);
    }

    /** The stall that caused a failure, if any. */
    public static @Nullable StalledException in(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof StalledException stalled) {
                return stalled;
            }
        }
        return null;
    }
}
