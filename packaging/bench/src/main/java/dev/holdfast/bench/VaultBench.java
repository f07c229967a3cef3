package dev.holdfast.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.format.Office;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.Roots;
import dev.holdfast.vault.format.VaultContainer;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.Retries;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.oss.OssObjectStore;
import dev.holdfast.vault.oss.OssServer;
import dev.holdfast.vault.oss.PlainSdk;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The vault against a server on this machine that speaks OSS: how fast an upload is beside the plain SDK's of the same bytes
 * to the same server, what it costs in requests, and how long it takes to list and to restore a first file from vaults of
 * growing size.
 */
final class VaultBench {
    private static final int PARALLEL = 4;
    private static final int PART_BYTES = 8 << 20;
    private static final int FILE_BYTES = 1 << 20;
    private static final int FILES = 64;
    private static final int FRAMES = 20;

    private VaultBench() {}

    /** Arguments: a directory, MB to upload, rounds. */
    public static void main(String[] arguments) throws Exception {
        NativeCrypto.install();
        Path directory = Path.of(arguments[0]);
        int backups = Math.max(1, Integer.parseInt(arguments[1]) / FILES);
        int rounds = Integer.parseInt(arguments[2]);
        Files.createDirectories(directory);
        try (OssServer server = new OssServer(directory.resolve("bucket"))) {
            OssCredentials.Keys keys = server.admit("LTAIbench", "");
            upload(directory, server, keys, backups, rounds);
            for (int containers : new int[] {1_000, 10_000, 100_000}) {
                scale(directory, server, keys, containers);
            }
        }
    }

    private static ObjectStore vault(OssServer server, OssCredentials.Keys keys, String prefix) {
        return Retries.around(new OssObjectStore(server.location(prefix), keys));
    }

