package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.snapshot.SourceSnapshots;
import java.util.List;
import java.util.UUID;

/** A job that an appliance orders from a client's service; docs/protocol.md is normative. */
public sealed interface Job {
    /**
     * A backup.
     *
     * @param paths absolute, as the administrator wrote them
     * @param before name of a script in the client's own directory of scripts, empty for none; likewise {@code after}
     * @param scriptSeconds how long either may take
     */
    record Backup(
            List<String> paths,
            List<String> excludes,
            boolean oneFileSystem,
            boolean fullRead,
            String before,
            String after,
            int scriptSeconds,
            Limits limits,
            Options options)
            implements Job {
        /** Without options. */
        public Backup(
                List<String> paths,
                List<String> excludes,
                boolean oneFileSystem,
                boolean fullRead,
                String before,
                String after,
                int scriptSeconds,
                Limits limits) {
            this(paths, excludes, oneFileSystem, fullRead, before, after, scriptSeconds, limits, Options.NONE);
        }
    }

    /**
     * Options of a backup, known to clients since {@link Frames#ORDERS_WITH_OPTIONS}.
     *
     * @param optionalPaths to back up where they exist
     * @param anyCaseExcludes patterns without regard to upper and lower case
     * @param excludeIfPresent names; what a directory with one of them holds is left out
     * @param excludeLargerThanBytes 0 for no limit
     * @param tags of the snapshot
     * @param streamScript name of a script whose output is backed up instead of paths, empty for none
     * @param streamName the name of the file that its output becomes
     * @param disks absolute paths of block devices and disk images that are backed up instead of paths; known since {@link Frames#DISKS}
     * @param snapshots whether the client takes snapshots of its file systems first, and reads these; known since
     *     {@link Frames#SOURCE_SNAPSHOTS}
     */
    record Options(
            List<String> optionalPaths,
            List<String> anyCaseExcludes,
            boolean excludeCaches,
            List<String> excludeIfPresent,
            long excludeLargerThanBytes,
            List<String> tags,
            String streamScript,
            String streamName,
            List<String> disks,
            SourceSnapshots snapshots) {
        public static final Options NONE =
                new Options(List.of(), List.of(), false, List.of(), 0, List.of(), "", "", List.of());

        /** Without source snapshots. */
        public Options(
                List<String> optionalPaths,
                List<String> anyCaseExcludes,
                boolean excludeCaches,
                List<String> excludeIfPresent,
                long excludeLargerThanBytes,
                List<String> tags,
                String streamScript,
                String streamName,
                List<String> disks) {
            this(
                    optionalPaths,
                    anyCaseExcludes,
                    excludeCaches,
                    excludeIfPresent,
                    excludeLargerThanBytes,
                    tags,
                    streamScript,
                    streamName,
                    disks,
                    SourceSnapshots.NONE);
        }

        /** The oldest version of the protocol whose clients know all that is asked for. */
        public int leastVersion() {
            if (!snapshots.equals(SourceSnapshots.NONE)) {
                return Frames.SOURCE_SNAPSHOTS;
            }
            return equals(NONE) ? Frames.VERSION : disks.isEmpty() ? Frames.ORDERS_WITH_OPTIONS : Frames.DISKS;
        }
    }

    /**
     * What a job may use of the machine.
     *
     * @param threads that read and compress; 0 for the client's own choice
     * @param readBytesPerSecond 0 for no limit, likewise {@code sendBytesPerSecond}
     * @param idle whether to run only where nothing else wants the processor or the disk
     */
    record Limits(int threads, long readBytesPerSecond, long sendBytesPerSecond, boolean idle) {
        public static final Limits NONE = new Limits(0, 0, 0, false);
    }

    /**
     * A restore of files.
     *
     * @param snapshot perhaps another node's, where the appliance allows it for this order
     * @param paths in the snapshot, none for all of it; they are restored under their names below the directory that they
     *     have in common
     * @param target absolute directory; the client has the last word on where it writes
     * @param overwrite as the client's command line names it
     */
    record Restore(UUID snapshot, List<String> paths, String target, String overwrite) implements Job {}

    /** Reads and rehashes everything that a snapshot refers to. */
    record Verify(UUID snapshot) implements Job {}

    /**
     * A drill: restores a sample of a snapshot's files to a scratch directory and compares them with the live
     * files.
     *
     * @param sampleBytes about how much
     * @param seed chooses the files
     */
    record Drill(UUID snapshot, long sampleBytes, long seed) implements Job {}

    /** Cancels the task that the order names. */
    record Cancel() implements Job {}

    /** Pauses the task that the order names until {@link Resume}. */
    record Pause() implements Job {}

    /** Resumes the task that the order names. */
    record Resume() implements Job {}

    /**
     * Asks for the folders of a directory. This is no task: the order's number is that of the question, and the client answers
     * with {@link Message.Folders}. Only sent to clients of {@link Frames#FOLDERS} and later.
     *
     * @param directory absolute path
     * @param after the name behind which the list begins; empty for the first
     */
    record Folders(String directory, String after) implements Job {}

    /**
     * Upgrades the client itself.
     *
     * @param version that is wanted
     * @param signatures texts of signature files of that version, of which the client chooses the one for its installation
     */
    record Upgrade(String version, List<String> signatures) implements Job {
        /** An appliance keeps fewer packages. */
        public static final int MAX_SIGNATURES = 32;
    }
}
