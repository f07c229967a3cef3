package dev.holdfast.agent.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.agent.backup.Backup;
import dev.holdfast.agent.backup.BackupStats;
import dev.holdfast.agent.backup.CompressionSide;
import dev.holdfast.agent.backup.Throttle;
import dev.holdfast.agent.compare.TreeComparison;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.agent.restore.Confinement;
import dev.holdfast.agent.restore.Overwrite;
import dev.holdfast.agent.restore.Restore;
import dev.holdfast.agent.restore.RestoreOptions;
import dev.holdfast.agent.restore.RestoreStats;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.cli.ShellWord;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Purpose;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "quickstart",
        mixinStandardHelpOptions = true,
        description = {
            "Demonstrates Holdfast on this machine: starts an appliance, enrols this machine, backs up a directory twice,"
                    + " restores it and compares every byte and all metadata.",
            "Then uploads to a vault, destroys the appliance with all its data, makes a new one of vault and recovery key alone,"
                    + " restores and compares again.",
            "The appliance is a process of its own, reached over mutual TLS, as in real life; the vault is a directory."
        })
final class QuickstartCommand implements Callable<Integer> {
    private static final long WANTED_BYTES = 150_000_000;
    private static final long MAX_BYTES = 900_000_000;
    private static final int BUDGET_BYTES = 64 << 20;

    @Option(
            names = "--source",
            paramLabel = "DIR",
            description = "What to back up; default: some hundred megabytes of this machine's own files.")
    private @Nullable String source;

    @Option(
            names = "--work",
            paramLabel = "DIR",
            description = "Where the appliance and the restored files go; default: a new temporary directory.")
    private @Nullable Path work;

