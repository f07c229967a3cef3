package dev.holdfast.control.usecase;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;

/** Why a use case did not do what was asked. Nothing was changed. The message is for the one who asked. */
public final class UseCaseException extends PhrasedException {
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

    private UseCaseException(Reason reason, Phrase why) {
        super(why);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }

    public static UseCaseException invalid(Phrase why) {
        return new UseCaseException(Reason.INVALID, why);
    }

    public static UseCaseException invalid(String message) {
        return invalid(Phrase.plain(message));
    }

    public static UseCaseException notFound(Phrase why) {
        return new UseCaseException(Reason.NOT_FOUND, why);
    }

    public static UseCaseException notFound(String message) {
        return notFound(Phrase.plain(message));
    }

    public static UseCaseException forbidden(Phrase why) {
        return new UseCaseException(Reason.FORBIDDEN, why);
    }

    public static UseCaseException forbidden(String message) {
        return forbidden(Phrase.plain(message));
    }

    public static UseCaseException conflict(Phrase why) {
        return new UseCaseException(Reason.CONFLICT, why);
    }

    public static UseCaseException conflict(String message) {
        return conflict(Phrase.plain(message));
    }

    public static UseCaseException unchanged(Phrase why) {
        return new UseCaseException(Reason.UNCHANGED, why);
    }

    public static UseCaseException unchanged(String message) {
        return unchanged(Phrase.plain(message));
    }

    public static UseCaseException frozen(Phrase why) {
        return new UseCaseException(Reason.FROZEN, why);
    }

    public static UseCaseException frozen(String message) {
        return frozen(Phrase.plain(message));
    }

    public static UseCaseException damaged(Phrase why) {
        return new UseCaseException(Reason.DAMAGED, why);
    }

    public static UseCaseException damaged(String message) {
        return damaged(Phrase.plain(message));
    }

    public static UseCaseException notRunning(Phrase why) {
        return new UseCaseException(Reason.NOT_RUNNING, why);
    }

    public static UseCaseException notRunning(String message) {
        return notRunning(Phrase.plain(message));
    }

    public static UseCaseException inUse(Phrase why) {
        return new UseCaseException(Reason.IN_USE, why);
    }

    public static UseCaseException inUse(String message) {
        return inUse(Phrase.plain(message));
    }

    public static UseCaseException unavailable(Phrase why) {
        return new UseCaseException(Reason.UNAVAILABLE, why);
    }

    public static UseCaseException unavailable(String message) {
        return unavailable(Phrase.plain(message));
    }
}
