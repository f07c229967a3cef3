package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vaults that are removed from a running appliance, and set again. */
class VaultRemovalTest {
    private static final String POLICY = """
            {"when":"IMMEDIATELY","windows":[],"bandwidth":[],"leastAgeSeconds":0,"nodes":[],"containerClass":"Standard",
             "colder":[],"parallelParts":4,"evictAbove":100}""";

    private static final IndexRecovery.Progress SILENT = new IndexRecovery.Progress() {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    };

    @TempDir
    Path work;

    private RunningAppliance appliance;
    private RunningAppliance.Browser admin;

    @BeforeEach
    void start() throws Exception {
        appliance = new RunningAppliance(work, (data, control, keys) -> {
            try (Store store = new Store(data.storeConfig(), keys, new LocalDisk(), SILENT)) {
                assertThat(StoreFixture.backup(store, 1, List.of(StoreFixture.random(1, 300_000))))
                        .isNotNull();
            }
        });
        admin = appliance.signIn("administrator-user");
    }

    @AfterEach
    void stop() throws Exception {
        appliance.close();
    }

    private String set(String name, String place) throws Exception {
        Path directory = work.resolve(place);
        if (!Files.exists(directory)) {
            Files.createDirectory(directory);
        }
        return json(appliance.call(
                        admin,
                        "PUT",
                        "/vaults/" + name,
                        "{\"address\":{\"url\":\"file://" + directory + "\"},\"policy\":" + POLICY + "}"))
                .path("found")
                .asText();
    }

    private HttpResponse<String> remove(String name) throws Exception {
        return appliance.call(admin, "DELETE", "/vaults/" + name, null);
    }

    private JsonNode vaults() throws Exception {
        return json(appliance.call(admin, "GET", "/vaults", null)).path("vaults");
    }

    private static boolean everything(JsonNode state) {
        return state.path("counted").asBoolean()
                && state.path("snapshotsBehind").asInt() == 0
                && state.path("root").asLong() > 0
                && state.path("state").asText().equals("idle");
    }

    /** Waits until all vaults are as wanted. */
    private void await(int count, Predicate<JsonNode> wanted) throws Exception {
        for (int i = 0; i < 1200; i++) {
            JsonNode all = vaults();
            boolean as = all.size() == count;
            for (JsonNode each : all) {
                as &= wanted.test(each.path("state"));
            }
            if (as) {
                return;
            }
            Thread.sleep(50);
        }
        assertThat(vaults()).as("vaults that never came to be as wanted").isEmpty();
    }

