package dev.holdfast.hardware.parse;

import dev.holdfast.hardware.part.PartState;

/** How much of its write endurance a disk has used. */
final class Wear {
    private static final int WORN_PERCENT = 80;
    private static final int WORN_OUT_PERCENT = 95;

    private Wear() {}

    /** @param left percent, in digits */
    static int used(String left) {
        return Math.clamp(100 - Integer.parseInt(left), 0, 100);
    }

    /** Disks may go on when it is used up: more than 100 % is said, too. */
    static PartState state(int percent) {
        return percent >= WORN_OUT_PERCENT
                ? PartState.FAILED
                : percent >= WORN_PERCENT ? PartState.WARNING : PartState.OK;
    }

    /** Empty where it is no cause for concern. */
    static String words(int percent) {
        return percent >= WORN_PERCENT ? percent + " % of its write endurance is used" : "";
    }
}
