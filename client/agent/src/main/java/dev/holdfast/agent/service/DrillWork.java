package dev.holdfast.agent.service;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.DiskRestore;
import dev.holdfast.agent.image.DiskSample;
import dev.holdfast.agent.json.FlatJson;
import dev.holdfast.agent.progress.Progress;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.agent.restore.Confinement;
import dev.holdfast.agent.restore.Overwrite;
import dev.holdfast.agent.restore.Restore;
import dev.holdfast.agent.restore.RestoreOptions;
import dev.holdfast.agent.restore.RestoreStats;
import dev.holdfast.agent.restore.Selection;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreeCursor;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A rehearsal: a random sample of files restored to a scratch directory, each compared with the one that lives where
 * that has not changed since the snapshot, and the time taken.
 */
record DrillWork(Path state, Job.Drill job) implements Order.Work {
    private static final int MAX_FILES = 1000;
    private static final int STREAMS = 2;
    private static final Confinement PLAIN = new Confinement(true, Set.of());

    /** A file of the sample as the snapshot describes it. */
    private record Sampled(TreePath path, Attributes attributes) {}

    @Override
    public String run(Order order) throws IOException {
        Path scratch = state.resolve("drill-" + order.task);
        delete(scratch);
        Identity.createDirectory(scratch);
        try (Appliance appliance = new Appliance(Identity.load(state), state)) {
            RemoteManifest manifest = appliance.open(job.snapshot(), Purpose.DRILL);
            Map<TreePath, Attributes> sample = sample(manifest);
            long bytes = sample.values().stream().mapToLong(Attributes::size).sum();
            if (scratch.toFile().getUsableSpace() < 2 * bytes) {
                throw new PhrasedException(Phrase.of("client.drill-room")
                        .with("directory", state.toString())
                        .with("bytes", bytes));
            }
            RestoreStats stats = new RestoreStats();
            order.progress(() -> Progress.towards(
                    "bytes restored", stats.handledBytes(), bytes, stats.figures(appliance.receivedBytes())));
            List<String> wrong = new ArrayList<>();
            long began = System.nanoTime();
            try (Directory into = Platform.current().open(scratch.toString().getBytes(StandardCharsets.UTF_8))) {
                Restore restore = new Restore(
                        appliance,
                        manifest,
                        into,
                        // Rehearsals come by themselves, and nobody asked for what reading may cost.
                        RestoreOptions.selecting(Overwrite.ALWAYS, Selection.only(sample::containsKey))
                                .free(),
                        PLAIN,
                        stats,
                        STREAMS,
                        reporter(wrong));
                restore.run(TreePath.ROOT, 0);
            }
            stats.bytes.add(blocks(appliance, manifest, wrong));
            long millis = Math.max(1, (System.nanoTime() - began) / 1_000_000);
            long frozen = stats.frozen.sum();
            int[] compared = compare(scratch, sample, wrong, frozen);
            if (frozen > 0) {
                order.note(stats.frozenSummary() + ", or in a class whose reading is charged: a drill costs nothing");
            }
            wrong.forEach(order::note);
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("snapshot", job.snapshot().toString());
            told.put("seed", job.seed());
            told.put("files", stats.files.sum());
            told.put("bytes", stats.bytes.sum());
            told.put("millis", millis);
            told.put("identical", compared[0]);
            told.put("changedSince", compared[1]);
            told.put("wrong", wrong.size());
            told.put("frozen", frozen);
            told.put("snapshotFiles", manifest.summary().counts().files());
            told.put("snapshotBytes", manifest.summary().counts().bytes());
            return FlatJson.write(told, false);
        } finally {
            delete(scratch);
        }
    }

    /** Of disks, which are larger than a sample, blocks are read; returns bytes. */
    private long blocks(Appliance appliance, RemoteManifest manifest, List<String> wrong) throws IOException {
        List<TreePath> disks = DiskRestore.disks(manifest);
        DiskSample sample = DiskSample.of(manifest, disks, job.sampleBytes(), new Random(job.seed()));
        long bytes = 0;
        for (int i = 0; i < sample.size(); i++) {
            try {
                bytes += sample.read(appliance, i);
            } catch (RemoteException e) {
                // What is frozen costs something, and a drill does not.
                if (e.code() != ErrorCode.FROZEN) {
                    wrong.add("a block of a disk: " + e.getMessage());
                }
            }
        }
        return bytes;
    }

