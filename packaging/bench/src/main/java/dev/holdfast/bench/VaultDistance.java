package dev.holdfast.bench;

import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.format.Office;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.Retries;
import dev.holdfast.vault.oss.DistantRelay;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.oss.OssObjectStore;
import dev.holdfast.vault.oss.OssServer;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The vault at the end of a long line: what upload, check, restore, recovery and rescue take by time, requests and heap, with
 * more and more snapshots in it. The line is a relay that makes each round trip so long; the same steps without it are the baseline.
 */
final class VaultDistance {
    private static final int BACKUPS_A_PUBLICATION = 50;
    private static final int EAGER_MANIFESTS = 16;

    private VaultDistance() {}

    /** Arguments: a directory, round trip in ms, containers that exist in name only, and numbers of snapshots. */
    public static void main(String[] arguments) throws Exception {
        NativeCrypto.install();
        Path directory = Path.of(arguments[0]);
        long millis = Long.parseLong(arguments[1]);
        int containers = Integer.parseInt(arguments[2]);
        for (int i = 3; i < arguments.length; i++) {
            new Run(directory.resolve("snapshots-" + arguments[i]), Integer.parseInt(arguments[i]), containers)
                    .all(millis);
        }
    }

    private static List<byte[]> files(int seed) {
        return List.of(StoreFixture.random(seed, 20_000), StoreFixture.random(1, 1 << 20));
    }

    private interface Step {
        void run() throws IOException;
    }

    private static final class Run {
        private final Path directory;
        private final int snapshots;
        private final int containers;

        Run(Path directory, int snapshots, int containers) {
            this.directory = directory;
            this.snapshots = snapshots;
            this.containers = containers;
        }

        void all(long millis) throws IOException {
            Files.createDirectories(directory);
            try (OssServer server = new OssServer(directory.resolve("bucket"))) {
                OssCredentials.Keys keys = server.admit("LTAIbench", "");
                try (ObjectStore near = Retries.around(new OssObjectStore(server.location("office"), keys))) {
                    fill(near);
                    if (containers > 0) {
                        near(near);
                    }
                    steps(server, near, "near");
                }
                try (DistantRelay line = new DistantRelay(server.endpoint(), millis);
                        ObjectStore far =
                                Retries.around(new OssObjectStore(server.location("office", line.endpoint()), keys))) {
                    steps(server, far, millis + " ms");
                }
            }
        }

        private void fill(ObjectStore vault) throws IOException {
            try (Office office = Office.open(directory.resolve("office"), vault)) {
                for (int i = 0; i < snapshots; i++) {
                    StoreFixture.backup(office.store, 1 + i % 100, files(i));
                    if (i % BACKUPS_A_PUBLICATION == BACKUPS_A_PUBLICATION - 1 || i == snapshots - 1) {
                        office.upload();
                    }
                }
            }
        }

        private void near(ObjectStore vault) throws IOException {
            try (Office office = Office.open(directory.resolve("office"), vault)) {
                VaultBench.pretend(office, vault, containers);
            }
        }

        private void steps(OssServer server, ObjectStore vault, String line) throws IOException {
            StoredSnapshot[] newest = new StoredSnapshot[1];
            try (Office office = Office.open(directory.resolve("office"), vault)) {
                newest[0] = StoreFixture.backup(office.store, 1, files(-line.hashCode()));
                measure(server, line, "upload of one snapshot", office::upload);
                for (Archiving.Local each : office.store.archiving().local()) {
                    office.store.archiving().evict(each.number());
                }
                measure(server, line, "restore, evicted", () -> office.files(newest[0]));
            }
            measure(server, line, "check", () -> new VaultCheck(vault, (what, done, total) -> {}).run());
            measure(server, line, "recover to a first file", () -> firstFile(vault, newest[0], false, line));
            measure(server, line, "rescue to a first file", () -> firstFile(vault, newest[0], true, line));
        }

        private void firstFile(ObjectStore vault, StoredSnapshot wanted, boolean alone, String line)
                throws IOException {
            VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0);
            recovery.control();
            Path data = directory.resolve((alone ? "rescued " : "recovered ") + line);
            try (Office office = Office.forRecovery(data, vault, recovery)) {
                recovery.onlyRead(office.journal);
                office.store.recovering();
                var all = recovery.snapshots();
                if (alone) {
                    recovery.list(all.get(wanted.id()), office.journal, office.store.manifests());
                } else {
                    recovery.list(all.values(), office.journal, office.store.manifests());
                }
                recovery.bring(office.journal, office.store.manifests(), EAGER_MANIFESTS, (w, d, t) -> {});
                recovery.prepare(wanted.id(), office.journal, office.store.archiving());
                office.store.recoverOwners(wanted, office.progress());
                office.files(wanted);
            }
        }

        private void measure(OssServer server, String line, String what, Step step) throws IOException {
            System.gc();
            List<MemoryPoolMXBean> heap = ManagementFactory.getMemoryPoolMXBeans().stream()
                    .filter(pool -> pool.getType() == MemoryType.HEAP)
                    .toList();
            long before = requests(server);
            heap.forEach(MemoryPoolMXBean::resetPeakUsage);
            long began = System.nanoTime();
            step.run();
            double seconds = (System.nanoTime() - began) / 1e9;
            long peak = heap.stream()
                    .mapToLong(pool -> pool.getPeakUsage().getUsed())
                    .sum();
            System.out.printf(
                    "%,7d snapshots, %,d containers, %6s: %-24s %7.2f s, %5d requests, peak heap %d MiB%n",
                    snapshots, containers, line, what, seconds, requests(server) - before, peak >> 20);
        }

        private static long requests(OssServer server) {
            return server.requests().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
        }
    }
}