    private static List<byte[]> files(int seed) {
        List<byte[]> files = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            files.add(StoreFixture.random(seed * 1000L + i, FILE_BYTES));
        }
        return files;
    }

    private static void upload(Path directory, OssServer server, OssCredentials.Keys keys, int backups, int rounds)
            throws Exception {
        Path data = directory.resolve("office");
        try (ObjectStore vault = vault(server, keys, "first");
                Office office = Office.open(data, vault)) {
            for (int i = 0; i < backups; i++) {
                StoreFixture.backup(office.store, 1, files(i));
            }
        }
        List<Double> plain = new ArrayList<>();
        List<Double> ours = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            for (String name : List.of("vault.db", "vault.db-wal", "vault.db-shm")) {
                Files.deleteIfExists(data.resolve(name));
            }
            try (ObjectStore vault = vault(server, keys, "round-" + round);
                    Office office = Office.open(data, vault);
                    PlainSdk sdk = new PlainSdk(server, keys, PARALLEL, PART_BYTES)) {
                List<Path> containers = office.store.archiving().local().stream()
                        .map(Archiving.Local::file)
                        .toList();
                long bytes = containers.stream().mapToLong(VaultBench::size).sum();
                // Whoever comes second writes while the disk still takes in what the first left behind.
                for (boolean sdkNow : new boolean[] {round % 2 == 0, round % 2 != 0}) {
                    Map<String, Long> before = server.requests();
                    long in = server.bytesIn();
                    long began = System.nanoTime();
                    long processor = processorNanos();
                    if (sdkNow) {
                        sdk.upload(containers, "plain-" + round);
                    } else {
                        office.upload();
                    }
                    (sdkNow ? plain : ours).add(bytes / 1e6 / seconds(began));
                    System.out.printf(
                            "  %s: %.1f processor seconds a GB, server included%n",
                            sdkNow ? "plain SDK" : "vault", (processorNanos() - processor) / (double) bytes);
                    if (!sdkNow && round == rounds - 1) {
                        print("upload", bytes, server.bytesIn() - in, difference(server.requests(), before));
                    }
                }
                System.out.printf(
                        "round %d: %.0f MB, plain SDK %.0f MB/s, vault %.0f MB/s, ratio %.2f%n",
                        round + 1, bytes / 1e6, plain.getLast(), ours.getLast(), ours.getLast() / plain.getLast());
                if (round == rounds - 1) {
                    restore(office, server, bytes);
                }
            }
        }
        System.out.printf(
                "medians: plain SDK %.0f MB/s, vault (encrypted, hashed, published) %.0f MB/s, ratio %.2f%n",
                median(plain), median(ours), median(ours) / median(plain));
    }

    private static void restore(Office office, OssServer server, long bytes) throws IOException {
        for (Archiving.Local container : office.store.archiving().local()) {
            office.store.archiving().evict(container.number());
        }
        Map<String, Long> before = server.requests();
        long out = server.bytesOut();
        long began = System.nanoTime();
        for (StoredSnapshot snapshot : office.store.manifests().list()) {
            office.files(snapshot);
        }
        System.out.printf("restore, one reader: %.0f MB/s%n", bytes / 1e6 / seconds(began));
        print("restore", bytes, server.bytesOut() - out, difference(server.requests(), before));
    }

    private static void print(String what, long bytes, long moved, Map<String, Long> requests) {
        long all = requests.values().stream().mapToLong(Long::longValue).sum();
        System.out.printf(
                "%s: %.1f requests a GB, %.3f bytes moved for each; %s%n",
                what, all / (bytes / 1e9), (double) moved / bytes, requests);
    }

    private static Map<String, Long> difference(Map<String, Long> after, Map<String, Long> before) {
        Map<String, Long> difference = new TreeMap<>(after);
        before.forEach((name, count) -> difference.merge(name, -count, Long::sum));
        difference.values().removeIf(count -> count == 0);
        return difference;
    }

    private static long processorNanos() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
    }

    private static long size(Path file) {
        return file.toFile().length();
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static double seconds(long began) {
        return (System.nanoTime() - began) / 1e9;
    }

    /** A vault of one real snapshot among many containers that exist in name only. */
    private static void scale(Path directory, OssServer server, OssCredentials.Keys keys, int containers)
            throws Exception {
        try (ObjectStore vault = vault(server, keys, "scale-" + containers)) {
            Path data = directory.resolve("scale-" + containers);
            try (Office office = Office.open(data, vault)) {
                StoreFixture.backup(office.store, 1, files(77).subList(0, 8));
                office.upload();
                pretend(office, vault, containers);
                StoreFixture.backup(office.store, 1, files(78).subList(0, 8));
                office.upload();
            }
            Map<String, Long> before = server.requests();
            long began = System.nanoTime();
            VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0);
            ListedSnapshot newest =
                    recovery.snapshots().values().stream().toList().getLast();
            double listed = seconds(began);
            long listRequests = sum(difference(server.requests(), before));
            before = server.requests();
            began = System.nanoTime();
            try (Office rescued = Office.forRecovery(directory.resolve("rescued-" + containers), vault, recovery)) {
                recovery.onlyRead(rescued.journal);
                recovery.fillManifests(rescued.journal, rescued.store.manifests(), (what, done, total) -> {});
                recovery.prepare(newest.snapshot().id(), rescued.journal, rescued.store.archiving());
                rescued.store.recoverOwners(newest.snapshot(), rescued.progress());
                int read = rescued.files(newest.snapshot()).size();
                double first = seconds(began);
                long firstRequests = sum(difference(server.requests(), before));
                began = System.nanoTime();
                recovery.fillIndex(rescued.journal, rescued.store.archiving(), (what, done, total) -> {});
                System.out.printf(
                        "%,d containers: listed after %.2f s (%d requests), first %d files after another %.2f s (%d requests),"
                                + " index of %,d chunks filled in %.1f s%n",
                        containers,
                        listed,
                        listRequests,
                        read,
                        first,
                        firstRequests,
                        rescued.store.chunks(),
                        seconds(began));
            }
        }
    }

    private static long sum(Map<String, Long> requests) {
        return requests.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Adds containers that exist in the vault's lists alone. */
    static void pretend(Office office, ObjectStore vault, int containers) throws IOException {
        Root root = Roots.newest(vault).orElseThrow().root();
        Random random = new Random(containers);
        Journal journal = office.journal;
        Publication publication = new Publication(
                vault,
                office.keys,
                root.keyring(),
                journal,
                root.writer(),
                (body, key, options) -> vault.put(key, body, PutOptions.NEW));
        List<VaultContainer> made = new ArrayList<>();
        int ordinal = root.nextOrdinal();
        for (int i = 0; i < containers; i++) {
            List<FrameEntry> frames = new ArrayList<>();
            for (int frame = 0; frame < FRAMES; frame++) {
                byte[] id = new byte[ChunkId.BYTES];
                random.nextBytes(id);
                frames.add(new FrameEntry(ChunkId.fromBytes(id), 64 + frame * 4096L, 4000, frame, 1, ChunkKind.DATA));
            }
            UUID id = new UUID(random.nextLong(), random.nextLong());
            made.add(new VaultContainer(id, ordinal++, 1, 64 << 20, 65 << 20, new byte[32], frames));
            if (made.size() == 5_000 || i == containers - 1) {
                root = publication.publish(
                        root,
                        new Publication.Changes(made, ordinal, List.of(), List.of(), List.of(), Set.of()),
                        new byte[] {1},
                        null);
                made.clear();
            }
        }
    }
}
