package dev.holdfast.protocol.phrase;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Something failed, for a reason that people read in their language. */
public class PhrasedException extends IOException implements Phrased {
    private final transient Phrase phrase;

    public PhrasedException(Phrase phrase) {
        super(phrase.english());
        this.phrase = phrase;
    }

    public PhrasedException(Phrase phrase, @Nullable Throwable cause) {
        super(phrase.english(), cause);
        this.phrase = phrase;
    }

    @Override
    public final Phrase phrase() {
        return phrase;
    }
}
