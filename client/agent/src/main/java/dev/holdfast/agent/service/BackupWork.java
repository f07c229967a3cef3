package dev.holdfast.agent.service;

import dev.holdfast.agent.backup.Attempts;
import dev.holdfast.agent.backup.Backup;
import dev.holdfast.agent.backup.BackupStats;
import dev.holdfast.agent.backup.CommandStream;
import dev.holdfast.agent.backup.CompressionSide;
import dev.holdfast.agent.backup.Pace;
import dev.holdfast.agent.backup.Throttle;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.json.FlatJson;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Job;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A backup that the appliance ordered: script, snapshot, script. */
record BackupWork(Path state, Scripts scripts, Job.Backup job) implements Order.Work {
    private static final int BUDGET_BYTES = 64 << 20;
    private static final int STREAMS = 2;
    private static final int READERS = 4;
    /** Twenty minutes, then the appliance decides. */
    private static final int RETRIES = 60;

    private static final int PROBLEMS_NOTED = 50;

    @Override
    public String run(Order order) throws IOException, InterruptedException {
        Platform platform = Platform.current();
        if (job.limits().idle() && !platform.yieldToOthers()) {
            order.note("this system cannot make a job yield to others");
        }
        Backup.@Nullable Result result = null;
        try {
            if (!job.before().isEmpty()) {
                order.steps(() -> new Order.Step("script " + job.before(), 0, 0));
                scripts.run(job.before(), job.scriptSeconds(), Map.of("HOLDFAST_TASK", "" + order.task), order::note);
            }
            result = backup(platform, order);
        } finally {
            after(order, result);
        }
        return FlatJson.write(told(result), false);
    }

    /** Runs whatever became of the backup: what the first script stopped must go on. */
    private void after(Order order, Backup.@Nullable Result result) throws IOException {
        if (job.after().isEmpty()) {
            return;
        }
        order.steps(() -> new Order.Step("script " + job.after(), 0, 0));
        // On a thread that no order to cancel interrupts: what the first script stopped must go on.
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread.ofPlatform().name("script").start(() -> {
            try {
                scripts.run(
                        job.after(),
                        job.scriptSeconds(),
                        Map.of(
                                "HOLDFAST_TASK", "" + order.task,
                                "HOLDFAST_RESULT", result == null ? "failed" : "done",
                                "HOLDFAST_SNAPSHOT",
                                        result == null ? "" : result.snapshot().toString()),
                        order::note);
                done.complete(null);
            } catch (IOException | InterruptedException | RuntimeException | Error e) {
                done.completeExceptionally(e);
            }
        });
        try {
            done.join();
        } catch (CompletionException e) {
            String why = String.valueOf(e.getCause() == null ? e : e.getCause().getMessage());
            if (result != null) {
                throw new IOException("the snapshot was made, but " + why, e);
            }
            // The backup's own failure is the one to tell.
            order.note(why);
        }
    }

    private Backup.Result backup(Platform platform, Order order) throws IOException, InterruptedException {
        Job.Limits limits = job.limits();
        Pace reading = new Pace(limits.readBytesPerSecond());
        Pace sending = new Pace(limits.sendBytesPerSecond());
        order.gates(reading, sending);
        int threads = limits.threads() == 0 ? Runtime.getRuntime().availableProcessors() : limits.threads();
        int readers = limits.threads() == 0 ? READERS : limits.threads();
        Throttle throttle = new Throttle(reading, sending, threads);
        Job.Options wanted = job.options();
        Excludes excludes = Excludes.lenient(new Excludes.Settings(
                job.excludes(),
                wanted.anyCaseExcludes(),
                wanted.excludeCaches(),
                wanted.excludeIfPresent(),
                wanted.excludeLargerThanBytes()));
        excludes.refused().forEach(why -> order.note("warning: " + why + "; it is left aside"));
        boolean stream = !wanted.streamScript().isEmpty();
        Sources sources = stream
                ? Sources.of(TreePath.of(wanted.streamName().getBytes(StandardCharsets.UTF_8)))
                : Sources.find(platform, bytes(job.paths()), bytes(wanted.optionalPaths()));
        sources.remarks().forEach(order::note);
        AtomicInteger noted = new AtomicInteger();
        Backup.Result made = Attempts.run(
                full -> {
                    BackupStats stats = new BackupStats();
                    try (Appliance appliance = new Appliance(Identity.load(state), state)) {
                        var options = new Backup.Options(
                                sources,
                                excludes,
                                job.oneFileSystem(),
                                full,
                                CompressionSide.AUTO,
                                STREAMS,
                                readers,
                                BUDGET_BYTES,
                                wanted.tags(),
                                throttle,
                                order.task);
                        long expected = expected(appliance, sources.paths());
                        order.steps(() -> new Order.Step(
                                "bytes seen",
                                stats.readBytes.sum() + stats.reusedBytes.sum(),
                                Math.max(expected, stats.readBytes.sum() + stats.reusedBytes.sum())));
                        Backup backup = new Backup(platform, appliance, state, options, stats, problem -> {
                            if (noted.incrementAndGet() <= PROBLEMS_NOTED) {
                                order.note("warning: " + problem.path() + ": "
                                        + problem.kind().label() + " (" + problem.detail() + ")");
                            }
                        });
                        if (!stream) {
                            return backup.run();
                        }
                        try (CommandStream output = scripts.stream(
                                wanted.streamScript(), Map.of("HOLDFAST_TASK", "" + order.task), order::note)) {
                            return backup.runStream(output, wanted.streamName());
                        }
                    }
                },
                job.fullRead(),
                RETRIES,
                order::note);
        excludes.remarks().forEach(order::note);
        return made;
    }

    private static List<byte[]> bytes(List<String> texts) {
        return texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    }

    /** Bytes, as the previous snapshot of the same sources had them; 0 where there is none. */
    private static long expected(Appliance appliance, List<TreePath> sources) throws IOException {
        return appliance.snapshots().reversed().stream()
                .filter(each -> each.summary().sources().equals(sources))
                .mapToLong(each -> each.summary().counts().bytes())
                .findFirst()
                .orElse(0);
    }

    private static Map<String, Object> told(Backup.Result result) {
        SnapshotSummary.Counts counts = result.summary().counts();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("snapshot", result.snapshot().toString());
        map.put("files", counts.files());
        map.put("bytes", counts.bytes());
        map.put("filesReused", counts.reused());
        map.put("bytesSentRaw", counts.sentBytes());
        map.put("bytesSent", counts.wireBytes());
        map.put("problems", counts.problems());
        map.put("millis", result.millis());
        return map;
    }
}
