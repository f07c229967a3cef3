package dev.holdfast.store.gc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Sessions of several nodes that store, ask, rest, commit, break off, forget and restore at random, while the collector runs
 * all the time without any grace. Whoever was told that a chunk is there may commit it; whatever is committed can be read;
 * in the end nothing dead is left.
 */
class CollectorConcurrencyTest {
    private static final int THREADS = 6;
    private static final int NODES = 3;
    private static final int CHUNKS = 120;
    private static final int ROUNDS = Integer.getInteger("holdfast.gc.rounds", 25);

    @TempDir
    private Path dir;

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicInteger deleted = new AtomicInteger();
    private final AtomicInteger collections = new AtomicInteger();
    private final Map<Integer, List<Kept>> kept = new HashMap<>();

    private record Kept(StoredSnapshot snapshot, List<byte[]> files) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void nothingThatIsReliedOnEverGoes(long seed) throws Exception {
        StoreFixture fixture = new StoreFixture(dir);
        try (Store store = fixture.open();
                ExecutorService pool = Executors.newFixedThreadPool(THREADS + 1)) {
            for (int node = 1; node <= NODES; node++) {
                kept.put(node, Collections.synchronizedList(new ArrayList<>()));
            }
            Future<Boolean> collector = pool.submit(() -> {
                while (!over.get()) {
                    store.archiving().sealOpen();
                    collect(store);
                }
                return true;
            });
            List<Callable<Boolean>> work = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                Random random = new Random(seed * 100 + thread);
                int node = 1 + thread % NODES;
                work.add(() -> {
                    for (int round = 0; round < ROUNDS; round++) {
                        act(store, node, random);
                    }
                    return true;
                });
            }
            try {
                for (Future<Boolean> done : pool.invokeAll(work)) {
                    assertThat(done.get()).as("seed " + seed).isTrue();
                }
            } finally {
                over.set(true);
            }
            assertThat(collector.get()).isTrue();
            store.archiving().sealOpen();
            collect(store);
            GarbageCollector.Survey survey = store.collector()
                    .survey(new GarbageCollector.Rules(100, 0), each -> false, (what, done, total) -> {}, () -> false);
            assertThat(survey.deadBytes()).isZero();
            verify(store);
        }
        assertThat(deleted.get()).isPositive();
        try (Store store = fixture.open()) {
            assertThat(fixture.warnings).isEmpty();
            verify(store);
            assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                    .isEmpty();
        }
        System.out.println(
                "seed " + seed + ": " + collections.get() + " collections, " + deleted.get() + " containers deleted, "
                        + kept.values().stream().mapToInt(List::size).sum() + " snapshots left");
    }

    private void collect(Store store) throws IOException {
        GarbageCollector.Outcome outcome =
                store.collector().collect(new GarbageCollector.Rules(100, 0), (what, done, total) -> {}, () -> false);
        assertThat(outcome.warnings()).isEmpty();
        deleted.addAndGet(outcome.deleted());
        collections.incrementAndGet();
    }

    private void verify(Store store) throws IOException {
        for (Map.Entry<Integer, List<Kept>> node : kept.entrySet()) {
            assertThat(store.manifests().list(node.getKey())).hasSameSizeAs(node.getValue());
            for (Kept each : node.getValue()) {
                StoreReads.assertReadable(store, node.getKey(), each.files);
                assertThat(store.archiving().containersOf(each.snapshot).isEmpty())
                        .isFalse();
            }
        }
    }

    private void act(Store store, int node, Random random) throws Exception {
        List<Kept> mine = kept.get(node);
        switch (random.nextInt(5)) {
            case 0, 1, 2 -> backup(store, node, random, mine);
            case 3 -> {
                Kept gone = mine.isEmpty() ? null : take(mine, random);
                if (gone != null) {
                    store.manifests().forget(gone.snapshot);
                }
            }
            default -> {
                Kept read = mine.isEmpty() ? null : take(mine, random);
                if (read != null) {
                    StoreReads.assertReadable(store, node, read.files);
                    mine.add(read);
                }
            }
        }
    }

    /** As its own: nobody else forgets it meanwhile. */
    private static Kept take(List<Kept> mine, Random random) {
        synchronized (mine) {
            return mine.isEmpty() ? null : mine.remove(random.nextInt(mine.size()));
        }
    }

    private static void backup(Store store, int node, Random random, List<Kept> mine) throws Exception {
        List<byte[]> files = random.ints(1 + random.nextInt(20), 0, CHUNKS)
                .distinct()
                .mapToObj(i -> StoreFixture.random(i, 300 + i * 61))
                .toList();
        try (BackupSession session = store.openBackup(node, "node-" + node)) {
            boolean[] known = session.known(
                    files.stream().map(HashAlgorithm.NEWEST::digest).toList());
            rest(random);
            for (int i = 0; i < files.size(); i++) {
                if (!known[i]) {
                    StoreFixture.put(session, files.get(i));
                }
            }
            rest(random);
            if (random.nextInt(4) > 0) {
                mine.add(new Kept(StoreFixture.commitKnown(session, files), files));
            }
        }
    }

    private static void rest(Random random) throws InterruptedException {
        Thread.sleep(random.nextInt(3) == 0 ? random.nextInt(60) : 0);
    }
}
