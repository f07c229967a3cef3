package dev.holdfast.agent.restore;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The target can take nothing any more, so that going on makes no sense: it is full, read-only, broken or gone. */
public final class TargetFailedException extends PhrasedException {
    TargetFailedException(Phrase reason, @Nullable IOException cause) {
        super(reason, cause);
    }
}
