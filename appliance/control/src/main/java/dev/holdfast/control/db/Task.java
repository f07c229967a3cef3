package dev.holdfast.control.db;

import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
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
 * @param phrase the reason for other languages; null where it has no code
 * @param bytes received from the node
 * @param plan that it runs for, if any
 * @param pace of the step
 * @param figures what the node did so far, as it tells; null where it does not
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
        @Nullable Phrase phrase,
        long chunks,
        long bytes,
        @Nullable String snapshot,
        @Nullable String plan,
        boolean paused,
        TaskPace pace,
        @Nullable Figures figures) {
    /** Steps that count bytes say so. */
    private static final String BYTES = "bytes ";

    /**
     * What a node did for a task so far.
     *
     * @param files that it looked at
     * @param scanned bytes of these files' content
     * @param transferred bytes that went over the network
     * @param path the file that it looked at last; empty for none, and once the task has ended
     */
    public record Figures(long files, long scanned, long transferred, String path) {}

    /** The reason as a part of another text. */
    public Phrase why() {
        return phrase == null ? Phrase.plain(reason) : phrase;
    }

    public boolean is(TaskKind wanted) {
        return kind.equals(wanted.text());
    }

    private boolean goesOn() {
        return state == TaskState.RUNNING && !paused;
    }

    /** Seconds that the rest of the step will take, by its pace; -1 where it cannot be told. */
    public long etaSeconds(Instant now) {
        return goesOn() ? pace.etaSeconds(done, total, now) : -1;
    }

    /** How fast the step goes on; -1 where it cannot be told, and of a step that does not count bytes. */
    public long bytesPerSecond(Instant now) {
        return goesOn() && step.startsWith(BYTES) ? Math.round(pace.now(now)) : -1;
    }
}
