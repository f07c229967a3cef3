package dev.holdfast.protocol.phrase;

import java.io.IOException;

/** Something failed, for a reason that people read in their language. */
public class PhrasedException extends IOException implements Phrased {
    private final transient Phrase phrase;

    public PhrasedException(Phrase phrase) {
        super(phrase.english());
        this.phrase = phrase;
    }

    public PhrasedException(Phrase phrase, Throwable cause) {
        super(phrase.english(), cause);
        this.phrase = phrase;
    }

    @Override
    public final Phrase phrase() {
        return phrase;
    }
}
