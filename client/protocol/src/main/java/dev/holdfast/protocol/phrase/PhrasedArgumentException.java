package dev.holdfast.protocol.phrase;

import org.jspecify.annotations.Nullable;

/** Something that was given or asked for is wrong, for a reason that people read in their language. */
public final class PhrasedArgumentException extends IllegalArgumentException implements Phrased {
    private final transient Phrase phrase;

    public PhrasedArgumentException(Phrase phrase) {
        super(phrase.english());
        this.phrase = phrase;
    }

    public PhrasedArgumentException(Phrase phrase, @Nullable Throwable cause) {
        super(phrase.english(), cause);
        this.phrase = phrase;
    }

    @Override
    public Phrase phrase() {
        return phrase;
    }
}
