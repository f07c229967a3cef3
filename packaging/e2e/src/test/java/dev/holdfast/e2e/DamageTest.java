package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every kind of damage, done to an appliance that then has to heal it, from its vault, its clients or its own copies, or to
 * name whom it hurts. Some cases are those of an appliance with SHA-256, others with BLAKE3, and one is that of both.
 */
class DamageTest {
    private static final long SEED = Long.getLong("holdfast.damage.seed", 4);

    @TempDir
    Path work;

    private final Random random = new Random(SEED);
    private Product product;
    private Product.Client client;
    private Path source;

    private void prepare(HashAlgorithm hash) throws Exception {
        System.out.println("seed " + SEED + ", " + hash);
        source = work.resolve("source");
        for (int i = 0; i < 60; i++) {
            byte[] content = new byte[20_000 + random.nextInt(200_000)];
            random.nextBytes(content);
            Path file = source.resolve("d" + i % 6 + "/file" + i);
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        }
        product = new Product(work.resolve("p"), hash, "dev");
        client = product.enrol("db1");
        client.backup(0, source.toString());
        Files.writeString(source.resolve("d0/second"), "the second snapshot has more");
        client.backup(0, source.toString());
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

    private void restart() throws Exception {
        product.stop();
        product.start();
    }

    private List<Path> files(Predicate<Path> wanted) throws IOException {
        try (Stream<Path> files = Files.walk(product.data)) {
            return files.filter(Files::isRegularFile).filter(wanted).sorted().toList();
        }
    }

    private List<Path> containers() throws IOException {
        return files(file -> file.toString().endsWith(".hfc"));
    }

    /** That is one of data: those of pages are small here. */
    private Path largest() throws IOException {
        return containers().stream()
                .max(Comparator.comparingLong(file -> file.toFile().length()))
                .orElseThrow();
    }

    private List<Path> manifests() throws IOException {
        return files(file -> file.toString().endsWith(".hfs"));
    }

    /** Bits turned over at several places behind the header. */
    private void damage(Path file, int places) throws IOException {
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
            for (int i = 0; i < places; i++) {
                long header = Math.min(512, open.length() / 8);
                long at = header + (long) (random.nextDouble() * (open.length() - 2 * header));
                open.seek(at);
                int was = open.read();
                open.seek(at);
                open.write(was ^ 0xff);
            }
        }
    }

    private void verifyAll() throws Exception {
        for (JsonNode snapshot : client.run("snapshots", "--json").mustBe(0).json()) {
            client.run("verify", snapshot.path("id").asText()).mustBe(0);
        }
        client.mustRestore(source, work.resolve("restored-" + random.nextInt(1_000_000)));
    }

    @Test
    void withoutAVaultDataComeAgainFromTheClientThatStillHasThem() throws Exception {
        prepare(HashAlgorithm.BLAKE3);
        restart();
        damage(largest(), 4);
        Product.Result scrub = admin("scrub", "--all", "--json");
        JsonNode findings = scrub.json().path("findings");
        assertThat(findings.findValuesAsText("path")).isNotEmpty();
        assertThat(admin("events").mustBe(1).out()).contains("damage");
        client.run("restore", "latest", "--target", work.resolve("broken").toString())
                .mustBe(7);

        // What was found is known after a restart too.
        restart();
        client.backup(0, source.toString());
        verifyAll();
        restart();
        admin("gc", "--grace-hours", "0").mustBe(0);
        JsonNode again = admin("scrub", "--all", "--json").mustBe(0).json();
        assertThat(again.path("outcome").path("damaged"))
                .as("what was damaged was emptied and deleted")
                .isEmpty();
        verifyAll();
        product.stop();
        admin("check", "--read-data").mustBe(0);
        product.start();
    }

    @Test
    void pagesComeAgainForTheNextSnapshotAndWhatOlderOnesLostIsNamed() throws Exception {
        prepare(HashAlgorithm.SHA_256);
        restart();
        List<Path> small = new ArrayList<>(containers());
        small.remove(largest());
        assertThat(small).isNotEmpty();
        for (Path each : small) {
            damage(each, 8);
        }
        JsonNode findings = admin("scrub", "--all", "--json").json().path("findings");
        assertThat(findings).isNotEmpty();
        client.backup(0, source.toString());
        client.run("verify", "latest").mustBe(0);
        client.mustRestore(source, work.resolve("restored"));
        List<String> ids = client.run("snapshots", "--json").mustBe(0).json().findValuesAsText("id");
        List<String> hurt = new ArrayList<>();
        for (String id : ids) {
            if (client.run("verify", id).code() != 0) {
                hurt.add(id);
            }
        }
        assertThat(hurt).isNotEmpty().doesNotContain(ids.getLast());
        // Nobody knows what they needed, so everything that their node stored is kept until they are forgotten.
        assertThat(admin("gc", "--grace-hours", "0").mustBe(1).out()).contains("damaged page");
        for (String id : hurt) {
            admin("snapshot", "forget", id).mustBe(0);
        }
        restart();
        admin("gc", "--grace-hours", "0").mustBe(0);
        assertThat(admin("scrub", "--all", "--json")
                        .mustBe(0)
                        .json()
                        .path("outcome")
                        .path("damaged"))
                .isEmpty();
        verifyAll();
    }

