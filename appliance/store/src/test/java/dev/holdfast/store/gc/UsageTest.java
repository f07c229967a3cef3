package dev.holdfast.store.gc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageTest {
    private static final int CHUNK_BYTES = 40_000;
    private static final int SMALL_CHUNK_BYTES = 3000;

    @TempDir
    private Path dir;

    private static Usage.Report usage(Store store, long memory) throws IOException {
        return store.collector().usage(memory, (what, done, total) -> {}, () -> false);
    }

    /** The seeds of the chunks that each snapshot has; content is random, so that a chunk is stored as long as it is. */
    private static Map<UUID, Set<Integer>> backUp(
            Store store, int nodes, int each, int universe, int bytes, Map<UUID, Integer> owner) throws IOException {
        Random random = new Random(universe);
        Map<UUID, Set<Integer>> all = new HashMap<>();
        for (int node = 1; node <= nodes; node++) {
            Set<Integer> mine = new HashSet<>();
            for (int turn = 0; turn < each; turn++) {
                for (int i = 0; i < universe / 8; i++) {
                    mine.add(random.nextInt(universe));
                }
                mine.removeIf(seed -> random.nextInt(10) == 0);
                List<byte[]> content = new ArrayList<>();
                mine.stream().sorted().forEach(seed -> content.add(StoreFixture.random(seed, bytes)));
                StoredSnapshot snapshot = StoreFixture.backup(store, node, content);
                all.put(snapshot.id(), new HashSet<>(mine));
                owner.put(snapshot.id(), node);
            }
        }
        return all;
    }

    @Test
    void whatIsOwnAndWhatIsSharedIsToldApart() throws IOException {
        try (Store store = new StoreFixture(dir).open()) {
            Map<UUID, Integer> owner = new HashMap<>();
            Map<UUID, Set<Integer>> all = backUp(store, 3, 4, 200, CHUNK_BYTES, owner);
            Usage.Report report = usage(store, 1 << 20);
            assertThat(report.oneIn()).isEqualTo(1);
            assertThat(report.snapshots()).hasSize(12);
            for (Usage.OfSnapshot each : report.snapshots()) {
                Set<Integer> own = new HashSet<>(all.get(each.id()));
                all.forEach((id, seeds) -> {
                    if (!id.equals(each.id())) {
                        own.removeAll(seeds);
                    }
                });
                // Beside the chunks there are pages and a few bytes of envelope for each.
                assertThat(chunks(each.ownBytes())).isEqualTo(own.size());
                assertThat(chunks(each.storedBytes()))
                        .isEqualTo(all.get(each.id()).size());
            }
            for (Usage.OfNode each : report.nodes()) {
                Set<Integer> mine = ofNode(all, owner, each.node(), true);
                Set<Integer> own = new HashSet<>(mine);
                own.removeAll(ofNode(all, owner, each.node(), false));
                assertThat(chunks(each.storedBytes())).isEqualTo(mine.size());
                assertThat(chunks(each.ownBytes())).isEqualTo(own.size());
            }
        }
    }

    private static Set<Integer> ofNode(Map<UUID, Set<Integer>> all, Map<UUID, Integer> owner, int node, boolean its) {
        return all.entrySet().stream()
                .filter(each -> (owner.get(each.getKey()) == node) == its)
                .flatMap(each -> each.getValue().stream())
                .collect(Collectors.toSet());
    }

    /** Envelopes and pages come to less than a chunk in all. */
    private static long chunks(long bytes) {
        return bytes / CHUNK_BYTES;
    }

    @Test
    void withLittleMemoryASampleComesClose() throws IOException {
        try (Store store = new StoreFixture(dir).open()) {
            Map<UUID, Integer> owner = new HashMap<>();
            backUp(store, 2, 3, 4000, SMALL_CHUNK_BYTES, owner);
            Usage.Report exact = usage(store, 64 << 20);
            Usage.Report sampled = usage(store, 64 << 10);
            assertThat(exact.oneIn()).isEqualTo(1);
            assertThat(sampled.oneIn()).isGreaterThan(1);
            for (int i = 0; i < exact.nodes().size(); i++) {
                assertCloseTo(
                        exact.nodes().get(i).storedBytes(),
                        sampled.nodes().get(i).storedBytes(),
                        sampled.oneIn());
            }
            assertCloseTo(exact.sharedBytes(), sampled.sharedBytes(), sampled.oneIn());
        }
    }

    /** Which chunks are in the sample is chance, by the store's own key: six standard deviations are allowed. */
    private static void assertCloseTo(long exact, long sampled, int oneIn) {
        double deviation = Math.sqrt((double) oneIn * SMALL_CHUNK_BYTES / exact);
        assertThat(sampled / (double) exact).isBetween(1 - 6 * deviation, 1 + 6 * deviation);
    }
}
