package dev.holdfast.control.access;

import java.io.IOException;

/** A sign-in, or a proof, was refused. The message is for everybody: it reveals nothing about the user. */
public final class SignInRefusedException extends IOException {
    private final boolean secondFactor;

    SignInRefusedException(String message, boolean secondFactor) {
        super(message);
        this.secondFactor = secondFactor;
    }

    /** Whether the password was right and a code is required. */
    public boolean secondFactor() {
        return secondFactor;
    }
}
