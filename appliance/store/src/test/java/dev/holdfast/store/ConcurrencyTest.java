package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Many sessions of several nodes at once, at random, against a model: for each node and chunk, when storing began and when
 * it was reported done. What a look-up says must fit some order of what went on (linearizability of a set that only grows),
 * what is read must be right, what is committed must be listed, and nothing is stored twice.
 */
class ConcurrencyTest {
    private static final int THREADS = 8;
    private static final int NODES = 3;
    private static final int CHUNKS = 200;
    private static final int STEPS = 250;

    @TempDir
    Path dir;

    private final AtomicLong clock = new AtomicLong(1);
    /** By node and chunk: the moment the first put began, and ended; 0 for not yet. */
    private final AtomicLongArray began = new AtomicLongArray(NODES * CHUNKS);

    private final AtomicLongArray ended = new AtomicLongArray(NODES * CHUNKS);
    /** Not 0 once it is on stable storage: only then it can be read. */
    private final AtomicLongArray durable = new AtomicLongArray(NODES * CHUNKS);

    private final List<byte[]> contents = new ArrayList<>();
    private final List<Digest> digests = new ArrayList<>();
    private final List<StoredSnapshot> committed = Collections.synchronizedList(new ArrayList<>());
    private final List<StoredSnapshot> forgotten = Collections.synchronizedList(new ArrayList<>());

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whatIsSaidFitsWhatWasDone(long seed) throws Exception {
        for (int i = 0; i < CHUNKS; i++) {
            contents.add(StoreFixture.random(seed * 1000 + i, 200 + i * 37));
            digests.add(HashAlgorithm.NEWEST.digest(contents.get(i)));
        }
        StoreFixture fixture = new StoreFixture(dir);
        try (Store store = fixture.open()) {
            try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
                List<Callable<Boolean>> work = IntStream.range(0, THREADS)
                        .<Callable<Boolean>>mapToObj(thread -> () -> {
                            act(store, thread % NODES, new Random(seed * 100 + thread));
                            return true;
                        })
                        .toList();
                for (Future<Boolean> done : pool.invokeAll(work)) {
                    assertThat(done.get()).isTrue();
                }
            }
        }
        try (Store store = fixture.open()) {
            verify(store);
            assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                    .isEmpty();
        }
    }

    private void act(Store store, int node, Random random) throws IOException {
        for (int step = 0; step < STEPS; ) {
            try (BackupSession session = store.openBackup(node + 1, "node-" + node)) {
                for (int left = 1 + random.nextInt(30); left > 0 && step < STEPS; left--, step++) {
                    switch (random.nextInt(10)) {
                        case 0, 1, 2, 3 -> put(session, node, random.nextInt(CHUNKS));
                        case 4, 5, 6 -> ask(session, node, random);
                        case 7 -> read(store, node, random.nextInt(CHUNKS));
                        case 8 -> awaitDurable(session, node, random.nextInt(CHUNKS));
                        default -> commitOrForget(store, node, random);
                    }
                }
            }
        }
    }

    private long put(BackupSession session, int node, int chunk) throws IOException {
        int at = node * CHUNKS + chunk;
        began.compareAndSet(at, 0, clock.incrementAndGet());
        long sequence = session.put(ChunkKind.DATA, digests.get(chunk), Packed.raw(contents.get(chunk)));
        ended.compareAndSet(at, 0, clock.incrementAndGet());
        return sequence;
    }

    private void ask(BackupSession session, int node, Random random) throws IOException {
        List<Integer> asked = IntStream.range(0, 1 + random.nextInt(40))
                .mapToObj(i -> random.nextInt(CHUNKS))
                .toList();
        long before = clock.incrementAndGet();
        boolean[] known = session.known(asked.stream().map(digests::get).toList());
        long after = clock.incrementAndGet();
        for (int i = 0; i < known.length; i++) {
            int at = node * CHUNKS + asked.get(i);
            long putBegan = began.get(at);
            long putEnded = ended.get(at);
            if (known[i]) {
                assertThat(putBegan)
                        .as("known before anybody of the node stored it")
                        .isBetween(1L, after);
            } else if (putEnded != 0) {
                assertThat(putEnded).as("stored, and unknown later").isGreaterThan(before);
            }
        }
    }

    private void read(Store store, int node, int chunk) throws IOException {
        if (durable.get(node * CHUNKS + chunk) == 0) {
            return;
        }
        StoreReads.assertReadable(store, node + 1, List.of(contents.get(chunk)));
    }

    private void awaitDurable(BackupSession session, int node, int chunk) throws IOException {
        long sequence = put(session, node, chunk);
        while (session.durable() < sequence) {
            Thread.onSpinWait();
        }
        assertThat(session.known(List.of(digests.get(chunk)))).containsExactly(true);
        durable.set(node * CHUNKS + chunk, 1);
    }

    private void commitOrForget(Store store, int node, Random random) throws IOException {
        List<StoredSnapshot> own;
        synchronized (committed) {
            own = committed.stream().filter(s -> s.node() == node + 1).toList();
        }
        if (own.size() > 3 && random.nextBoolean()) {
            StoredSnapshot victim = own.get(random.nextInt(own.size()));
            if (committed.remove(victim)) {
                store.manifests().forget(victim);
                forgotten.add(victim);
            }
            return;
        }
        List<Integer> chosen = IntStream.range(0, CHUNKS)
                .filter(i -> i % 17 == random.nextInt(17))
                .boxed()
                .toList();
        for (int chunk : chosen) {
            began.compareAndSet(node * CHUNKS + chunk, 0, clock.incrementAndGet());
        }
        StoredSnapshot snapshot = StoreFixture.backup(
                store, node + 1, chosen.stream().map(contents::get).toList());
        for (int chunk : chosen) {
            ended.compareAndSet(node * CHUNKS + chunk, 0, clock.incrementAndGet());
            durable.set(node * CHUNKS + chunk, 1);
        }
        // Before another thread can choose it as one to be forgotten.
        assertThat(store.manifests().find(node + 1, snapshot.id())).isPresent();
        committed.add(snapshot);
    }

    private void verify(Store store) throws IOException {
        long unique = 0;
        for (int chunk = 0; chunk < CHUNKS; chunk++) {
            boolean stored = false;
            for (int node = 0; node < NODES; node++) {
                if (ended.get(node * CHUNKS + chunk) != 0) {
                    stored = true;
                    StoreReads.assertReadable(store, node + 1, List.of(contents.get(chunk)));
                }
            }
            unique += stored ? contents.get(chunk).length + 200 : 0;
        }
        // Pages are small; a second copy of the chunks would not be.
        assertThat(store.usedBytes()).isLessThan(unique + committed.size() * 30_000L + forgotten.size() * 30_000L);
        assertThat(store.manifests().list().stream().map(StoredSnapshot::id))
                .containsExactlyInAnyOrderElementsOf(
                        committed.stream().map(StoredSnapshot::id).toList());
    }
}
