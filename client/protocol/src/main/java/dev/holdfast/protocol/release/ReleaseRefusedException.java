package dev.holdfast.protocol.release;

import java.io.IOException;

/** A package that must not be installed. The message says why, and what to do. */
public final class ReleaseRefusedException extends IOException {
    private static final long serialVersionUID = 1;

    public ReleaseRefusedException(String message) {
        super(message);
    }
}
