package dev.holdfast.protocol.bytes;

import java.io.IOException;

/**
 * Bytes that do not follow their format. The message says what was read and where; {@link #problem()} says whether newer
 * software, older software, or none can read them.
 */
public final class FormatException extends IOException {
    /** What is wrong, in terms of what to do next. */
    public enum Problem {
        /** Damaged or forged: restore it from another copy. */
        CORRUPT,
        /** Written by a newer release: upgrade. */
        TOO_NEW,
        /** Written by a release this one no longer reads. */
        TOO_OLD
    }

    private final Problem problem;

    private FormatException(Problem problem, String message) {
        super(message);
        this.problem = problem;
    }

    public static FormatException corrupt(String message) {
        return new FormatException(Problem.CORRUPT, message);
    }

    public static FormatException tooNew(String message) {
        return new FormatException(Problem.TOO_NEW, message);
    }

    /** Checks a version number that one reader understands. */
    public static void requireVersion(String what, int found, int supported) throws FormatException {
        if (found > supported) {
            throw tooNew(what + " has version " + found + ", this release reads up to " + supported);
        }
        if (found < 1) {
            throw new FormatException(Problem.TOO_OLD, what + " has version " + found + ", which was never released");
        }
    }

    public Problem problem() {
        return problem;
    }
}
