package dev.holdfast.agent.cli;

import dev.holdfast.agent.backup.Attempts;
import dev.holdfast.agent.backup.Backup;
import dev.holdfast.agent.backup.BackupStats;
import dev.holdfast.agent.backup.CommandStream;
import dev.holdfast.agent.backup.CompressionSide;
import dev.holdfast.agent.backup.Pace;
import dev.holdfast.agent.backup.SourceCount;
import dev.holdfast.agent.backup.Throttle;
import dev.holdfast.agent.consistent.ConsistentSources;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.image.Disks;
import dev.holdfast.agent.progress.Estimate;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.SourceOptions;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.snapshot.SnapshotMode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "backup",
        mixinStandardHelpOptions = true,
        description = {
            "Makes a snapshot of files and directories, or of whole disks (--image, --vm).",
            "Files unchanged since the previous snapshot of the same paths are not read again. To resume an"
                    + " interrupted backup, rerun the command: what the appliance has acknowledged is not sent twice.",
            "Paths are stored as they are given. Symbolic links on the way are followed; one that is named itself is stored as"
                    + " a link, and followed where a slash is behind it: /link/.",
            "A path that does not exist is a warning (exit code 1); all others are backed up.",
            "",
            "Exclude patterns: *.tmp matches names anywhere, /var/cache/** paths; a trailing slash means directories. As in"
                    + " gitignore, * and ? stay within a name, ** crosses slashes, [a-z] is a set, and a backslash takes a"
                    + " character literally. Unlike gitignore, dir/name matches at any depth, and !name and alternatives"
                    + " are not supported. Paths are matched as given and with links resolved. Patterns that cannot match are"
                    + " rejected; patterns that matched nothing are reported.",
            "",
            "  pg_dump db | holdfast backup --stdin db.sql",
            "cannot tell whether pg_dump failed: a pipe just ends. This can, and makes no snapshot then:",
            "  holdfast backup --stdin db.sql --stdin-from-command -- pg_dump db"
        })
final class BackupCommand implements Callable<Integer> {
    private static final int BUDGET_BYTES = 64 << 20;
    private static final int PROBLEMS_SHOWN = 50;

    @ParentCommand
    private @Nullable Main main;

    @Parameters(
            paramLabel = "PATH",
            arity = "0..*",
            description = "What to back up; with --stdin-from-command the command and its arguments.")
    private List<String> paths = List.of();

    @Mixin
    private final SourceOptions source = new SourceOptions();

    @Mixin
    private final DiskOptions disks = new DiskOptions();

    @Option(
            names = "--exclude-file",
            paramLabel = "F",
            description =
                    "File of exclude patterns, one a line; # begins a comment, blanks at the end count only behind a"
                            + " backslash. - is standard input.")
    private List<String> excludeFiles = List.of();

    @Option(
            names = "--files-from",
            paramLabel = "F",
            description = "File of paths to back up, one a line, besides those given. - is standard input.")
    private List<String> filesFrom = List.of();

    @Option(names = "--files-from0", paramLabel = "F", description = "Likewise, with a NUL behind each path.")
    private List<String> filesFromNul = List.of();

    @Option(names = "--dry-run", description = "List what would be read, without contacting the appliance.")
    private boolean dryRun;

    @Option(
            names = "--stdin",
            paramLabel = "NAME",
            description =
                    "Back up standard input as a file of this name, instead of paths. A pipe does not tell whether"
                            + " its producer failed or was cut off; see --stdin-from-command.")
    private @Nullable String stdin;

    @Option(
            names = "--stdin-from-command",
            description = "Run the command behind -- and back up what it prints. If it fails, there is no snapshot"
                    + " (exit code 3). After a lost connection the command is run again.")
    private boolean fromCommand;

    @Option(
            names = "--full-read",
            description =
                    "Read every file, whatever the previous snapshot says; of disks also what file systems have not"
                            + " allocated.")
    private boolean fullRead;

