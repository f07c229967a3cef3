package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes killed, files damaged: nothing acknowledged is lost, and what is lost is named. */
class FaultsTest {
    private static final long SEED = 20261123;

    @TempDir
    Path dir;

    private Product product;
    private Path source;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        source = dir.resolve("source");
        Random random = new Random(SEED);
        for (int i = 0; i < 40; i++) {
            byte[] content = new byte[2_000_000 + random.nextInt(4_000_000)];
            random.nextBytes(content);
            Path file = source.resolve("d" + i % 5 + "/f" + i);
            Files.createDirectories(file.getParent());
            Files.write(file, content);
        }
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
    }

    private long sourceBytes() throws IOException {
        try (Stream<Path> files = Files.walk(source)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private long storedBytes() throws IOException {
        try (Stream<Path> files = Files.walk(product.data.resolve("volumes"))) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    @Test
    void aKilledClientAndAKilledApplianceResume() throws Exception {
        Product.Client client = product.enrol("resume");
        Product.Running first = client.launch("backup", source.toString(), "-q");
        while (storedBytes() < 20_000_000 && first.process().isAlive()) {
            Thread.sleep(5);
        }
        first.process().destroyForcibly().waitFor();
        // Half a second is more than a commit group takes: what is on disk now has been acknowledged.
        Thread.sleep(500);
        long kept = storedBytes();
        assertThat(client.run("snapshots", "--json").json()).isEmpty();

        Product.Running second = client.launch("backup", source.toString(), "-q", "--json");
        while (storedBytes() < kept + 20_000_000 && second.process().isAlive()) {
            Thread.sleep(5);
        }
        product.kill();
        long beforeRestart = storedBytes();
        product.start();
        // The client has been waiting for the appliance, and goes on by itself.
        JsonNode result = Product.finish(second).mustBe(0).json();
        assertThat(result.path("snapshot").asText()).isNotEmpty();
        assertThat(beforeRestart).isGreaterThan(kept);
        // Sent in all attempts of this run together; what the first client had stored was not sent again.
        assertThat(result.path("bytesSentRaw").asLong()).isLessThan(sourceBytes() - kept / 2);
        client.mustRestore(source, dir.resolve("back"));
        product.stop();
        product.run("appliance", "check", "--data", product.data.toString(), "--read-data")
                .mustBe(0);
    }

    @Test
    void damageIsNamedAndTheRestIsRestored() throws Exception {
        Product.Client client = product.enrol("damage");
        client.backup(0, source.toString());
        product.stop();
        Path container;
        try (Stream<Path> files = Files.walk(product.data.resolve("volumes"))) {
            container = files.filter(file -> file.toString().endsWith(".hfc"))
                    .max(Comparator.comparingLong(file -> file.toFile().length()))
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(container);
        bytes[bytes.length / 2] ^= 4;
        Files.write(container, bytes);
        Product.Result check =
                product.run("appliance", "check", "--data", product.data.toString(), "--read-data", "--json");
        check.mustBe(7);
        JsonNode finding = check.json().path("findings").path(0);
        assertThat(finding.path("file").asText()).isEqualTo(container.toString());
        assertThat(finding.path("hurts")).hasSize(1);
        String hurt = finding.path("hurts").path(0).path("path").asText();
        assertThat(hurt).startsWith(source.toString());
        product.start();
        Product.Result verify = client.run("verify", "latest").mustBe(7);
        assertThat(verify.err()).contains(hurt);
        Path target = dir.resolve("back");
        Product.Result restore = client.run("restore", "latest", "--target", target.toString(), "-q")
                .mustBe(7);
        assertThat(restore.err()).contains(hurt).contains(container.toString());
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path back = Path.of(target.toString() + file);
                if (file.toString().equals(hurt)) {
                    assertThat(back).doesNotExist();
                } else {
                    assertThat(back).hasSameBinaryContentAs(file);
                }
            }
        }
    }

    @Test
    void aLostIndexIsRebuiltByItself() throws Exception {
        Product.Client client = product.enrol("index");
        JsonNode snapshot = client.backup(0, source.toString());
        product.stop();
        new ProcessBuilder("rm", "-r", product.data.resolve("index").toString())
                .start()
                .waitFor();
        product.start();
        assertThat(client.run("snapshots", "--json").json().path(0).path("id")).isEqualTo(snapshot.path("snapshot"));
        client.mustRestore(source, dir.resolve("back"));
    }

    @Test
    void aDamagedIndexIsNamedAndRebuilt() throws Exception {
        Product.Client client = product.enrol("index");
        client.backup(0, source.toString());
        product.stop();
        product.run("appliance", "check", "--data", product.data.toString()).mustBe(0);
        try (Stream<Path> files = Files.walk(product.data.resolve("index"))) {
            for (Path file : files.filter(
                            f -> f.toString().endsWith(".sst") || f.toString().contains("MANIFEST"))
                    .toList()) {
                byte[] bytes = Files.readAllBytes(file);
                bytes[bytes.length / 3] ^= 1;
                Files.write(file, bytes);
            }
        }
        Product.Result broken = product.run("appliance", "check", "--data", product.data.toString());
        assertThat(broken.code()).isGreaterThanOrEqualTo(3);
        assertThat(broken.out() + broken.err()).contains("rebuild-index");
        product.run("appliance", "rebuild-index", "--data", product.data.toString())
                .mustBe(0);
        product.start();
        client.mustRestore(source, dir.resolve("back"));
    }

    @Test
    void oneApplianceADirectory() throws Exception {
        Product.Result second =
                product.run("appliance", "run", "--data", product.data.toString(), "--listen", "127.0.0.1:0");
        second.mustBe(8);
        assertThat(second.err()).contains("pid " + product.pid());
        product.run("appliance", "check", "--data", product.data.toString()).mustBe(8);
        assertThat(product.run("appliance", "status", "--data", product.data.toString(), "--json")
                        .mustBe(0)
                        .json()
                        .path("running")
                        .asBoolean())
                .isTrue();
    }
}
