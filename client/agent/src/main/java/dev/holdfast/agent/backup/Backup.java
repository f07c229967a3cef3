package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.Disks;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * One backup: a walk finds what changed since the previous snapshot, readers bundle and cut it into chunks, the uploader
 * brings the unknown ones to the appliance, and the manifest is built behind them in order. Memory is bounded by queues
 * and the uploader's budget; order in the manifest is the walk's, however reading overtakes. Runs once.
 */
public final class Backup {
    /**
     * @param tags as {@link SnapshotSummary} has them
     * @param fullRead read every file, whatever the previous snapshot says
     * @param task the appliance's task that ordered this backup, 0 for none
     */
    public record Options(
            Sources sources,
            Excludes excludes,
            boolean oneFileSystem,
            boolean fullRead,
            CompressionSide compress,
            int streams,
            int readers,
            int budgetBytes,
            List<String> tags,
            Throttle throttle,
            long task) {}

    public record Result(UUID snapshot, SnapshotSummary summary, long millis, long networkBytes, boolean incremental) {}

    private final BackupRun run;

    /** @param onProblem told of each problem at once, on whichever thread met it */
    public Backup(
            Platform platform,
            Appliance appliance,
            Path state,
            Options options,
            BackupStats stats,
            Consumer<Problem> onProblem) {
        this.run = new BackupRun(platform, appliance, state, options, stats, new Problems(stats, onProblem));
    }

    /** Backs up the sources. */
    public Result run() throws IOException {
        return run.run(null);
    }

    /** Backs up disks: their bytes in blocks, or what changed of them, and what describes the machine. */
    public Result runDisks(Disks disks) throws IOException {
        Result result = run.run(new DiskSource(disks));
        disks.stored(result.snapshot());
        return result;
    }

    /** Backs up what a stream holds, as one file named {@code name}. */
    public Result runStream(InputStream stream, String name) throws IOException {
        return run.run(new StreamSource(stream, name));
    }
}
