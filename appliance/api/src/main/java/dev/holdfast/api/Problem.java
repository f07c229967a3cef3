package dev.holdfast.api;

import dev.holdfast.control.access.SignInRefusedException;
import dev.holdfast.control.fair.BusyException;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import org.jspecify.annotations.Nullable;

/** What went wrong with a call, told as application/problem+json (RFC 9457). */
final class Problem extends PhrasedException {
    private final int status;
    private final String type;

    Problem(int status, String type, Phrase detail) {
        super(detail);
        this.status = status;
        this.type = type;
    }

    int status() {
        return status;
    }

    /** A word for programs. */
    String type() {
        return type;
    }

    /** What a use case refused, as a problem. */
    private static Problem of(UseCaseException refused) {
        Phrase message = refused.phrase();
        return switch (refused.reason()) {
            case INVALID -> invalid(message);
            case NOT_FOUND -> notFound(message);
            case FORBIDDEN -> new Problem(403, "forbidden", message);
            case CONFLICT -> conflict(message);
            case UNCHANGED -> new Problem(409, "unchanged", message);
            case FROZEN -> new Problem(409, "frozen", message);
            case DAMAGED -> new Problem(409, "damaged", message);
            case NOT_RUNNING -> new Problem(409, "not-running", message);
            case IN_USE -> new Problem(409, "in-use", message);
            case UNAVAILABLE -> new Problem(502, "unavailable", message);
        };
    }

    /** What a call was refused for, as a problem; null for a failure of the appliance. */
    static @Nullable Problem of(Exception e) {
        Phrase message = Phrase.why(e);
        return switch (e) {
            case Problem problem -> problem;
            case UseCaseException refused -> of(refused);
            case SignInRefusedException refused ->
                new Problem(401, refused.secondFactor() ? "second-factor" : "refused", message);
            case FormatException damaged
            when damaged.problem() == FormatException.Problem.CORRUPT -> new Problem(500, "damaged", message);
            case BusyException busy -> new Problem(503, "busy", message);
            case IllegalArgumentException wrong -> invalid(message);
            default -> null;
        };
    }

    static Problem notFound(Phrase what) {
        return new Problem(404, "not-found", what);
    }

    static Problem invalid(Phrase what) {
        return new Problem(400, "invalid", what);
    }

    private static Problem conflict(Phrase what) {
        return new Problem(409, "conflict", what);
    }
}
