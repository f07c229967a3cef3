package dev.holdfast.agent.restore;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The target can take nothing any more, so that going on makes no sense: it is full, read-only, broken or gone. */
public final class TargetFailedException extends IOException {
    TargetFailedException(String message, @Nullable IOException cause) {
        super(message, cause);
    }
}
