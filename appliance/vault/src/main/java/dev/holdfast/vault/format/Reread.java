package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Bytes may be spoiled on the way as well as where they lie: what does not fit is asked for again, a few times, and
 * then read from the second copy where there is one.
 */
final class Reread {
    private static final int ATTEMPTS = 3;

    private Reread() {}

    interface Reading<T> {
        T from(String key) throws IOException;
    }

    /** @param keys of the copies, of which the first that can be read counts */
    static <T> T until(List<String> keys, Reading<T> reading) throws IOException {
        @Nullable IOException failure = null;
        for (String key : keys) {
            try {
                return until(key, reading);
            } catch (IOException e) {
                // One that seems to be of a newer release may be damaged as well.
                if (!damaged(e) && !(e instanceof FormatException)) {
                    throw e;
                }
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        throw Objects.requireNonNull(failure);
    }

    private static <T> T until(String key, Reading<T> reading) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return reading.from(key);
            } catch (FormatException e) {
                if (attempt == ATTEMPTS || e.problem() != FormatException.Problem.CORRUPT) {
                    throw e;
                }
            }
        }
    }

    /** Whether it tells that an object is missing or damaged, rather than that the store cannot be reached. */
    static boolean damaged(IOException e) {
        return switch (e) {
            case FormatException format -> format.problem() == FormatException.Problem.CORRUPT;
            case ObjectStoreException spoken -> spoken.kind() == Kind.NOT_FOUND || spoken.kind() == Kind.CORRUPT;
            default -> false;
        };
    }
}
