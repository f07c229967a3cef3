package dev.holdfast.control.usecase;

import dev.holdfast.control.db.Task;
import dev.holdfast.control.db.TaskTable;
import dev.holdfast.control.taskspec.TaskState;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A task as it is shown.
 *
 * @param node its name, empty for the appliance's own
 * @param argument JSON; <code>{}</code> in lists for a long one
 * @param step what it is doing, {@code done} of {@code total} since {@code stepAt}
 * @param result JSON; <code>{}</code> in lists for a long one
 * @param reason why it failed or ended early
 * @param bytes received from the node
 * @param plan that it runs for, if any
 */
public record TaskView(
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
    /** A line of a task's log. */
    public record Line(Instant at, String text) {
        static Line of(TaskTable.Line line) {
            return new Line(line.at(), line.text());
        }
    }

    static TaskView of(Task task) {
        return new TaskView(
                task.id(),
                task.node(),
                task.kind(),
                task.description(),
                task.argument(),
                task.state(),
                task.requestedBy(),
                task.queuedAt(),
                task.startedAt(),
                task.finishedAt(),
                task.step(),
                task.done(),
                task.total(),
                task.stepAt(),
                task.result(),
                task.reason(),
                task.chunks(),
                task.bytes(),
                task.snapshot(),
                task.plan(),
                task.paused());
    }

    /** The same without what it is about: who asked for what kind of task, and how far it is. */
    TaskView redacted() {
        return new TaskView(
                id,
                node,
                kind,
                "",
                "{}",
                state,
                requestedBy,
                queuedAt,
                startedAt,
                finishedAt,
                "",
                done,
                total,
                stepAt,
                "{}",
                "",
                chunks,
                bytes,
                null,
                plan,
                paused);
    }
}
