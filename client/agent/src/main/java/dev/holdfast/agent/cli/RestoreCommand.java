package dev.holdfast.agent.cli;

import dev.holdfast.agent.browse.Contents;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.agent.restore.Confinement;
import dev.holdfast.agent.restore.Overwrite;
import dev.holdfast.agent.restore.Restore;
import dev.holdfast.agent.restore.RestoreOptions;
import dev.holdfast.agent.restore.RestoreStats;
import dev.holdfast.agent.restore.Selection;
import dev.holdfast.agent.restore.TargetFailedException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Purpose;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        description = {
            "Restores files from a snapshot.",
            "A whole snapshot is restored below the target with its absolute paths; SNAPSHOT:PATH restores that entry itself.",
            "To resume an interrupted restore, rerun the command. Every byte is checked against the snapshot.",
            "",
            "What happens to existing files (--overwrite):",
            "  if-changed  reads every existing file and compares its content with the snapshot, byte for byte: as"
                    + " fast as the disk reads. Only files that differ are written again. The default.",
            "  quick       skips files whose size and modification time are the snapshot's, and compares the others. Misses"
                    + " changes that kept size and time.",
            "  if-newer    leaves files, with their attributes, whose modification time is the snapshot's or later.",
            "  always      writes every file again without reading it.",
            "  never       leaves every existing entry, with its attributes, and lists it.",
            "With if-changed, quick and always the mode, owner, times, extended attributes and ACLs become the snapshot's on"
                    + " files and directories, whatever content was; attributes that the snapshot does not have are removed.",
            "",
            "Files are written under names that begin with .holdfast-partial- and get their own name when they are whole."
                    + " A restore that ends early (full disk, exit code 3) leaves these, and the same command continues"
                    + " them. Where the target takes two names for one, as Readme and README, the later entry is kept under"
                    + " its name with .holdfast-kept- and eight digits behind it, and listed.",
        })
final class RestoreCommand implements Callable<Integer> {
    private static final int STREAMS = 2;
    private static final int PROBLEMS_SHOWN = 200;

    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Parameters(paramLabel = "SNAPSHOT[:PATH]", description = "A snapshot's id or 'latest', and a path in it.")
    private String where = "";

    @Option(
            names = "--target",
            required = true,
            paramLabel = "DIR",
            description = "Directory to restore to; created if missing.")
    private String target = "";

    @Option(
            names = "--overwrite",
            paramLabel = "POLICY",
            defaultValue = "if-changed",
            description = "What to do with existing files: if-changed (default), quick, if-newer, always, never.")
    private String overwrite = "if-changed";

    @Option(
            names = "--include",
            paramLabel = "PATTERN",
            description =
                    "Restore only what matches, with everything below it; may be given several times. Patterns are"
                            + " those of 'backup --exclude', and match paths as the snapshot has them.")
    private List<String> include = new ArrayList<>();

    @Option(
            names = "--exclude",
            paramLabel = "PATTERN",
            description = "Leave out what matches, with everything below it; may be given several times.")
    private List<String> exclude = new ArrayList<>();

    @Option(
            names = "--delete",
            description =
                    "Remove from restored directories what the snapshot does not have. Never removed: anything outside"
                            + " the directories that were backed up, what --exclude, --include or the backup's own excludes leave"
                            + " out, what the backup could not read, sockets, and other file systems mounted there.")
    private boolean delete;

    @Option(
            names = "--no-owner",
            description = "Leave owners and groups as they are; what is made belongs to you. Set-id bits are left out.")
    private boolean noOwner;

    @Option(
            names = "--keep-directory-links",
            description =
                    "Where the snapshot has a directory and the target a symlink to a directory, restore into that"
                            + " directory and leave the symlink. Only for symlinks that belong to root or to you, in directories"
                            + " where nobody else can write. Without this option the symlink is replaced, and listed.")
    private boolean keepDirectoryLinks;

