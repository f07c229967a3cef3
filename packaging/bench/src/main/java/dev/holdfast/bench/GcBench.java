package dev.holdfast.bench;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.crypto.NativeCrypto;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreConfig;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Garbage collection: how long marking takes and how much memory, against an index of so many chunks that exist in name only
 * and a snapshot that refers to all of them; and how fast backups are while collections run, beside how fast they are alone.
 */
final class GcBench {
    private static final int FRAMES = 250;
    private static final int CHUNK = 256 << 10;
    private static final int PAGE_FILES = 1000;

    private GcBench() {}

    /** Arguments: a directory, chunks in the index, seconds of each round of backups. */
    public static void main(String[] arguments) throws Exception {
        NativeCrypto.install();
        Path directory = Path.of(arguments[0]);
        Files.createDirectories(directory);
        mark(directory.resolve("mark"), Integer.parseInt(arguments[1]));
        beside(directory.resolve("beside"), Integer.parseInt(arguments[2]));
    }

    private static Keyring prepare(Path data) throws IOException {
        Credential credential = new Credential(Credential.Kind.KEY_FILE, new byte[32]);
        Keyring keyring = Keyring.create(credential);
        Volumes.initialise(data.resolve("volume0"), keyring.vault(), 0);
        AtomicFile.createDirectory(data.resolve("manifests"));
        return keyring;
    }

    private static Store open(Path data, VaultKeys vault, ContainerArchive archive) throws IOException {
        return new Store(
                new StoreConfig(data, List.of(data.resolve("volume0")), HardwareProfile.load("dev")),
                vault,
                new LocalDisk(),
                archive,
                new IndexRecovery.Progress() {
                    @Override
                    public void step(String what, long done, long total) {}

                    @Override
                    public void warning(String what) {
                        System.out.println(what);
                    }
                });
    }

    private static Digest digest(int number) {
        return HashAlgorithm.NEWEST.digest(ByteBuffer.allocate(4).putInt(number).array());
    }

    // ---- marking

    private static void mark(Path data, int chunks) throws IOException {
        Keyring keyring = prepare(data);
        try (VaultKeys vault = keyring.unlock(new Credential(Credential.Kind.KEY_FILE, new byte[32]))) {
            long began = System.nanoTime();
            fill(data, vault, chunks);
            System.out.printf("index of %,d chunks filled in %.0f s%n", chunks, seconds(began));
            List<Integer> numbers = IntStream.rangeClosed(1, (chunks + FRAMES - 1) / FRAMES)
                    .boxed()
                    .toList();
            ContainerArchive archive = new ContainerArchive() {
                @Override
                public List<Integer> numbers() {
                    return numbers;
                }

                @Override
                public Disk.DiskFile open(int number) throws IOException {
                    throw new NoSuchFileException("container " + number + " exists in name only");
                }
            };
            try (Store store = open(data, vault, archive)) {
                began = System.nanoTime();
                snapshot(store, chunks);
                System.out.printf("snapshot of all of them made in %.0f s%n", seconds(began));
                System.gc();
                long before = heapUsed();
                resetPeaks();
                began = System.nanoTime();
                long cpu = processorNanos();
                double[] pages = new double[1];
                GarbageCollector.Survey survey = store.collector()
                        .survey(
                                new GarbageCollector.Rules(60, 0),
                                each -> false,
                                (what, done, total) -> {
                                    if (what.equals("snapshots")) {
                                        pages[0] = (System.nanoTime() - 0) / 1e9;
                                    }
                                },
                                () -> false);
                double all = seconds(began);
                double walk = pages[0] - began / 1e9;
                System.out.printf(
                        "marked %,d chunks in %.1f s (%.1f s reading pages, %.1f s reading the index), %.1f processor seconds;"
                                + " heap %.0f MB at most, garbage included, %.0f before; %,d dead bytes%n",
                        survey.chunks(),
                        all,
                        walk,
                        all - walk,
                        (processorNanos() - cpu) / 1e9,
                        heapPeak() / 1e6,
                        before / 1e6,
                        survey.deadBytes());
                System.out.printf(
                        "at that rate 191 M chunks, 50 TB, take %.1f min%n", all / survey.chunks() * 191e6 / 60);
            }
        }
    }

    private static void fill(Path data, VaultKeys vault, int chunks) throws IOException {
        HardwareProfile profile = HardwareProfile.load("dev");
        AtomicFile.createDirectory(data.resolve("index"));
        try (ChunkIndex index = new ChunkIndex(
                data.resolve("index"),
                profile.memory().indexCache().bytes(),
                profile.memory().indexWriteBuffers().bytes())) {
            for (int from = 0; from < chunks; ) {
                try (ChunkIndex.Batch batch = index.batch()) {
                    int end = Math.min(chunks, from + 40 * FRAMES);
                    for (; from < end; from++) {
                        int container = 1 + from / FRAMES;
                        int ordinal = from % FRAMES;
                        batch.chunk(
                                vault.chunkId(digest(from)),
                                new Location(container, 64L + ordinal * 262_144L, 200_000, ChunkKind.DATA, ordinal, 1));
                        if (ordinal == 0) {
                            batch.container(
                                    container, new ContainerInfo(ContainerInfo.ARCHIVED, FRAMES, FRAMES * 200_100L));
                        }
                    }
                    batch.commit();
                }
            }
        }
    }

