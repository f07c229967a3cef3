package dev.holdfast.agent.progress;

import dev.holdfast.protocol.wire.Message;
import org.jspecify.annotations.Nullable;

/**
 * How far an operation is.
 *
 * @param text what it does now, or what else there is to show
 * @param done bytes so far
 * @param total bytes in all, 0 where that is unknown
 * @param figures what it did so far; null where there are none
 */
public record Progress(String text, long done, long total, Message.@Nullable Figures figures) {
    public static final Progress NONE = step("");

    /** Without figures. */
    public Progress(String text, long done, long total) {
        this(text, done, total, null);
    }

    /** A step of which no progress is known. */
    public static Progress step(String text) {
        return new Progress(text, 0, 0);
    }

    /**
     * An operation that goes on: as long as it does, it is never complete. Where it did more than was expected of it, nobody
     * knows any more how much there is to do.
     *
     * @param expected bytes in all, 0 where that is unknown
     */
    public static Progress towards(String text, long done, long expected, Message.@Nullable Figures figures) {
        if (expected <= 0 || done > expected) {
            return new Progress(text, done, 0, figures);
        }
        return new Progress(text, Math.min(done, expected - 1), expected, figures);
    }
}
