package dev.holdfast.control.usecase;

import java.io.IOException;

/** Why a use case did not do what was asked. Nothing was changed. The message is for the one who asked. */
public final class UseCaseException extends IOException {
    /** What kind of reason it is: the API maps it to a status, commands to an exit code. */
    public enum Reason {
        /** The request itself is wrong. */
        INVALID,
        /** What was named does not exist, or the actor may not see it. */
        NOT_FOUND,
        /** The actor may not do this. */
        FORBIDDEN,
        /** The state of things forbids it. */
        CONFLICT,
        /** It is already as asked, so that there is nothing to change. */
        UNCHANGED,
        /** Data lie in an archive class of the vault and must thaw first. */
        FROZEN,
        /** Stored data are damaged. */
        DAMAGED,
        /** A running appliance does this, and it does not run. */
        NOT_RUNNING,
        /** Another process uses the data directory, and is not an appliance that could be asked. */
        IN_USE,
        /** Something outside the appliance failed, such as a bucket or a mail server; a later attempt may succeed. */
        UNAVAILABLE
    }

    private final Reason reason;

    private UseCaseException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    public static UseCaseException invalid(String message) {
        return new UseCaseException(Reason.INVALID, message);
    }

    public static UseCaseException notFound(String message) {
        return new UseCaseException(Reason.NOT_FOUND, message);
    }

    public static UseCaseException forbidden(String message) {
        return new UseCaseException(Reason.FORBIDDEN, message);
    }

    public static UseCaseException conflict(String message) {
        return new UseCaseException(Reason.CONFLICT, message);
    }

    public static UseCaseException unchanged(String message) {
        return new UseCaseException(Reason.UNCHANGED, message);
    }

    public static UseCaseException frozen(String message) {
        return new UseCaseException(Reason.FROZEN, message);
    }

    public static UseCaseException damaged(String message) {
        return new UseCaseException(Reason.DAMAGED, message);
    }

    public static UseCaseException notRunning(String message) {
        return new UseCaseException(Reason.NOT_RUNNING, message);
    }

    public static UseCaseException inUse(String message) {
        return new UseCaseException(Reason.IN_USE, message);
    }

    public static UseCaseException unavailable(String message) {
        return new UseCaseException(Reason.UNAVAILABLE, message);
    }
}
