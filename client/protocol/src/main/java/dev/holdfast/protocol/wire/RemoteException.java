package dev.holdfast.protocol.wire;

import java.io.IOException;

/** A request refused: thrown at the appliance to refuse, and at the agent when refused. */
public final class RemoteException extends IOException {
    private final ErrorCode code;

    public RemoteException(ErrorCode code, String message) {
        super(message);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
