package dev.holdfast.agent.cli;

import dev.holdfast.agent.image.DiskRestore;
import dev.holdfast.agent.image.DiskTarget;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;

/**
 * Restores one disk of a snapshot, with progress.
 *
 * @param prefix what chunks of this node begin with in front of what was read
 * @param quiet whether no progress is shown
 */
record DiskJob(Appliance appliance, RemoteManifest manifest, TreePath disk, long size, byte[] prefix, boolean quiet) {
    private static final int STREAMS = 2;

    /** @param target for messages */
    void restore(DiskTarget opened, String target, boolean verify, DiskRestore.Stats stats) throws IOException {
        through(opened, opened.present(), DiskRestore.Mode.WRITE, stats, "restored");
        if (verify) {
            DiskRestore.Stats again = new DiskRestore.Stats();
            through(opened, size, DiskRestore.Mode.COMPARE, again, "verified");
            if (again.differed.sum() > 0) {
                throw FormatException.corrupt(target + " has other content than was written, in "
                        + Output.bytes(again.differed.sum()) + "; do not use it, and check the device");
            }
        }
    }

    /** Counts what differs. */
    void compare(DiskTarget opened, DiskRestore.Stats stats) throws IOException {
        through(opened, opened.present(), DiskRestore.Mode.COMPARE, stats, "compared");
    }

    private void through(DiskTarget opened, long present, DiskRestore.Mode mode, DiskRestore.Stats stats, String done)
            throws IOException {
        try (DiskRestore restore = new DiskRestore(
                        appliance, manifest, disk, opened.file(), present, prefix, STREAMS, mode, stats);
                ProgressLine progress = new ProgressLine(
                        quiet,
                        () -> Progress.towards(
                                done + ", " + Output.bytes(stats.differed.sum()) + " differed",
                                stats.done.sum(),
                                size,
                                null))) {
            restore.run();
            progress.close();
        }
    }
}
