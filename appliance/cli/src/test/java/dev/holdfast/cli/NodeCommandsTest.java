package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes are renamed, retire, are restored from and removed, by commands while an appliance runs. */
class NodeCommandsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path work;

    private Path data;
    private Appliance appliance;

    private static final class Silent implements IndexRecovery.Progress {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    }

    /** Two snapshots of web1, one of web2. */
    @BeforeEach
    void start() throws Exception {
        data = work.resolve("data");
        DataDirectory directory =
                DataDirectory.init(data, "dev", List.of(), null).directory();
        for (String each : List.of("web1", "web2")) {
            enrol(each);
        }
        try (Credential key = Objects.requireNonNull(directory.unattendedKey());
                VaultKeys keys = directory.keyring().unlock(key);
                Store store = new Store(directory.storeConfig(), keys, new LocalDisk(), new Silent())) {
            StoreFixture.backup(store, 1, List.of(StoreFixture.random(1, 30_000)));
            StoreFixture.backup(store, 1, List.of(StoreFixture.random(2, 30_000)));
            StoreFixture.backup(store, 2, List.of(StoreFixture.random(3, 30_000)));
        }
        try (Credential key = Objects.requireNonNull(directory.unattendedKey())) {
            appliance = new Appliance(directory, key, new InetSocketAddress("127.0.0.1", 0), new Silent());
        }
    }

    @AfterEach
    void stop() throws Exception {
        appliance.close();
    }

    private int enrol(String name) throws IOException {
        try (ControlDb control = control()) {
            control.tokens().add("token of " + name, Duration.ofHours(1), null);
            return control.nodes()
                    .enroll("token of " + name, name, "linux", 8, id -> "f" + id)
                    .id();
        }
    }

    private ControlDb control() throws IOException {
        return new ControlDb(DataDirectory.open(data).controlDb());
    }

    /** Runs a command that must end with a code; returns what it printed, messages too. */
    private String run(int code, String... words) {
        List<String> all = new ArrayList<>(Arrays.asList(words));
        all.addAll(List.of("--data", data.toString()));
        return Typed.run(code, all.toArray(String[]::new));
    }

    private JsonNode json(String... words) throws IOException {
        List<String> all = new ArrayList<>(Arrays.asList(words));
        all.add("--json");
        return JSON.readTree(run(0, all.toArray(String[]::new)));
    }

    /** The ids of a node's snapshots. */
    private List<String> snapshots(String node) throws IOException {
        List<String> ids = new ArrayList<>();
        json("snapshot", "list", "--node", node)
                .forEach(each -> ids.add(each.path("id").asText()));
        return ids;
    }

    private List<String> names() throws IOException {
        List<String> names = new ArrayList<>();
        json("node", "list").forEach(each -> names.add(each.path("name").asText()));
        return names;
    }

    private List<String> audited(String action) throws IOException {
        try (ControlDb control = control()) {
            return control.audit().newest(100).stream()
                    .filter(each -> each.action().startsWith(action))
                    .map(each -> each.object() + ": " + each.outcome())
                    .toList();
        }
    }

    @Test
    void tagsGroupNodes() throws Exception {
        assertThat(run(0, "node", "tag", "web1", "--add", "Production", "--add", "shanghai"))
                .contains("web1: production, shanghai");
        assertThat(run(0, "node", "tag", "web1", "--remove", "shanghai", "--add", "db"))
                .contains("web1: db, production");
        assertThat(run(0, "node", "tag", "web1")).contains("web1: db, production");
        assertThat(run(0, "node", "show", "web1")).contains("Tags              db, production");
        assertThat(run(0, "node", "list", "--tag", "DB"))
                .contains("db, production")
                .contains("web1")
                .doesNotContain("web2");
        assertThat(run(2, "node", "tag", "web1", "--add", "a b")).contains("invalid tag name 'a b'");
        assertThat(json("node", "tag", "web1").path("tags")).hasSize(2);
        assertThat(audited("node tag"))
                .containsExactly(
                        "web1: tags from now on: db, production", "web1: tags from now on: production, shanghai");
        JsonNode token = json("token", "create", "--tag", "branch");
        String text = token.path("token").asText();
        try (ControlDb control = control()) {
            Node made = control.nodes().enroll(text.split("\\.")[1], "web3", "linux", 8, id -> "f" + id);
            assertThat(control.nodeTags().of(made.id())).containsExactly("branch");
        }
    }

    @Test
    void renamedNodeIsCalledSoEverywhere() throws Exception {
        run(0, "vault", "set", "file://" + work.resolve("vault"), "--node", "web1", "--node", "db*");
        assertThat(run(0, "node", "rename", "web1", "shop"))
                .contains("Renamed web1 to shop")
                .contains("Vault 'vault' takes its snapshots under both names");
        assertThat(names()).containsExactly("shop", "web2");
        assertThat(snapshots("shop")).hasSize(2);
        assertThat(snapshots("web1")).isEmpty();
        assertThat(audited("node rename")).containsExactly("web1 to shop: allowed");
        try (ControlDb control = control()) {
            assertThat(control.vaults().list().getFirst().settings()).contains("\"nodes\":[\"web1\",\"db*\",\"shop\"]");
        }
        assertThat(run(0, "node", "rename", "web2", "db2")).doesNotContain("Vault");
        assertThat(run(5, "node", "rename", "shop", "db2")).contains("there is a node 'db2' already");
        assertThat(run(0, "node", "show", "shop"))
                .contains("Name              shop")
                .contains("State             active, offline")
                .contains("Client            ?")
                .contains("Snapshots         2, the last of");
        run(6, "node", "show", "web1");
    }

    @Test
    void planThatUpgradesClientsSaysSo() throws Exception {
        assertThat(run(0, "plan", "set", "nightly", "--path", "/x", "--upgrade-clients"))
                .contains("upgrading the clients");
        assertThat(run(0, "plan", "list")).contains("upgrading the clients");
        JsonNode plan = json("plan", "list").get(0).path("plan");
        assertThat(plan.path("upgradeClients").asBoolean()).isTrue();
        run(0, "plan", "set", "nightly", "--path", "/x");
        assertThat(json("plan", "list").get(0).path("plan").has("upgradeClients"))
                .as("older releases know the plan")
                .isFalse();
    }

    @Test
    void retiredNodeIsRestoredToAnotherAndComesBackWithAToken() throws Exception {
        run(0, "policy", "set", "office", "--last", "9");
        run(0, "policy", "bind", "office", "web1");
        run(0, "plan", "set", "nightly", "--path", "/x");
        run(0, "plan", "bind", "nightly", "web1");
        String would = run(0, "node", "remove", "web1", "--keep-snapshots", "--dry-run");
        assertThat(would)
                .contains("Would end the access of node web1")
                .contains("no longer apply to it: nightly")
                .contains("Snapshots that stay: 2, under policy office");
        assertThat(json("node", "show", "web1").path("node").path("active").asBoolean())
                .isTrue();
        run(0, "node", "remove", "web1", "--keep-snapshots");
        assertThat(run(0, "node", "list")).contains("retired");
        JsonNode shown = json("node", "show", "web1").path("node");
        assertThat(shown.path("plans")).isEmpty();
        assertThat(shown.path("policy").asText()).isEqualTo("office");
        String snapshot = snapshots("web1").getFirst();
        assertThat(run(5, "snapshot", "restore", snapshot, "--target", "/back"))
                .contains("node 'web1' is retired")
                .contains("--node NAME");
        run(0, "snapshot", "restore", snapshot, "--node", "web2", "--target", "/back", "--no-wait");
        assertThat(audited("restore to web2").getFirst()).startsWith(snapshot).contains("to /back");
        assertThat(run(6, "node", "remove", "web1", "--keep-snapshots")).contains("is retired already");
        run(0, "token", "create", "--node", "web1");
    }

    @Test
    void nodeIsRemovedWithItsSnapshotsUnlessOneIsHeld() throws Exception {
        List<String> both = snapshots("web1");
        run(0, "snapshot", "hold", both.getLast(), "--why", "audit");
        assertThat(run(5, "node", "remove", "web1", "--with-snapshots", "--yes"))
                .contains("snapshot " + both.getLast() + " is held: audit")
                .contains("nothing was changed");
        assertThat(json("node", "show", "web1").path("node").path("active").asBoolean())
                .isTrue();
        run(0, "snapshot", "release", both.getLast());
        assertThat(run(2, "node", "remove", "web1", "--with-snapshots")).contains("add --yes");
        run(2, "node", "remove", "web1");
        // As a crash leaves it: retired, with some of its snapshots.
        run(0, "node", "remove", "web1", "--keep-snapshots");
        run(0, "snapshot", "forget", both.getFirst());
        assertThat(run(0, "node", "remove", "web1", "--with-snapshots", "--dry-run"))
                .contains("Snapshots to be forgotten: 1");
        assertThat(run(0, "node", "remove", "web1", "--with-snapshots", "--yes"))
                .contains("Removed node web1 and its 1 snapshots");
        assertThat(names()).containsExactly("web2");
        assertThat(json("snapshot", "list")).hasSize(1);
        run(6, "node", "show", "web1");
        assertThat(audited("node removed")).containsExactly("web1: 1 snapshots forgotten");
        assertThat(audited("forget")).hasSize(2);
        assertThat(enrol("web1x")).isEqualTo(3);
        run(0, "node", "rename", "web1x", "web1");
        assertThat(snapshots("web1")).isEmpty();
        run(0, "node", "remove", "web1", "--with-snapshots", "--yes");
        assertThat(names()).containsExactly("web2");
    }
}