    @ParameterizedTest
    @EnumSource
    void withAVaultContainersAndManifestsComeBackFromThere(HashAlgorithm hash) throws Exception {
        prepare(hash);
        admin("vault", "set", "file://" + work.resolve("vault")).mustBe(0);
        restart();
        admin("vault", "upload", "--wait").mustBe(0);
        for (Path each : containers()) {
            damage(each, 2);
        }
        damage(manifests().get(0), 2);
        Files.delete(manifests().get(1));
        JsonNode scrub = admin("scrub", "--all", "--json").mustBe(0).json();
        assertThat(scrub.path("outcome").path("healed").size())
                .isEqualTo(containers().size());
        assertThat(scrub.path("outcome").path("healedManifests").size()).isEqualTo(2);
        assertThat(scrub.path("findings")).isEmpty();
        assertThat(admin("audit").mustBe(0).out()).contains("heal");
        verifyAll();
        admin("gc", "--dry-run").mustBe(0);

        // And the other way round: the vault's damage is healed from the appliance.
        List<Path> objects;
        try (Stream<Path> files = Files.walk(work.resolve("vault"))) {
            objects = files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().matches(".*/[cm]/.*"))
                    .sorted()
                    .toList();
        }
        assertThat(objects).isNotEmpty();
        damage(objects.getFirst(), 1);
        Files.delete(objects.getLast());
        String vault = "file://" + work.resolve("vault");
        product.run("appliance", "vault", "check", vault).mustBe(7);
        product.run(
                        "appliance",
                        "vault",
                        "check",
                        vault,
                        "--repair-from",
                        product.data.toString(),
                        "--recovery-key-file",
                        product.recoveryKey.toString())
                .mustBe(0);
    }

    @Test
    void withoutAVaultALostManifestIsNamedAndNothingOfItsNodeIsCollected() throws Exception {
        prepare(HashAlgorithm.BLAKE3);
        restart();
        damage(manifests().get(0), 2);
        Path lost = manifests().get(1);
        Files.move(lost, work.resolve("kept-aside"));
        JsonNode findings = admin("scrub", "--all", "--json").json().path("findings");
        assertThat(findings.toString())
                .contains(manifests().get(0).getFileName().toString())
                .contains(lost.getFileName().toString());
        product.stop();
        product.start();
        assertThat(admin("gc", "--grace-hours", "0").mustBe(1).out()).contains("manifest", "is kept");
        Files.move(work.resolve("kept-aside"), lost);
    }

    @Test
    void aDamagedIndexIsMadeAnew() throws Exception {
        prepare(HashAlgorithm.SHA_256);
        restart();
        restart();
        product.stop();
        List<Path> tables = files(file -> file.toString().endsWith(".sst"));
        assertThat(tables).isNotEmpty();
        for (Path each : tables) {
            damage(each, 3);
        }
        // It does not even open, or is found damaged: by what was hit.
        assertThat(admin("check").code()).isIn(3, 7);
        admin("rebuild-index").mustBe(0);
        product.start();
        verifyAll();
    }

    @Test
    void aDamagedControlDatabaseIsReplacedByItsCopy() throws Exception {
        prepare(HashAlgorithm.BLAKE3);
        admin("policy", "set", "office", "--last", "3", "--lock-days", "10").mustBe(0);
        admin("policy", "bind", "office", "db1").mustBe(0);
        restart();
        for (int i = 0;
                i < 100
                        && files(file -> file.toString().contains("control-copies/control-"))
                                .isEmpty();
                i++) {
            Thread.sleep(100);
        }
        // A lock that the copy does not know of.
        client.backup(0, source.toString());
        product.stop();
        Path database = product.data.resolve("control.db");
        byte[] content = Files.readAllBytes(database);
        for (int at = 4096; at < content.length; at += 1024) {
            content[at] ^= 0x55;
        }
        Files.write(database, content);
        product.start();
        verifyAll();
        assertThat(admin("policy", "list").mustBe(0).out()).contains("office").contains("db1");
        assertThat(admin("events").mustBe(1).out()).contains("control-healed");
        List<String> kept = admin("snapshot", "list", "--json").mustBe(0).json().findValuesAsText("kept");
        assertThat(kept).hasSize(3).filteredOn(why -> why.startsWith("locked")).hasSize(1);
        client.backup(0, source.toString());
    }
}