    private static void snapshot(Store store, int chunks) throws IOException {
        try (BackupSession session = store.openBackup(1, "node-1")) {
            List<PageRef> pages = new ArrayList<>();
            PageWriter writer = new PageWriter();
            for (int i = 0; i < chunks; i++) {
                Timestamp time = new Timestamp(1, 2);
                Attributes attributes = new Attributes(0644, 0, 0, time, time, i, 0, 1, CHUNK, List.of());
                Extent extent = new Extent(0, digest(i), CHUNK, 0, CHUNK);
                writer.add(new Node.RegularFile(
                        String.format("file-%09d", i).getBytes(StandardCharsets.US_ASCII),
                        attributes,
                        new Content(List.of(extent), false, false, CHUNK)));
                if (i % PAGE_FILES == PAGE_FILES - 1 || i == chunks - 1) {
                    take(session, writer, pages);
                }
            }
            for (int from = 0; from < pages.size(); from += 500) {
                session.addPages(pages.subList(from, Math.min(pages.size(), from + 500)));
            }
            StoredSnapshot made = session.commit(StoreFixture.summary(chunks).encode());
            System.out.println(made.pages() + " pages");
        }
    }

    private static void take(BackupSession session, PageWriter writer, List<PageRef> pages) throws IOException {
        writer.take((first, continuation, bytes, records) -> {
            Digest digest = HashAlgorithm.NEWEST.digest(bytes);
            session.put(ChunkKind.PAGE, digest, Packed.compress(bytes, 1));
            pages.add(new PageRef(first, continuation, digest, bytes.length, records));
        });
    }

    // ---- beside backups

    private static void beside(Path data, int seconds) throws Exception {
        Keyring keyring = prepare(data);
        try (VaultKeys vault = keyring.unlock(new Credential(Credential.Kind.KEY_FILE, new byte[32]));
                Store store = open(data, vault, ContainerArchive.NONE)) {
            List<Double> alone = new ArrayList<>();
            List<Double> beside = new ArrayList<>();
            AtomicLong seed = new AtomicLong();
            for (int round = 0; round < 6; round++) {
                boolean collecting = round % 2 == 1;
                // Half of it dead, spread over all containers.
                StoredSnapshot gone = StoreFixture.backup(store, 1, chunks(seed, 2000));
                store.archiving().sealOpen();
                store.manifests().forget(gone);
                AtomicBoolean over = new AtomicBoolean();
                AtomicLong freed = new AtomicLong();
                AtomicLong runs = new AtomicLong();
                Thread collector = Thread.ofPlatform().start(() -> {
                    while (collecting && !over.get()) {
                        try {
                            freed.addAndGet(store.collector()
                                    .collect(new GarbageCollector.Rules(100, 0), (what, done, total) -> {}, () -> false)
                                    .freedBytes());
                            runs.incrementAndGet();
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    }
                });
                double rate = backups(store, seconds, seed);
                over.set(true);
                collector.join();
                (collecting ? beside : alone).add(rate);
                System.out.printf(
                        "round %d, %s: %.0f MB/s stored%s%n",
                        round + 1,
                        collecting ? "collecting" : "alone",
                        rate,
                        collecting
                                ? String.format(", %d collections, %.0f MB freed", runs.get(), freed.get() / 1e6)
                                : "");
            }
            double ratio = median(beside) / median(alone);
            System.out.printf(
                    "medians: alone %.0f MB/s, beside collections %.0f MB/s, ratio %.2f%n",
                    median(alone), median(beside), ratio);
        }
    }

    private static List<byte[]> chunks(AtomicLong seed, int count) {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            chunks.add(StoreFixture.random(seed.incrementAndGet(), CHUNK / 4));
        }
        return chunks;
    }

    /** One session after the other in two threads; returns MB a second. */
    private static double backups(Store store, int seconds, AtomicLong seed) throws Exception {
        long began = System.nanoTime();
        AtomicLong bytes = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int thread = 0; thread < 2; thread++) {
            int node = 2 + thread;
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    while (System.nanoTime() - began < seconds * 1_000_000_000L) {
                        List<byte[]> files = chunks(seed, 200);
                        StoreFixture.backup(store, node, files);
                        bytes.addAndGet(200L * (CHUNK / 4));
                    }
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }));
        }
        for (Thread each : threads) {
            each.join();
        }
        return bytes.get() / 1e6 / seconds(began);
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().toList().get(values.size() / 2);
    }

    private static double seconds(long began) {
        return (System.nanoTime() - began) / 1e9;
    }

    private static long processorNanos() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getProcessCpuTime();
    }

    private static long heapUsed() {
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static void resetPeaks() {
        ManagementFactory.getMemoryPoolMXBeans().forEach(MemoryPoolMXBean::resetPeakUsage);
    }

    private static long heapPeak() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .mapToLong(pool -> pool.getPeakUsage().getUsed())
                .sum();
    }
}
