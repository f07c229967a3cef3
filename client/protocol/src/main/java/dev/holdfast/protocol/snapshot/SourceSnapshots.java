package dev.holdfast.protocol.snapshot;

/**
 * Snapshots of what a backup reads: of file systems, or of the volumes that disks are. They exist while it runs.
 *
 * @param percent of its origin that a snapshot of an LVM volume may take for what is changed meanwhile; of no effect elsewhere
 */
public record SourceSnapshots(SnapshotMode mode, int percent) {
    public static final int DEFAULT_PERCENT = 10;
    public static final int MAX_PERCENT = 100;
    public static final SourceSnapshots NONE = new SourceSnapshots(SnapshotMode.NONE, DEFAULT_PERCENT);

    /** @throws IllegalArgumentException where the share is none */
    public SourceSnapshots {
        if (percent < 1 || percent > MAX_PERCENT) {
            throw new IllegalArgumentException("a snapshot takes 1 to " + MAX_PERCENT + " % of its origin");
        }
        if (mode == SnapshotMode.NONE) {
            percent = DEFAULT_PERCENT;
        }
    }
}
