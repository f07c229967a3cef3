package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.install.Installation;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import java.util.ArrayList;
import java.util.List;

/** What a backup tells the appliance of itself: the text of its task, and the summary of its snapshot. */
record BackupDescription(Platform platform, Backup.Options options, BackupStats stats, Problems problems) {
    /** Of sources that the text of a task names. */
    private static final int MAX_SOURCES_NAMED = 8;

    private static final int MAX_TEXT = 1000;
    /** The appliance takes descriptions of 128 KiB. */
    private static final int MAX_MOUNTS_TOLD = 64;

    private static final int MAX_MOUNT_BYTES = 16 << 10;

    /** For the appliance's list of tasks. */
    String ofTask() {
        String text = options.sources().paths().stream()
                .map(TreePath::toString)
                .limit(MAX_SOURCES_NAMED)
                .reduce((a, b) -> a + " " + b)
                .orElse("-");
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
    }

    /** Where there are so many sources that the description would be too long, only of the first. */
    List<SourceMount> mounts() {
        List<TreePath> told =
                options.sources().present().stream().limit(MAX_MOUNTS_TOLD).toList();
        List<SourceMount> mounts =
                new ArrayList<>(platform.mounts(told, options.sources().links()));
        int bytes = 0;
        for (int i = 0; i < mounts.size(); i++) {
            SourceMount mount = mounts.get(i);
            bytes += mount.path().length()
                    + mount.mountPoint().length()
                    + mount.inside().length();
            if (bytes > MAX_MOUNT_BYTES) {
                return List.copyOf(mounts.subList(0, i));
            }
        }
        return List.copyOf(mounts);
    }

    /**
     * Once everything was read.
     *
     * @param started when the backup began, ms since 1970
     */
    SnapshotSummary summary(long started, List<SourceMount> mounts) {
        return new SnapshotSummary(
                HostName.own(),
                Installation.current().software(),
                started,
                System.currentTimeMillis(),
                options.sources().paths(),
                options.excludes().described(),
                new SnapshotSummary.Counts(
                        stats.files.sum(),
                        stats.directories.sum(),
                        stats.others.sum(),
                        stats.bytes.sum(),
                        stats.reusedFiles.sum(),
                        stats.sentChunks.sum(),
                        stats.sentBytes.sum(),
                        stats.wireBytes.sum(),
                        stats.problems.sum()),
                List.copyOf(problems.pages()),
                options.tags(),
                mounts);
    }
}
