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

    /** They read and hash more than the one thread that finds the cuts can. */
    private static final int MOST_HELPERS = 6;

    /** Threads that help the readers of large files, beside those that compress and send. */
    int helpers() {
        return Math.clamp(compressors - 2, 1, MOST_HELPERS);
    }
}