    @Option(
            names = "--compress",
            paramLabel = "WHERE",
            defaultValue = "AUTO",
            description = "Where chunks are compressed: client, appliance, or auto (default) by what is faster.")
    private CompressionSide compress = CompressionSide.AUTO;

    @Option(names = "--streams", defaultValue = "2", description = "Connections for data; default ${DEFAULT-VALUE}.")
    private int streams;

    @Option(names = "--readers", defaultValue = "4", description = "Files read at one time; default ${DEFAULT-VALUE}.")
    private int readers;

    @Option(
            names = "--retries",
            defaultValue = "5",
            description = "How often to retry after a lost connection; default ${DEFAULT-VALUE}.")
    private int retries;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Do not show progress.")
    private boolean quiet;

    @Spec
    private @Nullable CommandSpec spec;

    private PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }

    @Override
    public Integer call() throws Exception {
        checkSources();
        if (streams < 1 || streams > 8 || readers < 1 || readers > 64 || retries < 0) {
            throw new IllegalArgumentException("--streams is 1 to 8, --readers 1 to 64, --retries 0 or more");
        }
        source.tags().forEach(SnapshotSummary::requireTag);
        Platform platform = Platform.current();
        Excludes rules = new Excludes(excludes());
        Sources sources =
                stdin != null ? Sources.of(plainName(stdin)) : disks.given() ? disks(platform) : sources(platform);
        if (sources.paths().size() > SnapshotSummary.MAX_SOURCES) {
            throw new IllegalArgumentException(
                    sources.paths().size() + " paths are too many for one snapshot, which may have "
                            + SnapshotSummary.MAX_SOURCES + "; give the directories that they lie in");
        }
        sources.remarks().forEach(err()::println);
        if (dryRun) {
            return dryRun(platform, sources, rules);
        }
        if (stdin != null && !fromCommand) {
            return backup(platform, sources, rules, true);
        }
        try (ConsistentSources consistent = consistent(platform, sources, rules)) {
            return Attempts.run(
                    full -> backup(consistent.platform(), sources, rules, full), fullRead, retries, err()::println);
        }
    }

    /** What is read, for as long as it is open. */
    private ConsistentSources consistent(Platform platform, Sources sources, Excludes rules) throws IOException {
        Path state = Objects.requireNonNull(main).state();
        ConsistentSources.removeLeft(state, err()::println);
        return disks.given()
                ? ConsistentSources.takeDisks(platform, state, source.snapshots(), disks.paths(), err()::println)
                : ConsistentSources.take(
                        platform, state, source.snapshots(), sources, rules, source.oneFileSystem(), err()::println);
    }

    private void checkSources() {
        disks.check();
        boolean none = paths.isEmpty()
                && filesFrom.isEmpty()
                && filesFromNul.isEmpty()
                && source.optionalPaths().isEmpty();
        if (fromCommand) {
            if (stdin == null || paths.isEmpty() || !filesFrom.isEmpty() || !filesFromNul.isEmpty()) {
                throw new IllegalArgumentException(
                        "give a file name and a command: --stdin NAME --stdin-from-command -- COMMAND ARGUMENT...");
            }
        } else if (disks.given() ? stdin != null || !none : (stdin == null) == none) {
            throw new IllegalArgumentException(
                    "give paths to back up, or --stdin NAME, or --image DISK, or --vm SOCKET");
        }
        if ((stdin != null || disks.ofMachine()) && source.snapshots().mode() != SnapshotMode.NONE) {
            throw new IllegalArgumentException("--snapshot is for paths and --image, not for --stdin and --vm");
        }
    }

    /** Whatever is wrong with a disk is told before the appliance is asked. */
    private Sources disks(Platform platform) throws IOException {
        return Sources.of(
                disks.names(platform, Objects.requireNonNull(main).state()).toArray(TreePath[]::new));
    }

    private Sources sources(Platform platform) throws IOException {
        List<String> all = new ArrayList<>(paths);
        for (String file : filesFrom) {
            all.addAll(WordFile.read("--files-from", file, '\n'));
        }
        for (String file : filesFromNul) {
            all.addAll(WordFile.read("--files-from0", file, '\0'));
        }
        all.removeIf(String::isEmpty);
        return Sources.find(platform, bytes(all), bytes(source.optionalPaths()));
    }

    private static List<byte[]> bytes(List<String> words) {
        return words.stream().map(RawArguments::bytes).toList();
    }

    private static TreePath plainName(String name) {
        try {
            TreePath path = TreePath.parse(name);
            if (path.names().size() == 1 && !name.contains("/")) {
                return path;
            }
        } catch (FormatException e) {
            // The explanation below fits.
        }
        throw new IllegalArgumentException(
                "invalid --stdin name '" + name + "'; expected a file name without directories");
    }

    private Excludes.Settings excludes() throws IOException {
        List<String> patterns = new ArrayList<>(source.excludes());
        for (String file : excludeFiles) {
            for (String line : WordFile.read("--exclude-file", file, '\n')) {
                String pattern = WordFile.pattern(line);
                if (!pattern.isEmpty()) {
                    patterns.add(pattern);
                }
            }
        }
        return new Excludes.Settings(
                patterns,
                source.anyCaseExcludes(),
                source.excludeCaches(),
                source.excludeIfPresent(),
                source.largestBytes());
    }

    private int dryRun(Platform platform, Sources sources, Excludes rules) throws IOException {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (disks.given()) {
            disks.list(platform, Objects.requireNonNull(main).state(), out, json);
            return ExitCode.OK;
        }
        Listing listing = new Listing(!json, out, err());
        sources.missing().forEach((path, why) -> listing.problem(path, Problem.Kind.UNREADABLE, why));
        listing.run(platform, sources, rules, source.oneFileSystem());
        rules.remarks().forEach(err()::println);
        if (json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("files", listing.files());
            result.put("directories", listing.directories());
            result.put("bytes", listing.bytes());
            result.put("problems", listing.problems());
            Output.json(out, result);
        } else {
            out.println("Would back up " + listing.files() + " files in " + listing.directories() + " directories, "
                    + Output.bytes(listing.bytes()));
        }
        return listing.problems() == 0 ? ExitCode.OK : ExitCode.WARNINGS;
    }

    /** Counts what a walk finds; also prints it where asked. */
    private static final class Listing extends SourceCount {
        private final boolean print;
        private final PrintWriter out;
        private final PrintWriter err;

        Listing(boolean print, PrintWriter out, PrintWriter err) {
            this.print = print;
            this.out = out;
            this.err = err;
        }

        @Override
        public void file(DirectoryNode parent, byte[] name, TreePath path, Stat stat) throws IOException {
            super.file(parent, name, path, stat);
            if (print && stat.type() != Stat.Type.SOCKET) {
                out.println(path);
            }
        }

        @Override
        public void problem(TreePath path, Problem.Kind kind, String detail) {
            super.problem(path, kind, detail);
            if (print) {
                err.println("warning: " + path + ": " + kind.label());
            }
        }
    }

    private int backup(Platform platform, Sources sources, Excludes rules, boolean full) throws IOException {
        Path state = Objects.requireNonNull(main).state();
        BackupStats stats = new BackupStats();
        boolean silent = quiet || json;
        AtomicInteger shown = new AtomicInteger();
        try (Appliance appliance = main.connect();
                Estimate estimate = new Estimate();
                ProgressLine progress = new ProgressLine(
                        silent,
                        () -> Progress.towards(
                                stats.files.sum() + " files, " + Output.bytes(stats.wireBytes.sum()) + " sent",
                                stats.seenBytes(),
                                estimate.expected(),
                                null))) {
            if (!silent && ProgressLine.onTerminal() && stdin == null && !disks.given()) {
                // Ahead of the backup, so that there is an end to estimate.
                estimate.count(() -> SourceCount.beside(Pace.unlimited())
                        .run(platform, sources, rules.again(), source.oneFileSystem()));
            }
            var options = new Backup.Options(
                    sources,
                    rules,
                    source.oneFileSystem(),
                    full,
                    compress,
                    streams,
                    readers,
                    BUDGET_BYTES,
                    source.tags(),
                    Throttle.NONE,
                    0);
            Backup backup = new Backup(platform, appliance, state, options, stats, problem -> {
                if (!json && shown.incrementAndGet() <= PROBLEMS_SHOWN) {
                    progress.note("warning: " + problem.path() + ": "
                            + problem.kind().label() + " (" + problem.detail() + ")");
                }
            });
            Backup.Result result = run(platform, backup, estimate, progress::note);
            progress.close();
            rules.remarks().forEach(err()::println);
            print(result, stats);
            return result.summary().counts().problems() == 0 && disks.warnings() == 0 ? ExitCode.OK : ExitCode.WARNINGS;
        }
    }

    private Backup.Result run(Platform platform, Backup backup, Estimate estimate, Consumer<String> tell)
            throws IOException {
        if (disks.given()) {
            try (Disks images =
                    disks.open(platform, Objects.requireNonNull(main).state(), fullRead, tell)) {
                estimate.guess(images.bytes());
                return backup.runDisks(images);
            }
        }
        if (stdin == null) {
            return backup.run();
        }
        if (!fromCommand) {
            return backup.runStream(new StandardInput(), stdin);
        }
        try (CommandStream output = CommandStream.start(paths)) {
            return backup.runStream(output, stdin);
        }
    }

    private void print(Backup.Result result, BackupStats stats) {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        SnapshotSummary.Counts counts = result.summary().counts();
        if (json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("snapshot", result.snapshot().toString());
            map.put("files", counts.files());
            map.put("directories", counts.directories());
            map.put("others", counts.others());
            map.put("bytes", counts.bytes());
            map.put("filesReused", counts.reused());
            map.put("filesOpened", stats.openedFiles.sum());
            map.put("bytesRead", stats.readBytes.sum());
            map.put("bytesReused", stats.reusedBytes.sum());
            map.put("chunksSent", counts.sentChunks());
            map.put("bytesSentRaw", counts.sentBytes());
            map.put("bytesSent", counts.wireBytes());
            map.put("metadataBytesSent", stats.sentMetadataBytes.sum());
            map.put("networkBytes", result.networkBytes());
            map.put("problems", counts.problems());
            map.put("millis", result.millis());
            if (disks.given()) {
                map.put("bytesUnallocated", stats.unallocatedBytes.sum());
                map.put("remarks", disks.remarks());
            }
            Output.json(out, map);
            return;
        }
        out.println("Snapshot " + result.snapshot().toString().substring(0, 8) + ": " + counts.files() + " files, "
                + counts.directories() + " directories, " + Output.bytes(counts.bytes()) + " in "
                + Output.duration(result.millis()) + " (" + Output.rate(counts.bytes(), result.millis()) + ")");
        String unchanged = disks.given() ? Output.bytes(stats.reusedBytes.sum()) : counts.reused() + " files";
        out.println("  unchanged " + unchanged + "; read " + Output.bytes(stats.readBytes.sum())
                + "; new " + Output.bytes(counts.sentBytes()) + " in " + counts.sentChunks() + " chunks, sent as "
                + Output.bytes(counts.wireBytes()));
        if (stats.unallocatedBytes.sum() > 0) {
            out.println("  left out " + Output.bytes(stats.unallocatedBytes.sum())
                    + " that file systems have not allocated");
        }
        if (counts.problems() > 0) {
            out.println("  " + counts.problems() + " warnings, listed by: "
                    + Objects.requireNonNull(main)
                            .command("report", result.snapshot().toString().substring(0, 8)));
        }
    }
}
