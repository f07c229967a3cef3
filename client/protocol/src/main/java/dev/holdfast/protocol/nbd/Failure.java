package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a client is told of an exception of an export.
 *
 * @param message null if it is not for the client
 */
record Failure(NbdError error, @Nullable String message) {
    /** What the JDK's exceptions say, as the system does, where the specification wants ENOSPC: ENOSPC, EDQUOT, EFBIG. */
    private static final String[] NO_SPACE = {"No space left", "Disk quota exceeded", "File too large"};

    static Failure of(Throwable e) {
        if (e instanceof NbdException chosen) {
            return new Failure(chosen.error(), chosen.getMessage());
        }
        String said = String.valueOf(e.getMessage());
        boolean full = e instanceof IOException && Stream.of(NO_SPACE).anyMatch(said::contains);
        return new Failure(full ? NbdError.NO_SPACE : NbdError.IO, null);
    }
}
