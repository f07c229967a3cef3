package dev.holdfast.hardware.part;

import java.util.Locale;

/** How well a part is. */
public enum PartState {
    /** A tool said so. */
    OK,
    /** Works, but is not as it should be, or is being repaired. */
    WARNING,
    /** Failed, about to fail, or without the redundancy that it should have. */
    FAILED,
    /** Nothing said how it is. */
    UNKNOWN,
    /** Should be there and is not. */
    ABSENT;

    /** As it is stored and sent. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether an administrator must act now. */
    public boolean bad() {
        return this == FAILED || this == ABSENT;
    }

    /** The one of two that matters more. */
    public PartState worse(PartState other) {
        return rank() >= other.rank() ? this : other;
    }

    private int rank() {
        return switch (this) {
            case OK -> 0;
            case UNKNOWN -> 1;
            case WARNING -> 2;
            case ABSENT -> 3;
            case FAILED -> 4;
        };
    }
}
