package dev.holdfast.agent.restore;

import java.util.Locale;

/** What a restore does about a file that is there already. */
public enum Overwrite {
    /**
     * Read it and compare it with the snapshot; replace it where a byte differs, and set its attributes where one differs.
     * Repeating a restore resumes it.
     */
    IF_CHANGED,
    /** As {@link #IF_CHANGED}, but believe that the content is right where size and modification time are the snapshot's. */
    QUICK,
    /** Leave it, with its attributes, where it is as new as the snapshot's or newer; else as {@link #IF_CHANGED}. */
    IF_NEWER,
    /** Write it anew without reading it. */
    ALWAYS,
    /** Leave it, and say so. */
    NEVER;

    /** @param name as the command line has it */
    public static Overwrite named(String name) {
        for (Overwrite policy : values()) {
            if (policy.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(name.toLowerCase(Locale.ROOT))) {
                return policy;
            }
        }
        throw new IllegalArgumentException(
                "--overwrite is if-changed, quick, if-newer, always or never, not '" + name + "'");
    }
}