    /** Journals of vaults that this process has open. */
    private static List<String> open(Path data) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.flatMap(VaultRemovalTest::target)
                    .filter(each -> each.startsWith(data.resolve("vault")))
                    .map(each -> each.getFileName().toString())
                    .filter(each -> each.endsWith(".db"))
                    .distinct()
                    .sorted()
                    .toList();
        }
    }

    private static Stream<Path> target(Path link) {
        try {
            return Stream.of(Files.readSymbolicLink(link));
        } catch (IOException e) {
            // Closed meanwhile.
            return Stream.of();
        }
    }

    private Map<String, Long> containers(String place) throws IOException {
        Map<String, Long> found = new TreeMap<>();
        try (Stream<Path> files = Files.walk(work.resolve(place).resolve("c"))) {
            for (Path each : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                found.put(each.toString(), Files.getLastModifiedTime(each).toMillis());
            }
        }
        return found;
    }

    @Test
    void aVaultIsRemovedSetElsewhereAndSetAgainWhereItWas() throws Exception {
        assertThat(set("vault", "a")).isEqualTo("empty");
        await(1, VaultRemovalTest::everything);
        Map<String, Long> before = containers("a");
        assertThat(set("dr", "b")).isEqualTo("empty");
        await(2, VaultRemovalTest::everything);
        Path data = work.resolve("data");
        assertThat(open(data)).containsExactly("copy-dr.db", "journal.db");
        assertThat(remove("vault").body()).contains("there are copies of this vault");
        assertThat(json(remove("dr")).path("alone").asInt(-1)).isZero();
        assertThat(open(data)).containsExactly("journal.db");
        await(1, VaultRemovalTest::everything);
        assertThat(json(remove("vault")).path("alone").asInt(-1)).isZero();
        assertThat(open(data)).isEmpty();
        assertThat(vaults()).isEmpty();
        assertThat(remove("vault").statusCode()).isEqualTo(404);
        assertThat(set("vault", "c")).isEqualTo("empty");
        await(1, VaultRemovalTest::everything);
        assertThat(containers("c")).hasSameSizeAs(before);
        assertThat(json(remove("vault")).path("alone").asInt(-1)).isZero();
        assertThat(set("vault", "a")).isEqualTo("own");
        await(1, VaultRemovalTest::everything);
        assertThat(containers("a")).isEqualTo(before);
        assertThat(open(data)).containsExactly("journal.db");
        assertThat(appliance.call(admin, "GET", "/audit", null).body()).contains("vault unset");
        assertThat(appliance.call(admin, "GET", "/events", null).body()).doesNotContain("vault-refused");
    }

    @Test
    void aVaultIsNotRemovedWhileContainersLieThereAlone() throws Exception {
        assertThat(set("vault", "a")).isEqualTo("empty");
        await(1, VaultRemovalTest::everything);
        assertThat(appliance.call(admin, "POST", "/eviction", "{}").statusCode())
                .isEqualTo(204);
        for (int i = 0;
                i < 1200
                        && !(json(appliance.call(admin, "GET", "/eviction", null))
                                        .path("bytes")
                                        .asLong()
                                > 0);
                i++) {
            Thread.sleep(50);
        }
        HttpResponse<String> refused = remove("vault");
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(409);
        assertThat(refused.body()).contains("vault.needed-containers");
        await(1, VaultRemovalTest::everything);
        assertThat(open(work.resolve("data"))).containsExactly("journal.db");
        assertThat(VaultData.journal(work.resolve("data"))).exists();
        assertThat(appliance.call(admin, "GET", "/audit", null).body()).contains("refused");
    }

    @Test
    void aVaultWhoseFileSystemHangsIsRemovedAllTheSame() throws Exception {
        assertThat(set("vault", "a")).isEqualTo("empty");
        await(1, VaultRemovalTest::everything);
        // Whoever opens it waits for somebody who writes: no interrupt ends that.
        Path meta = metaOfNewestRoot(work.resolve("a"));
        assertThat(new ProcessBuilder("mkfifo", meta.toString()).start().waitFor())
                .isZero();
        try {
            assertThat(appliance
                            .call(admin, "POST", "/vaults/vault/upload", null)
                            .statusCode())
                    .isEqualTo(200);
            await(1, state -> state.path("progress").asText().contains("nothing moved for "));
            assertThat(json(remove("vault")).path("alone").asInt(-1)).isZero();
            assertThat(open(work.resolve("data"))).isEmpty();
            assertThat(vaults()).isEmpty();
        } finally {
            Files.write(meta, new byte[0]);
        }
    }

    /** What is kept beside the newest root; nothing is, so far. */
    private static Path metaOfNewestRoot(Path vault) throws IOException {
        try (Stream<Path> roots = Files.list(vault.resolve("r"))) {
            Path newest = roots.max(Comparator.naturalOrder()).orElseThrow();
            return Files.createDirectories(vault.resolve(".holdfast/meta"))
                    .resolve("r~" + newest.getFileName() + ".json");
        }
    }

    @Test
    void onlyWhoMayConfigureVaultsRemovesOne() throws Exception {
        assertThat(set("vault", "a")).isEqualTo("empty");
        RunningAppliance.Browser viewer = appliance.signIn("viewer-user");
        assertThat(appliance.call(viewer, "DELETE", "/vaults/vault", null).statusCode())
                .isEqualTo(403);
        assertThat(vaults()).hasSize(1);
    }
}
