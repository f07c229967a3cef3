package dev.holdfast.protocol.nbd;

import java.io.IOException;

/**
 * A request that failed with an error of the protocol, over a connection that goes on. A client throws it for what a server
 * answered. An {@link NbdExport} or {@link NbdExports} throws it to choose the error and the message that the client gets.
 */
public final class NbdException extends IOException {
    private final NbdError error;

    /** @param message for people; to a client it is cut to 4,096 bytes */
    public NbdException(NbdError error, String message) {
        super(message);
        this.error = error;
    }

    public NbdError error() {
        return error;
    }
}
