package dev.holdfast.control.fair;

import java.io.IOException;

/** More is asked for at this moment than there is room for. The message says of what, and what to do. */
public final class BusyException extends IOException {
    public BusyException(String message) {
        super(message);
    }
}
