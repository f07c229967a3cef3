package dev.holdfast.agent.service;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.json.FlatJson;
import dev.holdfast.agent.progress.Estimate;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.agent.restore.Confinement;
import dev.holdfast.agent.restore.Overwrite;
import dev.holdfast.agent.restore.Restore;
import dev.holdfast.agent.restore.RestoreOptions;
import dev.holdfast.agent.restore.RestoreStats;
import dev.holdfast.agent.restore.WantedBytes;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Purpose;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A restore that the appliance ordered, into one of the directories that this client's administrator named for it.
 *
 * @param rights where orders may write, and what
 */
record RestoreWork(Path state, RestoreRights rights, Job.Restore job) implements Order.Work {
    private static final int STREAMS = 2;
    private static final int PROBLEMS_NOTED = 100;

    @Override
    public String run(Order order) throws IOException {
        Overwrite overwrite = Overwrite.named(job.overwrite());
        RestoreTarget target = RestoreTarget.permitted(state, rights, Path.of(job.target()));
        List<TreePath> wanted = wanted();
        RestoreStats stats = new RestoreStats();
        long began = System.nanoTime();
        try (Appliance appliance = new Appliance(Identity.load(state), state);
                Estimate estimate = new Estimate()) {
            restore(order, appliance, overwrite, target, wanted, stats, estimate);
            if (stats.frozen.sum() > 0) {
                order.note("warning: " + stats.frozenSummary() + ". " + appliance.thawAdvice(job.snapshot())
                        + "; then order this restore again, which adds them");
            }
        }
        stats.losses().forEach(loss -> order.note("warning: " + loss + ", first of " + loss.first()));
        if (stats.damaged.sum() > 0) {
            throw new PhrasedException(
                    Phrase.of("client.files-damaged-in-store").with("count", stats.damaged.sum()));
        }
        return FlatJson.write(told(target, stats, (System.nanoTime() - began) / 1_000_000), false);
    }

    private List<TreePath> wanted() throws IOException {
        List<TreePath> wanted = new ArrayList<>();
        for (String path : job.paths()) {
            wanted.add(TreePath.parse(path));
        }
        if (wanted.isEmpty()) {
            wanted.add(TreePath.ROOT);
        }
        return wanted;
    }

    private void restore(
            Order order,
            Appliance appliance,
            Overwrite overwrite,
            RestoreTarget target,
            List<TreePath> wanted,
            RestoreStats stats,
            Estimate estimate)
            throws IOException {
        RemoteManifest manifest = appliance.open(
                job.snapshot(), Purpose.ORDERED_RESTORE, wanted.getFirst().toString());
        if (wanted.getFirst().isRoot()) {
            estimate.guess(manifest.summary().counts().bytes());
        } else {
            estimate.count(() -> WantedBytes.count(manifest, wanted));
        }
        order.progress(() -> Progress.towards(
                "bytes restored", stats.handledBytes(), estimate.expected(), stats.figures(appliance.receivedBytes())));
        Confinement confinement = rights.confinement(state, manifest);
        if (rights.privileged() && confinement.plain()) {
            order.note("set-id bits, capabilities and devices are left out: " + job.snapshot()
                    + " is no snapshot that this client is known to have made");
        }
        Restore.Reporter reporter = reporter(order, target);
        int strip = common(wanted);
        for (TreePath each : wanted) {
            try (Directory into = target.open(confinement)) {
                Stat opened = into.stat();
                new Restore(
                                appliance,
                                manifest,
                                into,
                                RestoreOptions.overwriting(overwrite),
                                confinement,
                                stats,
                                STREAMS,
                                reporter)
                        .run(each, strip);
                Restore.requireInPlace(target.path().toString().getBytes(StandardCharsets.UTF_8), opened);
            }
        }
    }

    private static Restore.Reporter reporter(Order order, RestoreTarget target) {
        AtomicInteger noted = new AtomicInteger();
        return new Restore.Reporter() {
            @Override
            public void problem(TreePath path, String what) {
                if (noted.incrementAndGet() <= PROBLEMS_NOTED) {
                    order.note("warning: " + path + ": " + what);
                }
            }

            @Override
            public void waiting() {
                order.note("waiting for another restore into " + target.path() + " to end");
            }
        };
    }

    private static Map<String, Object> told(RestoreTarget target, RestoreStats stats, long millis) {
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("target", target.path().toString());
        told.put("files", stats.files.sum());
        told.put("bytes", stats.bytes.sum());
        told.put("skipped", stats.skipped.sum());
        told.put("attributesSet", stats.settled.sum());
        told.put("problems", stats.problems.sum() + stats.losses().size() + stats.frozen.sum());
        told.put("frozen", stats.frozen.sum());
        told.put("stripped", stats.stripped.sum());
        told.put("millis", millis);
        return told;
    }

    /** How many names stand above all of them. */
    private static int common(List<TreePath> paths) {
        List<byte[]> first = paths.getFirst().names();
        int common = Math.max(0, first.size() - 1);
        for (TreePath each : paths) {
            common = Math.min(common, Math.max(0, each.names().size() - 1));
            for (int i = 0; i < common; i++) {
                if (!Arrays.equals(first.get(i), each.names().get(i))) {
                    common = i;
                }
            }
        }
        return common;
    }
}
