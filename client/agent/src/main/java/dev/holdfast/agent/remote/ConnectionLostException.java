package dev.holdfast.agent.remote;

import java.io.IOException;

/** The appliance cannot be reached or went away. Nothing acknowledged is lost: trying again goes on from there. */
public final class ConnectionLostException extends IOException {
    public ConnectionLostException(String message, Throwable cause) {
        super(message, cause);
    }
}
