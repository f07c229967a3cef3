package dev.holdfast.agent.backup;

/**
 * Limits what a backup takes of its machine and network.
 *
 * @param reading passed by every byte that is read
 * @param sending passed by every byte of chunks that is sent
 * @param compressors threads that compress
 */
public record Throttle(Pace reading, Pace sending, int compressors) {
    /** No limits: every processor, and as fast as disks and network go. */
    public static final Throttle NONE = new Throttle(
            Pace.unlimited(), Pace.unlimited(), Runtime.getRuntime().availableProcessors());

    /** Threads that help the readers of large files, beside those that compress and send. */
    int helpers() {
        return Math.max(1, compressors - 2);
    }
}
