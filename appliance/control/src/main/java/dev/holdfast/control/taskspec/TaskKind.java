package dev.holdfast.control.taskspec;

import java.util.Arrays;
import java.util.Optional;

/** The kinds of tasks, by the names that the control database, events and the API have for them. */
public enum TaskKind {
    FORGET("forget"),
    RETENTION("retention"),
    RETENTION_PREVIEW("retention-preview"),
    GC("gc"),
    GC_PREVIEW("gc-preview"),
    USAGE("usage"),
    SCRUB("scrub"),
    AUDIT_PRUNE("audit-prune"),
    DRAIN("drain"),
    VOLUME_LOST("volume-lost"),
    NODE_REMOVE("node-remove"),
    UPLOAD("upload"),
    BACKUP("backup"),
    RESTORE("restore"),
    VERIFY("verify"),
    DRILL("drill"),
    BOOT("boot-drill"),
    UPGRADE("upgrade");

    private final String text;

    TaskKind(String text) {
        this.text = text;
    }

    /** The name that is stored and shown; it never changes. */
    public String text() {
        return text;
    }

    /**
     * Whether a task of the appliance's own of this kind may take days: it waits while others do their work, can be paused, and
     * resumes after a restart where it stopped.
     */
    public boolean resumes() {
        return this == DRAIN || this == VOLUME_LOST;
    }

    /** Empty where this release does not know the kind. */
    public static Optional<TaskKind> of(String text) {
        return Arrays.stream(values()).filter(kind -> kind.text.equals(text)).findFirst();
    }
}
