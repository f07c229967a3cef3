package dev.holdfast.control.usecase;

import dev.holdfast.control.db.Task;
import dev.holdfast.control.db.TaskTable;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
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
 * @param phrase the reason for other languages; null where it has no code
 * @param bytes received from the node
 * @param plan that it runs for, if any
 * @param etaSeconds that the rest of the step takes at its present rate, -1 where it is not known
 * @param bytesPerSecond of the step, -1 where it is not known or the step does not count bytes
 * @param figures what the node did so far; null where it does not tell
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
        @Nullable Phrase phrase,
        long chunks,
        long bytes,
        @Nullable String snapshot,
        @Nullable String plan,
        boolean paused,
        long etaSeconds,
        long bytesPerSecond,
        @Nullable Figures figures) {
    /**
     * What a node did for a task so far.
     *
     * @param files that it looked at
     * @param scanned bytes of these files' content
     * @param transferred bytes that went over the network, from or to the appliance
     * @param path the file that it looked at last; empty for none, and once the task has ended
     */
    public record Figures(long files, long scanned, long transferred, String path) {
        static @Nullable Figures of(Task.@Nullable Figures figures) {
            return figures == null
                    ? null
                    : new Figures(figures.files(), figures.scanned(), figures.transferred(), figures.path());
        }
    }

    /** A line of a task's log. */
    public record Line(Instant at, String text, @Nullable Phrase phrase) {
        static Line of(TaskTable.Line line) {
            return new Line(line.at(), line.text(), line.phrase());
        }
    }

    static TaskView of(Task task) {
        Instant now = Instant.now();
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
                task.phrase(),
                task.chunks(),
                task.bytes(),
                task.snapshot(),
                task.plan(),
                task.paused(),
                task.etaSeconds(now),
                task.bytesPerSecond(now),
                Figures.of(task.figures()));
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
                null,
                chunks,
                bytes,
                null,
                plan,
                paused,
                etaSeconds,
                bytesPerSecond,
                null);
    }
}
