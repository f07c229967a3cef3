package dev.holdfast.control.db;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How fast the step of a task goes on. The rate follows the last reports: older ones count less and less, so that it does not
 * jump with each report, and what went on faster before does not promise an end that nobody sees.
 *
 * @param perSecond what is done in a second, negative where it is not known
 * @param toldAt when the task last told how far it is; null for never
 */
public record TaskPace(double perSecond, @Nullable Instant toldAt) {
    static final TaskPace UNKNOWN = new TaskPace(-1, null);
    /** Of reports; those of a whole window ago count about a third. */
    private static final Duration WINDOW = Duration.ofSeconds(30);

    /** A task that told nothing for so long may stand still. */
    private static final Duration SILENCE = Duration.ofMinutes(1);

    /** As the first report of a step has it: one report tells no rate. */
    static TaskPace begin(Instant now) {
        return new TaskPace(-1, now);
    }

    /** With a further report of the same step. */
    TaskPace next(long doneBefore, long done, Instant now) {
        if (toldAt == null || done < doneBefore || toldAt.plus(SILENCE).isBefore(now)) {
            // It began anew, as a backup does after a lost connection, or stood still.
            return begin(now);
        }
        double seconds = Duration.between(toldAt, now).toMillis() / 1000.0;
        if (seconds <= 0) {
            return this;
        }
        double fresh = ((double) done - doneBefore) / seconds;
        double weight = perSecond < 0 ? 1 : 1 - Math.exp(-seconds * 1000 / WINDOW.toMillis());
        return new TaskPace(Math.max(0, (perSecond < 0 ? 0 : perSecond * (1 - weight)) + weight * fresh), now);
    }

    /** What is done in a second at this moment, -1 where it is not known. */
    double now(Instant now) {
        return toldAt == null || toldAt.plus(SILENCE).isBefore(now) ? -1 : perSecond;
    }

    /** Seconds that the rest takes at this rate, -1 where nobody can tell. */
    long etaSeconds(long done, long total, Instant now) {
        double rate = now(now);
        if (rate <= 0 || total <= done) {
            return -1;
        }
        double seconds = ((double) total - done) / rate;
        return seconds > Duration.ofDays(365).toSeconds() ? -1 : Math.round(seconds);
    }
}