    /** What a drill leaves out, it leaves out on purpose: it compares contents. */
    private static Restore.Reporter reporter(List<String> wrong) {
        return new Restore.Reporter() {
            @Override
            public void problem(TreePath path, String what) {
                synchronized (wrong) {
                    wrong.add(path + ": " + what);
                }
            }

            @Override
            public void stripped(TreePath path, String what) {}
        };
    }

    /** One walk over the manifest: each file gets a random number, and those with the smallest stay. */
    private Map<TreePath, Attributes> sample(RemoteManifest manifest) throws IOException {
        Random random = new Random(job.seed());
        TreeMap<Long, Sampled> chosen = new TreeMap<>();
        long bytes = 0;
        TreeCursor cursor = new TreeCursor(manifest);
        for (TreeCursor.Entry entry = cursor.next(); entry != null; entry = cursor.next()) {
            if (!(entry.node() instanceof Node.RegularFile file)) {
                continue;
            }
            long ticket = random.nextLong();
            if (file.attributes().size() > job.sampleBytes()
                    || chosen.size() == MAX_FILES && ticket > chosen.lastKey()) {
                continue;
            }
            chosen.put(ticket, new Sampled(entry.path(), file.attributes()));
            bytes += file.attributes().size();
            while (chosen.size() > 1 && (chosen.size() > MAX_FILES || bytes > job.sampleBytes())) {
                bytes -= chosen.pollLastEntry().getValue().attributes.size();
            }
        }
        Map<TreePath, Attributes> sample = new LinkedHashMap<>();
        chosen.values().forEach(each -> sample.put(each.path, each.attributes));
        return sample;
    }

    /** How many are identical, and how many lives have changed since. */
    private static int[] compare(Path scratch, Map<TreePath, Attributes> sample, List<String> wrong, long frozen)
            throws IOException {
        int[] counts = new int[2];
        long leftOut = frozen;
        for (Map.Entry<TreePath, Attributes> each : sample.entrySet()) {
            String name = each.getKey().toString();
            String relative = name.startsWith("/") ? name.substring(1) : name;
            if (relative.indexOf('\\') >= 0 || relative.indexOf('\uFFFD') >= 0) {
                // No text that java.nio can find the file by; the restore has rehashed it.
                counts[1]++;
                continue;
            }
            Path restored = scratch.resolve(relative);
            Path live = Path.of("/").resolve(relative);
            if (!Files.isRegularFile(restored, LinkOption.NOFOLLOW_LINKS) && leftOut > 0) {
                leftOut--;
            } else if (!Files.isRegularFile(restored, LinkOption.NOFOLLOW_LINKS)) {
                wrong.add(name + ": was not restored");
            } else if (!unchanged(live, each.getValue())) {
                counts[1]++;
            } else if (Files.mismatch(restored, live) < 0) {
                counts[0]++;
            } else if (unchanged(live, each.getValue())) {
                wrong.add(name + ": differs from the live file, which has the same size and time");
            } else {
                counts[1]++;
            }
        }
        return counts;
    }

    private static boolean unchanged(Path live, Attributes attributes) throws IOException {
        if (!Files.isRegularFile(live, LinkOption.NOFOLLOW_LINKS) || !Files.isReadable(live)) {
            return false;
        }
        long seconds = Files.getLastModifiedTime(live).to(TimeUnit.SECONDS);
        return Files.size(live) == attributes.size()
                && seconds == attributes.mtime().seconds();
    }

    /** What a service that was killed in the middle of a drill left: it is somebody's data. */
    static void discardLeftovers(Path state) throws IOException {
        try (DirectoryStream<Path> left = Files.newDirectoryStream(state, "drill-*")) {
            for (Path each : left) {
                delete(each);
            }
        }
    }

    private static void delete(Path scratch) throws IOException {
        if (!Files.exists(scratch)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> walk = Files.walk(scratch)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : all) {
            Files.delete(each);
        }
    }
}
