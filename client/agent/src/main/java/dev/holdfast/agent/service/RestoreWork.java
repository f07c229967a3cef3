package dev.holdfast.agent.service;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.json.FlatJson;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.agent.restore.Confinement;
import dev.holdfast.agent.restore.Overwrite;
import dev.holdfast.agent.restore.Restore;
import dev.holdfast.agent.restore.RestoreOptions;
import dev.holdfast.agent.restore.RestoreStats;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Purpose;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

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
        Place target = permitted(Path.of(job.target()));
        List<TreePath> wanted = new ArrayList<>();
        for (String path : job.paths()) {
            wanted.add(TreePath.parse(path));
        }
        if (wanted.isEmpty()) {
            wanted.add(TreePath.ROOT);
        }
        int strip = common(wanted);
        RestoreStats stats = new RestoreStats();
        AtomicInteger noted = new AtomicInteger();
        long began = System.nanoTime();
        try (Appliance appliance = new Appliance(Identity.load(state), state)) {
            RemoteManifest manifest = appliance.open(
                    job.snapshot(), Purpose.ORDERED_RESTORE, wanted.getFirst().toString());
            long total =
                    wanted.getFirst().isRoot() ? manifest.summary().counts().bytes() : 0;
            order.steps(() -> new Order.Step("bytes restored", stats.bytes.sum(), total));
            Confinement confinement = rights.confinement(state, manifest);
            if (rights.privileged() && confinement.plain()) {
                order.note("set-id bits, capabilities and devices are left out: " + job.snapshot()
                        + " is no snapshot that this client is known to have made");
            }
            Restore.Reporter reporter = new Restore.Reporter() {
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
            for (TreePath each : wanted) {
                try (Directory into = open(target, confinement)) {
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
            if (stats.frozen.sum() > 0) {
                order.note("warning: " + stats.frozenSummary() + ". " + appliance.thawAdvice(job.snapshot())
                        + "; then order this restore again, which adds them");
            }
        }
        stats.losses().forEach(loss -> order.note("warning: " + loss + ", first of " + loss.first()));
        if (stats.damaged.sum() > 0) {
            throw new IOException(stats.damaged.sum() + " files are damaged in the store; the log names them");
        }
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("target", target.path().toString());
        told.put("files", stats.files.sum());
        told.put("bytes", stats.bytes.sum());
        told.put("skipped", stats.skipped.sum());
        told.put("attributesSet", stats.settled.sum());
        told.put("problems", stats.problems.sum() + stats.losses().size() + stats.frozen.sum());
        told.put("frozen", stats.frozen.sum());
        told.put("stripped", stats.stripped.sum());
        told.put("millis", (System.nanoTime() - began) / 1_000_000);
        return FlatJson.write(told, false);
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

    /** A directory below an allowed one. */
    private record Place(Path root, Path path) {}

    /** Symlinks resolved as far as it exists. */
    private Place permitted(Path wanted) throws IOException {
        if (!wanted.isAbsolute() || !wanted.normalize().equals(wanted)) {
            throw new IOException("'" + wanted + "' is no absolute path without detours");
        }
        @Nullable Path existing = wanted;
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing == null) {
            throw new IOException("'" + wanted + "' lies nowhere");
        }
        Path real = existing.toRealPath().resolve(existing.relativize(wanted)).normalize();
        for (Path each : rights.below()) {
            Files.createDirectories(each);
            Path root = each.toRealPath();
            if (real.startsWith(root)) {
                return new Place(root, real);
            }
        }
        throw new IOException("this client restores by order only below " + rights.below() + ", not to " + wanted
                + "; its administrator decides that with: "
                + TypedCommand.client(state, "service", "--restore-below", "DIR"));
    }

    /** Step by step from the allowed one, following no symlink that somebody may have put there meanwhile. */
    private static Directory open(Place place, Confinement confinement) throws IOException {
        Directory at = Platform.current().open(place.root.toString().getBytes(StandardCharsets.UTF_8));
        confinement.requireOpen(at);
        for (Path name : place.root.relativize(place.path)) {
            byte[] bytes = name.toString().getBytes(StandardCharsets.UTF_8);
            if (bytes.length == 0) {
                continue;
            }
            try (Directory above = at) {
                try {
                    above.makeDirectory(bytes);
                } catch (OsException e) {
                    if (!e.exists()) {
                        throw e;
                    }
                }
                at = above.openDirectory(bytes);
            }
            confinement.requireOpen(at);
        }
        return at;
    }
}
