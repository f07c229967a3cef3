package dev.holdfast.api;

import java.io.IOException;

/** What went wrong with a call, told as application/problem+json (RFC 9457). */
final class Problem extends IOException {
    private final int status;
    private final String type;

    Problem(int status, String type, String detail) {
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

    static Problem notFound(String what) {
        return new Problem(404, "not-found", what);
    }

    static Problem invalid(String what) {
        return new Problem(400, "invalid", what);
    }

    static Problem conflict(String what) {
        return new Problem(409, "conflict", what);
    }
}
