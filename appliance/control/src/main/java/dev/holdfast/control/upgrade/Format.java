package dev.holdfast.control.upgrade;

/**
 * The format of something in a data directory.
 *
 * @param what it is, for people
 * @param path of the file that was looked at
 * @param found its version, for people; empty where it could not be read
 * @param detail what follows from it, or what is wrong
 */
public record Format(String what, String path, String found, State state, String detail) {
    /** What this release does with it. */
    public enum State {
        /** Reads it. */
        READABLE,
        /** Upgrades it at the next start. */
        UPGRADED,
        /** Makes it again from other data, if it cannot be read. */
        DERIVED,
        /** Does not find it, which may be right. */
        MISSING,
        /** Does not read it: a newer release wrote it. */
        TOO_NEW,
        /** Does not read it: it is damaged. */
        DAMAGED
    }
}
