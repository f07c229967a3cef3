package dev.holdfast.agent.restore;

import java.util.Locale;

/** What a restore does about a file that is there already. */
public enum Overwrite {
    /** Leave it where size and modification time are the snapshot's, else replace it. Repeating a restore resumes it. */
    IF_CHANGED,
    /** Replace it where the snapshot's is newer. */
    IF_NEWER,
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
        throw new IllegalArgumentException("--overwrite is if-changed, if-newer, always or never, not '" + name + "'");
    }
}
