package dev.holdfast.control.db;

import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A task as it is stored, whatever its kind: one that this release does not know, or cannot read, is listed like any other.
 *
 * @param node its name, empty for the appliance's own
 * @param kind the name of a {@link TaskKind}, or of one that only another release knows
 * @param argument the specification as {@link dev.holdfast.control.taskspec.TaskSpecCodec} stores it; lists of tasks have <code>{}</code> for a long one
 * @param step what it is doing, {@code done} of {@code total} since {@code stepAt}
 * @param result JSON
 * @param reason why it failed or ended early
 * @param bytes received from the node
 * @param plan that it runs for, if any
 */
public record Task(
        long id,
        String node,
        String kind,
        String description,
        String argument,
        TaskState state,
        String requestedBy,
        Instant queuedAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        String step,
        long done,
        long total,
        @Nullable Instant stepAt,
        String result,
        String reason,
        long chunks,
        long bytes,
        @Nullable String snapshot,
        @Nullable String plan,
        boolean paused) {
    public boolean is(TaskKind wanted) {
        return kind.equals(wanted.text());
    }

    /** Seconds that the step will take by its rate so far, -1 where it cannot be told. */
    public long etaSeconds(Instant now) {
        long millis = state != TaskState.RUNNING || stepAt == null ? 0 : now.toEpochMilli() - stepAt.toEpochMilli();
        if (done <= 0 || total <= done || millis <= 0) {
            return -1;
        }
        return (long) (millis / 1000.0 / done * (total - done));
    }
}
