package dev.holdfast.agent.remote;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** The appliance cannot be reached or went away. Nothing acknowledged is lost: trying again goes on from there. */
public final class ConnectionLostException extends PhrasedException {
    public ConnectionLostException(Phrase reason, Throwable cause) {
        super(reason, cause);
    }
}
