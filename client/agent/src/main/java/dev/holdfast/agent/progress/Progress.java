package dev.holdfast.agent.progress;

/**
 * How far an operation is.
 *
 * @param text what it does now, or what else there is to show
 * @param done bytes so far
 * @param total bytes in all, 0 where that is unknown
 */
public record Progress(String text, long done, long total) {
    public static final Progress NONE = new Progress("", 0, 0);

    /** A step of which no progress is known. */
    public static Progress step(String text) {
        return new Progress(text, 0, 0);
    }
}
