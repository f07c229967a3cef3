package dev.holdfast.control.access;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** A sign-in, or a proof, was refused. The message is for everybody: it reveals nothing about the user. */
public final class SignInRefusedException extends PhrasedException {
    private final boolean secondFactor;

    SignInRefusedException(Phrase why, boolean secondFactor) {
        super(why);
        this.secondFactor = secondFactor;
    }

    /** Whether the password was right and a code is required. */
    public boolean secondFactor() {
        return secondFactor;
    }
}
