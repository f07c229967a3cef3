package dev.holdfast.agent.cli;

import dev.holdfast.agent.browse.Contents;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.agent.restore.Confinement;
import dev.holdfast.agent.restore.Overwrite;
import dev.holdfast.agent.restore.Restore;
import dev.holdfast.agent.restore.RestoreStats;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.manifest.Node;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
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
            "Brings files back.",
            "A whole snapshot is laid below the target with its absolute paths; SNAPSHOT:PATH brings that entry itself.",
            "Cut off, it is run again and goes on where it stood. Every byte is checked against the snapshot."
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

    @Option(names = "--target", required = true, paramLabel = "DIR", description = "Where to; made if missing.")
    private String target = "";

    @Option(
            names = "--overwrite",
            paramLabel = "POLICY",
            defaultValue = "if-changed",
            description =
                    "What to do about files that are there: if-changed (default) replaces those whose size or time"
                            + " differ, if-newer those older than the snapshot's, always all, never none.")
    private String overwrite = "if-changed";

    @Option(names = "--dry-run", description = "Only list what would be restored.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "No progress.")
    private boolean quiet;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        SnapshotPath from = SnapshotPath.parse(where);
        Overwrite policy = Overwrite.named(overwrite);
        long began = System.nanoTime();
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            RemoteManifest manifest =
                    appliance.open(select.find(appliance, from).id(), (dryRun ? "list " : "restore ") + from.path());
            if (dryRun) {
                return dryRun(out, appliance, manifest, from);
            }
            Platform platform = Platform.current();
            byte[] directory = RawArguments.bytes(target);
            makeTarget(directory);
            RestoreStats stats = new RestoreStats();
            AtomicInteger shown = new AtomicInteger();
            long total = from.whole() ? manifest.summary().counts().bytes() : 0;
            try (Directory into = platform.open(directory);
                    Progress progress = new Progress(
                            quiet || json,
                            () -> new Progress.State(stats.bytes.sum(), total, stats.files.sum() + " files"))) {
                Restore restore = new Restore(
                        appliance, manifest, into, policy, Confinement.NONE, stats, STREAMS, (path, what) -> {
                            if (shown.incrementAndGet() <= PROBLEMS_SHOWN) {
                                progress.note("warning: " + path + ": " + what);
                            }
                        });
                restore.run(from.path(), Math.max(0, from.path().names().size() - 1));
            }
            print(out, stats, (System.nanoTime() - began) / 1_000_000);
            return stats.damaged.sum() > 0
                    ? ExitCode.DAMAGED
                    : stats.problems.sum() > 0 ? ExitCode.WARNINGS : ExitCode.OK;
        }
    }

    private void makeTarget(byte[] directory) throws java.io.IOException {
        if (target.indexOf('\uFFFD') < 0) {
            Files.createDirectories(Path.of(target));
        }
        Objects.requireNonNull(directory);
    }

    private int dryRun(PrintWriter out, Appliance appliance, RemoteManifest manifest, SnapshotPath from)
            throws Exception {
        long[] files = new long[2];
        new Contents(appliance, manifest).list(from.path(), true, (path, node) -> {
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

    private void print(PrintWriter out, RestoreStats stats, long millis) {
        if (json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("files", stats.files.sum());
            map.put("directories", stats.directories.sum());
            map.put("others", stats.others.sum());
            map.put("bytes", stats.bytes.sum());
            map.put("skipped", stats.skipped.sum());
            map.put("problems", stats.problems.sum());
            map.put("damaged", stats.damaged.sum());
            map.put("millis", millis);
            Output.json(out, map);
            return;
        }
        out.println("Restored " + stats.files.sum() + " files, " + Output.bytes(stats.bytes.sum()) + " in "
                + Output.duration(millis) + " (" + Output.rate(stats.bytes.sum(), millis) + ")"
                + (stats.skipped.sum() > 0 ? "; " + stats.skipped.sum() + " were right already" : "")
                + (stats.problems.sum() > 0 ? "; " + stats.problems.sum() + " warnings" : ""));
    }
}
