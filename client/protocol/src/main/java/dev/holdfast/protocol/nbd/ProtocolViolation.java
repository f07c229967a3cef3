package dev.holdfast.protocol.nbd;

import java.io.IOException;

/** The other side sent what the protocol does not allow, so that the connection cannot go on. The message says what. */
final class ProtocolViolation extends IOException {
    ProtocolViolation(String message) {
        super(message);
    }
}
