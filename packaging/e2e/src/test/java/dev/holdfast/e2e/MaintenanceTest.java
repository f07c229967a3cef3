package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.Identity;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retention, locks, garbage collection and scrubbing of a running appliance, as its administrator asks for them. */
class MaintenanceTest {
    @TempDir
    private Path dir;

    private Product product;
    private Product.Client client;
    private Path source;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        client = product.enrol("one");
        source = dir.resolve("source");
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
    }

    private Product.Result admin(String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("appliance"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--data", product.data.toString()));
        return product.run(all.toArray(String[]::new));
    }

    /** A backup of content that no other has; returns its id. */
    private String backup(int seed) throws Exception {
        byte[] content = new byte[2_000_000];
        new Random(seed).nextBytes(content);
        Files.createDirectories(source);
        Files.write(source.resolve("changing"), content);
        return client.backup(0, source.toString()).path("snapshot").asText();
    }

    private long used() throws Exception {
        Thread.sleep(2_500);
        return admin("status", "--json").mustBe(0).json().path("usedBytes").asLong();
    }

    @Test
    void whatPolicyForgetsIsCollectedAndTheRestRestores() throws Exception {
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.add(backup(i));
        }
        admin("policy", "set", "office", "--last", "2").mustBe(0);
        admin("policy", "bind", "office", "nobody").mustBe(6);
        admin("policy", "bind", "office", "one").mustBe(0);
        admin("policy", "remove", "office").mustBe(5);
        admin("snapshot", "hold", ids.getFirst(), "--why", "the audit").mustBe(0);
        JsonNode preview = admin("policy", "preview", "--json").mustBe(0).json();
        assertThat(preview.path("go").asInt()).isEqualTo(2);
        assertThat(preview.path("freedBytes").asLong()).isBetween(4_000_000L, 4_100_000L);
        assertThat(client.run("snapshots", "--json").mustBe(0).json()).hasSize(5);
        admin("policy", "apply").mustBe(0);
        assertThat(client.run("snapshots", "--json").mustBe(0).json()).hasSize(3);
        assertThat(admin("snapshot", "list").mustBe(0).out()).contains("held: the audit");
        // Containers are collected once they are sealed, as a restart does.
        product.stop();
        product.start();
        long before = used();
        JsonNode look = admin("gc", "--dry-run", "--below", "100", "--grace-hours", "0", "--json")
                .mustBe(0)
                .json();
        assertThat(look.path("deadBytes").asLong()).isBetween(4_000_000L, 4_100_000L);
        JsonNode done = admin("gc", "--below", "100", "--grace-hours", "0", "--json")
                .mustBe(0)
                .json();
        assertThat(done.path("freedBytes").asLong()).isGreaterThan(3_900_000L);
        assertThat(used()).isLessThan(before - 3_900_000L);
        client.mustRestore(source, dir.resolve("restored"));
        assertThat(admin("tasks", "list", "--json").mustBe(0).json().findValuesAsText("kind"))
                .contains("gc", "retention", "backup");
        assertThat(admin("audit").mustBe(0).out()).contains("collect", "hold", "policy set");
        JsonNode scrub = admin("scrub", "--all", "--json").mustBe(0).json();
        assertThat(scrub.path("outcome").path("damaged")).isEmpty();
    }

    @Test
    void aLockedSnapshotStaysWhateverIsTried() throws Exception {
        admin("policy", "set", "safe", "--last", "1", "--lock-days", "30", "--compliance")
                .mustBe(0);
        admin("policy", "bind", "safe", "one").mustBe(0);
        String first = backup(1);
        backup(2);
        admin("policy", "apply").mustBe(0);
        Product.Result forget = admin("snapshot", "forget", first).mustBe(5);
        assertThat(forget.err()).contains("locked (compliance)");
        admin("snapshot", "lock", first, "--days", "0").mustBe(5);
        admin("snapshot", "lock", first, "--days", "29", "--compliance").mustBe(5);
        admin("snapshot", "lock", first, "--days", "60", "--compliance").mustBe(0);
        admin("policy", "set", "safe", "--last", "1").mustBe(0);
        admin("policy", "apply").mustBe(0);
        assertThat(client.run("snapshots", "--json").mustBe(0).json()).hasSize(2);
        String third = backup(3);
        admin("snapshot", "forget", third, "--dry-run").mustBe(0);
        admin("snapshot", "forget", third).mustBe(0);
        assertThat(client.run("snapshots", "--json").mustBe(0).json()).hasSize(2);
        assertThat(admin("audit").mustBe(0).out()).contains("refused: locked (compliance)");
    }

    @Test
    void suspectedAttackPausesRetentionAndHoldsTheLastCleanSnapshot() throws Exception {
        admin("policy", "set", "tight", "--last", "1").mustBe(0);
        admin("policy", "bind", "tight", "one").mustBe(0);
        Files.createDirectories(source);
        Random random = new Random(9);
        String clean = "";
        for (int day = 0; day < 4; day++) {
            for (int i = 0; i < 30; i++) {
                if (day == 0 || i == day) {
                    Files.writeString(
                            source.resolve("f" + i), ("line of text " + i + " of day " + day + "\n").repeat(10_000));
                }
            }
            clean = client.backup(0, source.toString()).path("snapshot").asText();
        }
        admin("events").mustBe(0);
        for (int i = 0; i < 30; i++) {
            byte[] encrypted = new byte[280_000];
            random.nextBytes(encrypted);
            Files.write(source.resolve("f" + i), encrypted);
        }
        client.backup(0, source.toString());
        Product.Result events = admin("events").mustBe(1);
        assertThat(events.out()).contains("alert").contains("encrypted").contains(clean);
        admin("policy", "apply").mustBe(0);
        assertThat(client.run("snapshots", "--json").mustBe(0).json()).hasSize(5);
        admin("snapshot", "forget", clean).mustBe(5);
        assertThat(admin("attack").mustBe(1).out())
                .contains("one: retention paused since")
                .contains("encrypted");
        assertThat(admin("attack", "one").mustBe(1).out())
                .contains("100% ")
                .contains("The newest snapshot from before: " + clean);
        assertThat(admin("node", "keep", "one", "--reason", "ransom note found")
                        .mustBe(0)
                        .out())
                .contains("held snapshots: 2");
        assertThat(admin("status").mustBe(0).out()).contains("one: an attack was confirmed");
        String newest = client.run("snapshots", "--json")
                .mustBe(0)
                .json()
                .get(4)
                .path("id")
                .asText();
        assertThat(admin("snapshot", "forget", newest).mustBe(5).err()).contains("ransom note found");
        admin("snapshot", "release", newest).mustBe(0);
        admin("node", "release", "one", "--reason", "restored").mustBe(0);
        admin("attack").mustBe(0);
        admin("node", "release", "one").mustBe(6);
        admin("events", "--acknowledge-all").mustBe(0);
        admin("events").mustBe(0);
        admin("policy", "apply").mustBe(0);
        // The newest, and the one that is held.
        assertThat(client.run("snapshots", "--json").mustBe(0).json()).hasSize(2);
    }

    @Test
    void aNodesCertificateDeletesNothing() throws Exception {
        String id = backup(1);
        try (Appliance appliance = new Appliance(Identity.load(client.state), client.state)) {
            Assertions.assertThatThrownBy(() ->
                            appliance.control().request(new Message.Forget(UUID.fromString(id)), Message.Done.class))
                    .isInstanceOfSatisfying(
                            RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FORBIDDEN));
        }
        assertThat(client.run("snapshots", "--json").mustBe(0).json()).hasSize(1);
        assertThat(admin("audit").mustBe(0).out()).contains("forget").contains("refused");
    }

    @Test
    void whatWentBadIsNamedDownToFiles() throws Exception {
        backup(1);
        product.stop();
        try (Stream<Path> files = Files.walk(product.data.resolve("volumes"))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".hfc")).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                if (bytes.length > 1_000_000) {
                    bytes[500_000] ^= 1;
                    Files.write(file, bytes);
                }
            }
        }
        product.start();
        Product.Result scrub = admin("scrub", "--all").mustBe(7);
        assertThat(scrub.out()).contains("1 damaged").contains("hurts " + source.resolve("changing"));
    }
}
