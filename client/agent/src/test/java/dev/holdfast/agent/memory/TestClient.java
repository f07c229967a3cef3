package dev.holdfast.agent.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.backup.Backup;
import dev.holdfast.agent.backup.BackupStats;
import dev.holdfast.agent.backup.CompressionSide;
import dev.holdfast.agent.backup.Throttle;
import dev.holdfast.agent.compare.TreeComparison;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.restore.Confinement;
import dev.holdfast.agent.restore.Overwrite;
import dev.holdfast.agent.restore.Restore;
import dev.holdfast.agent.restore.RestoreOptions;
import dev.holdfast.agent.restore.RestoreStats;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Purpose;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/** A node of a {@link MemoryAppliance}: backs up and restores by the client's own code, one run after the other. */
public final class TestClient {
    private static final int BUDGET_BYTES = 16 << 20;

    public final Path state;
    public final Identity identity;
    /** Of the last backup. */
    public BackupStats stats = new BackupStats();
    /** What the last backup reported. */
    public final List<Problem> problems = new CopyOnWriteArrayList<>();
    /** What the last restore reported, as {@code path: what}. */
    public final List<String> warnings = new CopyOnWriteArrayList<>();

    public Excludes excludes = new Excludes(List.of());
    /** What backups read from. */
    public Platform platform = Platform.current();

    public boolean oneFileSystem;
    public Throttle throttle = Throttle.NONE;
    public List<String> tags = List.of();

    /** Enrols. */
    public TestClient(MemoryAppliance appliance, String name, Path state) throws Exception {
        this.state = state;
        this.identity = appliance.enrol(name, state);
    }

    public Appliance connect() throws IOException {
        return MemoryAppliance.connect(state);
    }

    public static byte[] bytes(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8);
    }

    public static TreePath tree(Path path) throws IOException {
        return TreePath.parse(path.toString());
    }

    public Backup.Result backup(Path... sources) throws IOException {
        return backup(false, sources);
    }

    public Backup.Result backup(boolean fullRead, Path... sources) throws IOException {
        Sources found = Sources.find(
                Platform.current(),
                Arrays.stream(sources).map(TestClient::bytes).toList(),
                List.of());
        return run(found, fullRead, Backup::run);
    }

    public Backup.Result backupStream(InputStream stream, String name) throws IOException {
        return run(Sources.of(TreePath.parse(name)), true, backup -> backup.runStream(stream, name));
    }

    private interface Run {
        Backup.Result run(Backup backup) throws IOException;
    }

    private Backup.Result run(Sources sources, boolean fullRead, Run run) throws IOException {
        stats = new BackupStats();
        problems.clear();
        try (Appliance connected = connect()) {
            Backup.Options options = new Backup.Options(
                    sources,
                    excludes,
                    oneFileSystem,
                    fullRead,
                    CompressionSide.CLIENT,
                    2,
                    2,
                    BUDGET_BYTES,
                    tags,
                    throttle,
                    0);
            return run.run(new Backup(platform, connected, state, options, stats, problems::add));
        }
    }

    /** Compares what is there, and writes what differs. */
    public static RestoreOptions overwriting() {
        return RestoreOptions.overwriting(Overwrite.IF_CHANGED);
    }

    /** Restores a whole snapshot; the paths in it are laid below the target. */
    public RestoreStats restore(UUID snapshot, Path target) throws IOException {
        return restore(snapshot, TreePath.ROOT, target, overwriting());
    }

    /** Restores what is at {@code wanted}, as that entry itself. */
    public RestoreStats restore(UUID snapshot, TreePath wanted, Path target, RestoreOptions options)
            throws IOException {
        return restore(snapshot, wanted, target, options, Confinement.NONE);
    }

    public RestoreStats restore(
            UUID snapshot, TreePath wanted, Path target, RestoreOptions options, Confinement confinement)
            throws IOException {
        RestoreStats restored = new RestoreStats();
        warnings.clear();
        Files.createDirectories(target);
        try (Appliance connected = connect();
                Directory into = Platform.current().open(bytes(target))) {
            Restore.Reporter reporter = (path, what) -> warnings.add(path + ": " + what);
            new Restore(
                            connected,
                            connected.open(snapshot, Purpose.RESTORE),
                            into,
                            options,
                            confinement,
                            restored,
                            2,
                            reporter)
                    .run(wanted, Math.max(0, wanted.names().size() - 1));
        }
        return restored;
    }

    /** Fails unless two directories hold the same, with all metadata. */
    public static void assertSame(Path left, Path right) throws IOException {
        List<String> differences = new ArrayList<>();
        TreeComparison comparison = new TreeComparison((path, what) -> differences.add(path + ": " + what), Set.of());
        try (Directory a = Platform.current().open(bytes(left));
                Directory b = Platform.current().open(bytes(right))) {
            TreeComparison.Result result = comparison.compare(a, b);
            assertThat(differences).isEmpty();
            assertThat(result.entries()).isPositive();
        }
    }
}