    @Option(names = "--exit", description = "Stop the appliance at the end; default: leave it running.")
    private boolean exit;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        NativeCrypto.install();
        Platform platform = Platform.current();
        byte[] from = source == null ? defaultSource() : RawArguments.bytes(source);
        TreePath tree = TreePath.of(relative(platform.resolve(from)));
        Path directory = work == null ? Files.createTempDirectory("holdfast-quickstart-") : work.toAbsolutePath();
        Files.createDirectories(directory);
        try (LocalAppliance local = new LocalAppliance(directory, work == null)) {
            return run(out, platform, tree, directory, local);
        }
    }

    private int run(PrintWriter out, Platform platform, TreePath tree, Path directory, LocalAppliance local)
            throws Exception {
        Path data = local.data();
        Path state = directory.resolve("client");
        out.println("Source     " + tree);
        out.flush();
        if (!Files.exists(data.resolve("appliance.json"))) {
            init(local, directory);
        }
        try {
            String url = local.start();
            out.println("Appliance  " + url + ", data in " + data);
            if (!Files.exists(state.resolve("identity.json"))) {
                Enrolment.enroll(Endpoint.parse(url), local.token(), null, HostName.own(), state);
            } else {
                // The same work directory again: the appliance may listen elsewhere now.
                Identity.load(state).movedTo(Endpoint.parse(url)).save(state);
            }
            Shown shown = demonstrate(out, platform, tree, state, directory);
            int result = shown.result;
            if (result != ExitCode.DAMAGED) {
                result = loseAndRecover(out, platform, tree, state, directory, local, shown);
            }
            out.println();
            if (result == ExitCode.DAMAGED) {
                local.keepFiles();
            } else if (!exit) {
                out.println("The appliance is still running. Its console: " + local.console());
                out.println("  user admin, password in " + local.passwordFile()
                        + "; the browser warns, since only this appliance vouches for its certificate");
                out.println("Or play with it here:");
                out.println("  " + TypedCommand.client(state, "snapshots"));
                out.println("  " + TypedCommand.client(state, "ls", "latest:" + tree));
                out.println("  " + TypedCommand.appliance(data, "status"));
                out.println("  " + TypedCommand.appliance(data, "vault", "status"));
                out.println(
                        "Stop it with: kill " + local.pid() + "   and clean up with: rm -r " + ShellWord.of(directory));
                local.keep();
            }
            return result;
        } finally {
            out.flush();
        }
    }

    /** Uploads, deletes everything that the appliance has, and brings it back from the vault. */
    private static int loseAndRecover(
            PrintWriter out,
            Platform platform,
            TreePath tree,
            Path state,
            Path directory,
            LocalAppliance local,
            Shown shown)
            throws IOException, InterruptedException {
        out.println();
        local.onData("upload", "vault", "upload", "--wait");
        Path vault = directory.resolve("vault");
        out.printf("%-13s %s in %s%n", "Vault", Output.bytes(bytesIn(vault)), vault);
        local.stop();
        LocalAppliance.delete(local.data());
        long began = System.nanoTime();
        recover(local, directory);
        Identity.load(state).movedTo(Endpoint.parse(local.start())).save(state);
        out.printf(
                "%-13s %s: the appliance's directory was deleted, another one made of vault and recovery key%n",
                "Recovery", Output.duration((System.nanoTime() - began) / 1_000_000));
        out.flush();
        Path target = directory.resolve("restored-from-vault");
        return restoreAndCompare(out, platform, tree, state, target, shown.snapshot, shown.inexact);
    }

    private record Shown(int result, Appliance.Listed snapshot, Set<TreePath> inexact) {}

    private Shown demonstrate(PrintWriter out, Platform platform, TreePath tree, Path state, Path directory)
            throws IOException {
        // Told by several writers at once.
        Set<TreePath> inexact = ConcurrentHashMap.newKeySet();
        Backup.Result first = backup(platform, tree, state, inexact);
        line(out, "First backup", first);
        Backup.Result second = backup(platform, tree, state, inexact);
        line(out, "Again", second);
        Appliance.Listed snapshot;
        try (Appliance appliance = new Appliance(Identity.load(state), state)) {
            snapshot = appliance.find(second.snapshot().toString());
        }
        int result = restoreAndCompare(out, platform, tree, state, directory.resolve("restored"), snapshot, inexact);
        long used = bytesIn(directory.resolve("appliance/volumes")) + bytesIn(directory.resolve("appliance/manifests"));
        var counts = first.summary().counts();
        out.printf(
                "%-13s %s source, %s after deduplication, %s stored encrypted: %.1f to 1 in all%n",
                "Sizes",
                Output.bytes(counts.bytes()),
                Output.bytes(counts.sentBytes()),
                Output.bytes(used),
                (double) counts.bytes() / Math.max(1, used));
        if (!inexact.isEmpty()) {
            out.println(inexact.size() + " paths could not be kept exactly (see the report of the snapshot)");
        }
        return new Shown(result, snapshot, inexact);
    }

    private static int restoreAndCompare(
            PrintWriter out,
            Platform platform,
            TreePath tree,
            Path state,
            Path target,
            Appliance.Listed snapshot,
            Set<TreePath> inexact)
            throws IOException {
        RestoreStats stats = new RestoreStats();
        Files.createDirectories(target);
        long began = System.nanoTime();
        try (Appliance appliance = new Appliance(Identity.load(state), state);
                Directory into = platform.open(target.toString().getBytes(StandardCharsets.UTF_8))) {
            RemoteManifest manifest = appliance.open(snapshot.id(), Purpose.QUICKSTART_RESTORE);
            new Restore(
                            appliance,
                            manifest,
                            into,
                            RestoreOptions.overwriting(Overwrite.IF_CHANGED),
                            Confinement.NONE,
                            stats,
                            2,
                            (path, what) -> {
                                out.println("  warning: " + path + ": " + what);
                                inexact.add(path);
                            })
                    .run(TreePath.ROOT, 0);
        }
        long millis = (System.nanoTime() - began) / 1_000_000;
        out.printf(
                "%-13s %s, %d files, %s%n",
                "Restore",
                Output.duration(millis),
                stats.files.sum(),
                Output.rate(snapshot.summary().counts().bytes(), millis));
        TreeComparison.Result compared;
        byte[] left = joined("", tree);
        byte[] right = joined(target.toString(), tree);
        try (Directory original = platform.open(left);
                Directory restored = platform.open(right)) {
            Set<TreePath> ignored = new HashSet<>();
            for (TreePath path : inexact) {
                ignored.add(below(path, tree));
            }
            compared = new TreeComparison((path, what) -> out.println("  differs: " + path + ": " + what), ignored)
                    .compare(original, restored);
        }
        out.printf(
                "%-13s %d entries, %s: %s%n",
                "Comparison",
                compared.entries(),
                Output.bytes(compared.bytes()),
                compared.differences() == 0
                        ? "every byte and all metadata the same"
                        : compared.differences() + " differences");
        out.flush();
        return compared.differences() > 0 ? ExitCode.DAMAGED : inexact.isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
    }

    private static byte[] joined(String prefix, TreePath tree) {
        byte[] head = (prefix + "/").getBytes(StandardCharsets.UTF_8);
        byte[] tail = tree.toBytes();
        byte[] all = java.util.Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, all, head.length, tail.length);
        return all;
    }

    private static TreePath below(TreePath path, TreePath tree) {
        TreePath result = TreePath.ROOT;
        List<byte[]> names = path.names();
        int skip = Math.min(names.size(), tree.names().size());
        for (byte[] name : names.subList(skip, names.size())) {
            result = result.child(name);
        }
        return result;
    }

    private static void line(PrintWriter out, String what, Backup.Result result) {
        var counts = result.summary().counts();
        out.printf(
                "%-13s %s, %d files, %s, %s; sent %s in %d chunks%n",
                what,
                Output.duration(result.millis()),
                counts.files(),
                Output.bytes(counts.bytes()),
                Output.rate(counts.bytes(), result.millis()),
                Output.bytes(counts.wireBytes()),
                counts.sentChunks());
        out.flush();
    }

    private static Backup.Result backup(Platform platform, TreePath tree, Path state, Set<TreePath> inexact)
            throws IOException {
        try (Appliance appliance = new Appliance(Identity.load(state), state)) {
            var options = new Backup.Options(
                    Sources.of(tree),
                    new Excludes(List.of()),
                    false,
                    false,
                    CompressionSide.AUTO,
                    2,
                    4,
                    BUDGET_BYTES,
                    List.of(),
                    Throttle.NONE,
                    0);
            return new Backup(platform, appliance, state, options, new BackupStats(), problem -> {
                        synchronized (inexact) {
                            inexact.add(problem.path());
                        }
                    })
                    .run();
        }
    }

    // ---- the appliance's end and return

    /** Makes the appliance, and keeps its recovery key where the recovery below finds it. */
    private static void init(LocalAppliance local, Path directory) throws IOException, InterruptedException {
        JsonNode made = new ObjectMapper().readTree(local.onData("init", "init", "--profile", "dev", "--json"));
        Path key = directory.resolve("recovery-key");
        Files.deleteIfExists(key);
        Files.createFile(key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(key, made.path("recoveryKey").asText() + "\n");
        local.onData("vault", "vault", "set", vaultUrl(directory), "--when", "manually");
    }

    private static String vaultUrl(Path directory) {
        return "file://" + directory.resolve("vault").toUri().getRawPath().replaceFirst("/$", "");
    }

    private static void recover(LocalAppliance local, Path directory) throws IOException, InterruptedException {
        String key = directory.resolve("recovery-key").toString();
        local.onData("recover", "recover", "--from", vaultUrl(directory), "--recovery-key-file", key);
    }

    private static long bytesIn(Path directory) throws IOException {
        long[] sum = new long[1];
        measure(directory, sum, Long.MAX_VALUE);
        return sum[0];
    }

    private static void measure(Path directory, long[] sum, long limit) throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                sum[0] += attributes.isRegularFile() ? attributes.size() : 0;
                return sum[0] > limit ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** The first place with a few hundred megabytes of real files. */
    private static byte[] defaultSource() throws IOException {
        Path best = Path.of("/etc");
        long most = 0;
        for (String candidate :
                List.of("/usr/share", "/usr/lib/x86_64-linux-gnu", "/usr/include", "/usr/bin", "/usr/lib", "/etc")) {
            Path path = Path.of(candidate);
            if (Files.isDirectory(path)) {
                long[] sum = new long[1];
                measure(path, sum, MAX_BYTES);
                if (sum[0] <= MAX_BYTES && sum[0] > most) {
                    most = sum[0];
                    best = path;
                    if (most >= WANTED_BYTES) {
                        break;
                    }
                }
            }
        }
        return best.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] relative(byte[] absolute) {
        return java.util.Arrays.copyOfRange(
                absolute, absolute.length > 0 && absolute[0] == '/' ? 1 : 0, absolute.length);
    }
}
