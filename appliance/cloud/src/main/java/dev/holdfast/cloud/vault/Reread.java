package dev.holdfast.cloud.vault;

import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;

/** Bytes may be spoiled on the way as well as where they lie: what does not fit is asked for again, a few times. */
final class Reread {
    private static final int ATTEMPTS = 3;

    private Reread() {}

    interface Reading<T> {
        T run() throws IOException;
    }

    static <T> T until(Reading<T> reading) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return reading.run();
            } catch (FormatException e) {
                if (attempt == ATTEMPTS || e.problem() != FormatException.Problem.CORRUPT) {
                    throw e;
                }
            }
        }
    }
}