    @Option(names = "--dry-run", description = "Only list what would be restored.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Do not show progress.")
    private boolean quiet;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        SnapshotPath from = SnapshotPath.parse(where);
        Overwrite policy = Overwrite.named(overwrite);
        Selection selection = Selection.of(include, exclude);
        if (delete && dryRun) {
            throw new IllegalArgumentException("--dry-run cannot tell what --delete would remove; give one of them");
        }
        long began = System.nanoTime();
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            Purpose purpose = dryRun ? Purpose.LIST : Purpose.RESTORE;
            RemoteManifest manifest = appliance.open(
                    select.find(appliance, from).id(), purpose, from.path().toString());
            if (dryRun) {
                return dryRun(out, appliance, manifest, from, selection);
            }
            RestoreOptions options = new RestoreOptions(
                    policy,
                    selection,
                    !noOwner,
                    keepDirectoryLinks,
                    delete,
                    delete ? reported(appliance, manifest) : Set.of());
            makeTarget();
            RestoreStats stats = new RestoreStats();
            TargetFailedException failed = restore(appliance, manifest, from, options, stats);
            print(out, stats, (System.nanoTime() - began) / 1_000_000, failed);
            if (failed != null) {
                throw new IOException(target + ": " + failed.getMessage(), failed);
            }
            return exitCode(stats);
        }
    }

    private static int exitCode(RestoreStats stats) {
        if (stats.damaged.sum() > 0) {
            return ExitCode.DAMAGED;
        }
        boolean warnings = stats.problems.sum() > 0
                || stats.frozen.sum() > 0
                || !stats.losses().isEmpty();
        return warnings ? ExitCode.WARNINGS : ExitCode.OK;
    }

    /** Returns why the target could take nothing any more; null where everything was restored that can be. */
    private @Nullable TargetFailedException restore(
            Appliance appliance, RemoteManifest manifest, SnapshotPath from, RestoreOptions options, RestoreStats stats)
            throws IOException {
        byte[] directory = RawArguments.bytes(target);
        AtomicInteger shown = new AtomicInteger();
        long total = from.whole() ? manifest.summary().counts().bytes() : 0;
        TargetFailedException failed = null;
        try (Directory into = Platform.current().open(directory);
                ProgressLine progress = new ProgressLine(
                        quiet || json,
                        () -> Progress.towards(
                                stats.files.sum() + stats.skipped.sum() + stats.settled.sum() + " files",
                                stats.handledBytes(),
                                total,
                                null))) {
            Restore.Reporter reporter = reporter(progress, shown);
            Stat opened = into.stat();
            try {
                new Restore(appliance, manifest, into, options, Confinement.NONE, stats, STREAMS, reporter)
                        .run(from.path(), Math.max(0, from.path().names().size() - 1));
                Restore.requireInPlace(directory, opened);
            } catch (TargetFailedException e) {
                failed = e;
            }
            int more = shown.get() - PROBLEMS_SHOWN;
            if (more > 0) {
                progress.note("warning: " + more + " further warnings are not shown");
            }
            stats.losses().forEach(loss -> progress.note("warning: " + loss + ", first of " + loss.first()));
            if (stats.frozen.sum() > 0) {
                progress.note("warning: " + stats.frozenSummary() + ". " + appliance.thawAdvice(manifest.snapshot())
                        + "; then rerun this restore, which adds them");
            }
        }
        return failed;
    }

    private Restore.Reporter reporter(ProgressLine progress, AtomicInteger shown) {
        return new Restore.Reporter() {
            @Override
            public void problem(TreePath path, String what) {
                if (shown.incrementAndGet() <= PROBLEMS_SHOWN) {
                    progress.note("warning: " + path + ": " + what);
                }
            }

            @Override
            public void waiting() {
                progress.note("waiting for another restore into " + target + " to end");
            }

            @Override
            public void deleted(TreePath path) {
                if (!quiet) {
                    progress.note("deleted " + path);
                }
            }
        };
    }

    /** What the fidelity report names: it may be missing from the snapshot though it was there. */
    private static Set<TreePath> reported(Appliance appliance, RemoteManifest manifest) throws IOException {
        Set<TreePath> paths = new HashSet<>();
        for (Digest page : manifest.summary().report()) {
            for (Problem problem : Problem.parsePage(appliance.read(page))) {
                paths.add(problem.path());
            }
        }
        return paths;
    }

    private void makeTarget() throws IOException {
        if (target.indexOf('\uFFFD') < 0) {
            Files.createDirectories(Path.of(target));
        }
    }

    private int dryRun(
            PrintWriter out, Appliance appliance, RemoteManifest manifest, SnapshotPath from, Selection selection)
            throws Exception {
        long[] files = new long[2];
        new Contents(appliance, manifest).list(from.path(), true, (path, node) -> {
            boolean wanted = selection.wants(path, node instanceof Node.Directory);
            for (TreePath above = path.parent(); wanted && !above.isRoot(); above = above.parent()) {
                wanted = !selection.omits(above);
            }
            if (!wanted) {
                return;
            }
            if (!json) {
                out.println(path);
            }
            if (node instanceof Node.RegularFile) {
                files[0]++;
                files[1] += node.attributes().size();
            }
        });
        if (json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("files", files[0]);
            map.put("bytes", files[1]);
            Output.json(out, map);
        } else {
            out.println("Would restore " + files[0] + " files, " + Output.bytes(files[1]) + " to " + target);
        }
        return ExitCode.OK;
    }

    private void print(PrintWriter out, RestoreStats stats, long millis, @Nullable TargetFailedException failed) {
        if (json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("files", stats.files.sum());
            map.put("directories", stats.directories.sum());
            map.put("others", stats.others.sum());
            map.put("bytes", stats.bytes.sum());
            map.put("skipped", stats.skipped.sum());
            map.put("attributesSet", stats.settled.sum());
            map.put("bytesCompared", stats.compared.sum());
            map.put("deleted", stats.deleted.sum());
            map.put("problems", stats.problems.sum());
            map.put("damaged", stats.damaged.sum());
            map.put("frozen", stats.frozen.sum());
            map.put("frozenBytes", stats.frozenBytes.sum());
            map.put(
                    "lost",
                    stats.losses().stream()
                            .map(loss -> Map.of(
                                    "kind",
                                    loss.kind(),
                                    "entries",
                                    loss.entries(),
                                    "first",
                                    loss.first().toString()))
                            .toList());
            map.put("millis", millis);
            if (failed != null) {
                map.put("stopped", failed.getMessage());
            }
            Output.json(out, map);
            return;
        }
        out.println("Restored " + stats.files.sum() + " files, " + Output.bytes(stats.bytes.sum()) + " in "
                + Output.duration(millis) + " (" + Output.rate(stats.bytes.sum(), millis) + ")"
                + (stats.skipped.sum() > 0 ? "; " + stats.skipped.sum() + kept() : "")
                + (stats.settled.sum() > 0 ? "; " + stats.settled.sum() + " had their attributes set" : "")
                + (stats.deleted.sum() > 0 ? "; " + stats.deleted.sum() + " were deleted" : "")
                + (stats.frozen.sum() > 0 ? "; " + stats.frozenSummary() : "")
                + (stats.problems.sum() > 0 ? "; " + stats.problems.sum() + " warnings" : ""));
    }

    /** What is known of the files that were left as they were. */
    private String kept() {
        return switch (Overwrite.named(overwrite)) {
            case IF_CHANGED, ALWAYS -> " were already correct";
            case QUICK -> " already had the right size and time";
            case IF_NEWER, NEVER -> " were left as they were";
        };
    }
}
