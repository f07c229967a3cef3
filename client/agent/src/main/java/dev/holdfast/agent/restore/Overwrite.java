package dev.holdfast.agent.restore;

/** What a restore does about a file that is there already. */
public enum Overwrite {
    /** Leave it where size and modification time are the snapshot's, else replace it. Repeating a restore resumes it. */
    IF_CHANGED,
    /** Replace it where the snapshot's is newer. */
    IF_NEWER,
    ALWAYS,
    /** Leave it, and say so. */
    NEVER
}
