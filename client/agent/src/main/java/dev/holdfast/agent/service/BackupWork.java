package dev.holdfast.agent.service;

import dev.holdfast.agent.allocation.AllocatedDisks;
import dev.holdfast.agent.backup.Attempts;
import dev.holdfast.agent.backup.Backup;
import dev.holdfast.agent.backup.BackupStats;
import dev.holdfast.agent.backup.CommandStream;
import dev.holdfast.agent.backup.CompressionSide;
import dev.holdfast.agent.backup.Pace;
import dev.holdfast.agent.backup.SourceCount;
import dev.holdfast.agent.backup.Throttle;
import dev.holdfast.agent.consistent.ConsistentSources;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.DiskImages;
import dev.holdfast.agent.image.Disks;
import dev.holdfast.agent.json.FlatJson;
import dev.holdfast.agent.progress.Estimate;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.agent.vm.MachineSource;
import dev.holdfast.agent.vm.VmDisks;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.snapshot.SnapshotMode;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import dev.holdfast.protocol.wire.Job;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A backup that the appliance ordered: script, snapshot, script.
 *
 * @param machine that the node is; empty where it is this host
 * @param warnings how often the machine was not backed up as it was wanted
 */
record BackupWork(Path state, Scripts scripts, Job.Backup job, Optional<MachineSource> machine, AtomicInteger warnings)
        implements Order.Work {
    private static final int BUDGET_BYTES = 64 << 20;
    private static final int STREAMS = 2;
    private static final int READERS = 4;
    /** Twenty minutes, then the appliance decides. */
    private static final int RETRIES = 60;

    private static final int PROBLEMS_NOTED = 50;
    /** Virtual machines of this host that are backed up at one time: each takes memory and disk bandwidth. */
    private static final Semaphore MACHINES = new Semaphore(2, true);

    @Override
    public String run(Order order) throws IOException, InterruptedException {
        Platform platform = Platform.current();
        if (job.limits().idle() && !platform.yieldToOthers()) {
            order.note("the option idle is not supported on this system");
        }
        Backup.Result made = machine.isPresent() ? inTurn(platform, order) : scripted(platform, order);
        return FlatJson.write(told(made), false);
    }

    /** Scripts too: what the first one stops would wait for its turn otherwise. */
    private Backup.Result inTurn(Platform platform, Order order) throws IOException, InterruptedException {
        requireDisks();
        order.progress(() -> Progress.step("wait for other machines of this host"));
        MACHINES.acquire();
        try {
            return scripted(platform, order);
        } finally {
            MACHINES.release();
        }
    }

    private Backup.Result scripted(Platform platform, Order order) throws IOException, InterruptedException {
        Backup.@Nullable Result result = null;
        try {
            if (!job.before().isEmpty()) {
                order.progress(() -> Progress.step("script " + job.before()));
                scripts.run(job.before(), job.scriptSeconds(), Map.of("HOLDFAST_TASK", "" + order.task), order::note);
            }
            result = backup(platform, order);
            return result;
        } finally {
            after(order, result);
        }
    }

    /** The host's files are not this node's. */
    private void requireDisks() throws IOException {
        boolean disks = ofDisks()
                && job.options().snapshots().mode() == SnapshotMode.NONE
                && job.options().disks().stream().noneMatch(each -> each.lastIndexOf('/') > 0);
        if (!disks) {
            throw new PhrasedException(Phrase.of("client.machine-disks"));
        }
    }

    /** Runs whatever became of the backup: what the first script stopped must go on. */
    private void after(Order order, Backup.@Nullable Result result) throws IOException {
        if (job.after().isEmpty()) {
            return;
        }
        order.progress(() -> Progress.step("script " + job.after()));
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
            Throwable why = e.getCause() == null ? e : e.getCause();
            if (result != null) {
                throw new PhrasedException(Phrase.of("client.script-after").with("reason", why), e);
            }
            // The backup's own failure is the one to tell.
            order.note(String.valueOf(why.getMessage()));
        }
    }

    private Backup.Result backup(Platform platform, Order order) throws IOException, InterruptedException {
        Throttle throttle = throttle();
        Pace counting = Pace.unlimited();
        order.gates(throttle.reading(), throttle.sending(), counting);
        Excludes excludes = excludes(order);
        Sources sources = sources(platform, order);
        sources.remarks().forEach(order::note);
        Consumer<Problem> reporter = reporter(order);
        try (ConsistentSources consistent = consistent(platform, sources, excludes, order);
                Estimate estimate = new Estimate()) {
            Platform read = consistent.platform();
            if (!ofDisks() && !ofStream()) {
                estimate.count(
                        () -> SourceCount.beside(counting).run(read, sources, excludes.again(), job.oneFileSystem()));
            }
            Backup.Result made = Attempts.run(
                    full -> attempt(
                            read, order, options(sources, excludes, full, throttle, order.task), estimate, reporter),
                    job.fullRead(),
                    RETRIES,
                    order::note);
            excludes.remarks().forEach(order::note);
            return made;
        }
    }

    /** What is read, for as long as it is open. */
    private ConsistentSources consistent(Platform platform, Sources sources, Excludes excludes, Order order)
            throws IOException {
        ConsistentSources.removeLeft(state, order::note);
        SourceSnapshots wanted = job.options().snapshots();
        if (wanted.mode() != SnapshotMode.NONE) {
            order.progress(() -> Progress.step("source snapshots"));
        }
        if (ofDisks() && machine.isEmpty()) {
            List<Path> disks = job.options().disks().stream().map(Path::of).toList();
            return ConsistentSources.takeDisks(platform, state, wanted, disks, order::note);
        }
        return ConsistentSources.take(
                platform,
                state,
                ofStream() || machine.isPresent() ? SourceSnapshots.NONE : wanted,
                sources,
                excludes,
                job.oneFileSystem(),
                order::note);
    }

    private Throttle throttle() {
        Job.Limits limits = job.limits();
        int compressors = limits.threads() == 0 ? Runtime.getRuntime().availableProcessors() : limits.threads();
        return new Throttle(new Pace(limits.readBytesPerSecond()), new Pace(limits.sendBytesPerSecond()), compressors);
    }

    private Excludes excludes(Order order) {
        Job.Options wanted = job.options();
        Excludes excludes = Excludes.lenient(new Excludes.Settings(
                job.excludes(),
                wanted.anyCaseExcludes(),
                wanted.excludeCaches(),
                wanted.excludeIfPresent(),
                wanted.excludeLargerThanBytes()));
        excludes.refused().forEach(why -> order.note("warning: " + why + "; it is ignored"));
        return excludes;
    }

    private boolean ofStream() {
        return !job.options().streamScript().isEmpty();
    }

    private boolean ofDisks() {
        return !job.options().disks().isEmpty();
    }

    private Disks disks(Platform platform, VmDisks.Told told) throws IOException {
        if (machine.isPresent()) {
            return machine(machine.get()).open(state, told);
        }
        Disks opened = images(platform);
        return job.fullRead() ? opened : AllocatedDisks.of(opened, told::remark);
    }

    private DiskImages images(Platform platform) throws IOException {
        return DiskImages.open(
                platform, job.options().disks().stream().map(Path::of).toList(), null);
    }

    /** The disks that a plan names as {@code /NAME}, or those that the enrolment chose for {@code /}. */
    private MachineSource machine(MachineSource all) {
        List<String> names =
                job.options().disks().stream().map(each -> each.substring(1)).toList();
        return names.contains("") ? all : all.only(names);
    }

    /** What people should know of a machine. */
    private VmDisks.Told told(Order order) {
        return new VmDisks.Told() {
            @Override
            public void remark(String text) {
                order.note(text);
            }

            @Override
            public void warning(String text) {
                warnings.incrementAndGet();
                order.note("warning: " + text);
            }
        };
    }

    private Sources sources(Platform platform, Order order) throws IOException {
        Job.Options wanted = job.options();
        if (machine.isPresent()) {
            List<TreePath> disks = machine(machine.get()).list(state, told(order)).stream()
                    .map(VmDisks.Listed::name)
                    .toList();
            return Sources.of(Disks.names(disks).toArray(TreePath[]::new));
        }
        if (ofDisks()) {
            try (Disks disks = images(platform)) {
                return Sources.of(disks.names().toArray(TreePath[]::new));
            }
        }
        return ofStream()
                ? Sources.of(TreePath.of(wanted.streamName().getBytes(StandardCharsets.UTF_8)))
                : Sources.find(platform, bytes(job.paths()), bytes(wanted.optionalPaths()));
    }

    private static Consumer<Problem> reporter(Order order) {
        AtomicInteger noted = new AtomicInteger();
        return problem -> {
            if (noted.incrementAndGet() <= PROBLEMS_NOTED) {
                order.note(
                        "warning: " + problem.path() + ": " + problem.kind().label() + " (" + problem.detail() + ")");
            }
        };
    }

    private Backup.Options options(Sources sources, Excludes excludes, boolean full, Throttle throttle, long task) {
        int threads = job.limits().threads();
        return new Backup.Options(
                sources,
                excludes,
                job.oneFileSystem(),
                full,
                CompressionSide.AUTO,
                STREAMS,
                threads == 0 ? READERS : threads,
                BUDGET_BYTES,
                job.options().tags(),
                throttle,
                task);
    }

    private Backup.Result attempt(
            Platform platform, Order order, Backup.Options options, Estimate estimate, Consumer<Problem> reporter)
            throws IOException {
        // Of this attempt alone.
        warnings.set(0);
        BackupStats stats = new BackupStats();
        try (Appliance appliance = new Appliance(Identity.load(state), state)) {
            if (!ofDisks()) {
                estimate.guess(previous(appliance, options.sources().paths()));
            }
            order.progress(
                    () -> Progress.towards("bytes seen", stats.seenBytes(), estimate.expected(), stats.figures()));
            Backup backup = new Backup(platform, appliance, state, options, stats, reporter);
            if (ofDisks()) {
                try (Disks disks = disks(platform, told(order))) {
                    estimate.guess(disks.bytes());
                    Backup.Result result = backup.runDisks(disks);
                    if (stats.unallocatedBytes.sum() > 0) {
                        order.note("left out " + stats.unallocatedBytes.sum()
                                + " bytes that file systems have not allocated");
                    }
                    return result;
                }
            }
            if (!ofStream()) {
                return backup.run();
            }
            try (CommandStream output = scripts.stream(
                    job.options().streamScript(), Map.of("HOLDFAST_TASK", "" + order.task), order::note)) {
                return backup.runStream(output, job.options().streamName());
            }
        }
    }

    private static List<byte[]> bytes(List<String> texts) {
        return texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    }

    /** Bytes, as the previous snapshot of the same sources had them; 0 where there is none. */
    private static long previous(Appliance appliance, List<TreePath> sources) throws IOException {
        return appliance.snapshots().reversed().stream()
                .filter(each -> each.summary().sources().equals(sources))
                .mapToLong(each -> each.summary().counts().bytes())
                .findFirst()
                .orElse(0);
    }

    private Map<String, Object> told(Backup.Result result) {
        SnapshotSummary.Counts counts = result.summary().counts();
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("snapshot", result.snapshot().toString());
        map.put("files", counts.files());
        map.put("bytes", counts.bytes());
        map.put("filesReused", counts.reused());
        map.put("bytesSentRaw", counts.sentBytes());
        map.put("bytesSent", counts.wireBytes());
        map.put("problems", counts.problems() + warnings.get());
        map.put("millis", result.millis());
        return map;
    }
}
