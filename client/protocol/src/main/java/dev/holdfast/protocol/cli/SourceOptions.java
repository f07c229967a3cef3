package dev.holdfast.protocol.cli;

import dev.holdfast.protocol.snapshot.SnapshotMode;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a backup reads and leaves out: options of {@code backup} and of plans. */
public final class SourceOptions {
    @Option(
            names = "--optional",
            paramLabel = "PATH",
            description = "A path to back up that need not be there; may be repeated.")
    private List<String> optionalPaths = List.of();

    @Option(names = "--exclude", paramLabel = "GLOB", description = "Leave out what matches; may be repeated.")
    private List<String> excludes = List.of();

    @Option(
            names = "--iexclude",
            paramLabel = "GLOB",
            description = "As --exclude, without regard to upper and lower case.")
    private List<String> anyCaseExcludes = List.of();

    @Option(
            names = "--exclude-caches",
            description = "Leave out what directories with a signed CACHEDIR.TAG hold; the tag is kept.")
    private boolean excludeCaches;

    @Option(
            names = "--exclude-if-present",
            paramLabel = "NAME",
            description =
                    "Leave out what directories with a file of this name hold; the file is kept. May be repeated.")
    private List<String> excludeIfPresent = List.of();

    @Option(
            names = "--exclude-larger-than",
            paramLabel = "SIZE",
            converter = SizeOption.class,
            defaultValue = "0",
            description = "Leave out larger files: '500 MB', '2 GiB'; the run tells how many. 0, the default: none.")
    private long largestBytes;

    @Option(names = "--one-file-system", description = "Do not enter other file systems that are mounted below.")
    private boolean oneFileSystem;

    @Option(
            names = "--tag",
            paramLabel = "TAG",
            description = "Mark the snapshot; may be repeated. 'latest' and 'snapshots' select by --tag.")
    private List<String> tags = List.of();

    @Option(
            names = "--snapshot",
            paramLabel = "MODE",
            defaultValue = "none",
            converter = SnapshotModeOption.class,
            description = {
                "Take snapshots of the file systems, or of the LVM volumes of --image or --disk, and read these, so that all is"
                        + " of one moment; they are removed at the end. Needs root.",
                "none (default): read what is there while it changes. auto: use whatever there is; what has no snapshots"
                        + " is read while it changes, and named. lvm, btrfs, zfs: fail if what is to be backed up has no such"
                        + " snapshots."
            })
    private SnapshotMode snapshot = SnapshotMode.NONE;

    @Option(
            names = "--snapshot-size",
            paramLabel = "PERCENT",
            converter = PercentOption.class,
            description =
                    "How much of its volume an LVM snapshot may take for what is changed meanwhile, such as 20%%; default"
                            + " 10%%. If that does not suffice, the backup fails. Thin volumes and other modes do not need it.")
    private @Nullable Integer snapshotPercent;

    public List<String> optionalPaths() {
        return optionalPaths;
    }

    public List<String> excludes() {
        return excludes;
    }

    public List<String> anyCaseExcludes() {
        return anyCaseExcludes;
    }

    public boolean excludeCaches() {
        return excludeCaches;
    }

    public List<String> excludeIfPresent() {
        return excludeIfPresent;
    }

    /** 0 for no limit. */
    public long largestBytes() {
        return largestBytes;
    }

    public boolean oneFileSystem() {
        return oneFileSystem;
    }

    public List<String> tags() {
        return tags;
    }

    /** @throws IllegalArgumentException where the share of volumes is none */
    public SourceSnapshots snapshots() {
        return new SourceSnapshots(
                snapshot, snapshotPercent == null ? SourceSnapshots.DEFAULT_PERCENT : snapshotPercent);
    }

    /** Null where it was not given. */
    public @Nullable Integer snapshotPercent() {
        return snapshotPercent;
    }
}
