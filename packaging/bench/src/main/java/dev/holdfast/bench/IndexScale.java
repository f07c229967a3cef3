package dev.holdfast.bench;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.Location;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * An index as large as a full appliance's: filled in bulk, in order, then asked for chunks that are there and chunks that
 * are not, with cold and warm caches, by two threads in batches of 128 as clients ask.
 */
public final class IndexScale {
    private static final int BUCKET_BITS = 16;
    private static final int BATCH = 128;
    private static final int LOOKUPS = 400_000;
    private static final int THREADS = 2;

    private IndexScale() {}

    public static void main(String[] arguments) throws Exception {
        long chunks = Long.parseLong(arguments[0].replace("_", ""));
        Path directory = Path.of(arguments[1]);
        HardwareProfile profile = HardwareProfile.load(arguments.length > 2 ? arguments[2] : "hdr-1000");
        long cache = profile.memory().indexCache().bytes();
        long buffers = profile.memory().indexWriteBuffers().bytes();
        System.out.printf(
                "profile %s: cache %d MiB, write buffers %d MiB%n", profile.name(), cache >> 20, buffers >> 20);
        int perBucket = (int) (chunks >> BUCKET_BITS);
        if (!Files.exists(directory)) {
            Files.createDirectories(directory);
            long began = System.nanoTime();
            try (ChunkIndex index = new ChunkIndex(directory, cache, buffers)) {
                fill(index, perBucket);
                System.out.printf("filled in bulk: %.0f s, peak RSS %d MiB%n", seconds(began), rss("VmHWM"));
            }
            System.out.printf("filled and closed: %.0f s%n", seconds(began));
        }
        long bytes;
        try (var files = Files.list(directory)) {
            bytes = files.mapToLong(file -> file.toFile().length()).sum();
        }
        long entries = (long) perBucket << BUCKET_BITS;
        System.out.printf("%,d chunks, %.1f GB, %.1f bytes a chunk%n", entries, bytes / 1e9, (double) bytes / entries);
        System.out.printf("50 TB at 256 KiB, 191 M chunks: %.1f GB of disk%n", (double) bytes / entries * 191e6 / 1e9);
        dropCaches();
        long began = System.nanoTime();
        try (ChunkIndex index = new ChunkIndex(directory, cache, buffers)) {
            System.out.printf("opened in %.1f s, RSS %d MiB%n", seconds(began), rss("VmRSS"));
            lookups(index, perBucket, true, 1, "hits, cold");
            dropCaches();
            lookups(index, perBucket, false, 2, "misses, cold");
            for (int round = 3; round < 9; round++) {
                lookups(index, perBucket, true, round, "hits, warming");
            }
            lookups(index, perBucket, true, 20, "hits, warm");
            lookups(index, perBucket, false, 21, "misses, warm");
            System.out.printf("RSS %d MiB, peak %d MiB%n", rss("VmRSS"), rss("VmHWM"));
            inserts(index);
        }
    }

    private static double seconds(long began) {
        return (System.nanoTime() - began) / 1e9;
    }

    private static long rss(String what) throws IOException {
        return Figures.mebibytes(Figures.self(), what);
    }

    /** Root only; elsewhere "cold" is only as cold as it is. */
    private static void dropCaches() {
        try {
            Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "3");
        } catch (IOException e) {
            System.out.println("(caches not dropped: " + e.getMessage() + ")");
        }
    }

    private static long mix(long z) {
        long a = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
        long b = (a ^ a >>> 27) * 0x94d049bb133111ebL;
        return b ^ b >>> 31;
    }

    /** Ids as an HMAC would make them, but such that those of a bucket can be made, and sorted, alone. */
    private static ChunkId id(int bucket, int number) {
        long seed = mix((long) bucket << 32 | number);
        ByteBuffer bytes = ByteBuffer.allocate(ChunkId.BYTES);
        bytes.putLong((long) bucket << 48 | seed >>> BUCKET_BITS);
        bytes.putLong(mix(seed + 1)).putLong(mix(seed + 2)).putLong(mix(seed + 3));
        return ChunkId.fromBytes(bytes.array());
    }

    private static Location location(long number) {
        return new Location(
                (int) (number / 600),
                number % 600 * 110_000 / 16 * 16,
                100_000,
                ChunkKind.DATA,
                (int) (number % 600),
                1);
    }

    private static void fill(ChunkIndex index, int perBucket) throws IOException {
        long began = System.nanoTime();
        int buckets = 1 << BUCKET_BITS;
        for (int bucket = 0; bucket < buckets; bucket++) {
            ChunkId[] ids = new ChunkId[perBucket];
            for (int i = 0; i < perBucket; i++) {
                ids[i] = id(bucket, i);
            }
            Arrays.sort(ids, (a, b) -> Arrays.compareUnsigned(a.toBytes(), b.toBytes()));
            try (ChunkIndex.Batch batch = index.batch()) {
                for (int i = 0; i < perBucket; i++) {
                    batch.chunk(ids[i], location((long) bucket * perBucket + i));
                }
                batch.commit();
            }
            if (bucket % 8192 == 8191) {
                System.out.printf(
                        "  %d %% after %.0f s, RSS %d MiB%n",
                        (bucket + 1) * 100 / buckets, seconds(began), rss("VmRSS"));
            }
        }
    }

    private static void lookups(ChunkIndex index, int perBucket, boolean hits, long seed, String label)
            throws Exception {
        List<Callable<Integer>> work = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            SplittableRandom random = new SplittableRandom(seed * 100 + thread);
            work.add(() -> {
                int found = 0;
                for (int done = 0; done < LOOKUPS / THREADS; done += BATCH) {
                    List<ChunkId> ids = new ArrayList<>(BATCH);
                    for (int i = 0; i < BATCH; i++) {
                        // What is not there lies beyond the numbers that are.
                        int number = random.nextInt(perBucket) + (hits ? 0 : perBucket);
                        ids.add(id(random.nextInt(1 << BUCKET_BITS), number));
                    }
                    for (Location location : index.find(ids)) {
                        found += location == null ? 0 : 1;
                    }
                }
                return found;
            });
        }
        long began = System.nanoTime();
        int found = 0;
        try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
            for (Future<Integer> each : pool.invokeAll(work)) {
                found += each.get();
            }
        }
        double seconds = seconds(began);
        System.out.printf(
                "%-14s %,9.0f/s, %.1f %% found, RSS %d MiB%n",
                label, LOOKUPS / seconds, 100.0 * found / LOOKUPS, rss("VmRSS"));
    }

    /** As a rebuild does it: in random order, looking each one up first, a container's worth a batch. */
    private static void inserts(ChunkIndex index) throws IOException {
        int containers = 2000;
        int each = 600;
        long began = System.nanoTime();
        for (int container = 0; container < containers; container++) {
            List<ChunkId> ids = new ArrayList<>();
            for (int i = 0; i < each; i++) {
                long seed = mix(container * 1000L + i + (1L << 60));
                ids.add(id((int) (seed & 0xFFFF), (int) (seed >>> 33) | 1 << 30));
            }
            List<Location> known = index.find(ids);
            try (ChunkIndex.Batch batch = index.batch()) {
                for (int i = 0; i < each; i++) {
                    if (known.get(i) == null) {
                        batch.chunk(ids.get(i), location(i));
                    }
                }
                batch.commit();
            }
        }
        double rate = containers * (double) each / seconds(began);
        System.out.printf("rebuild's part of the index: %,.0f chunks/s; 191 M in %.1f h%n", rate, 191e6 / rate / 3600);
    }
}
