package dev.holdfast.control.db;

import java.io.IOException;

/** Why an enrolment was refused. */
public final class EnrolmentRefusedException extends IOException {
    private final boolean limit;

    EnrolmentRefusedException(String message, boolean limit) {
        super(message);
        this.limit = limit;
    }

    /** Whether the number of nodes is the reason, rather than the token. */
    public boolean limit() {
        return limit;
    }
}
