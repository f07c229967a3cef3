package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.hash.HashAlgorithm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An appliance of either format, from init to recovery from its vault: everything that it ever writes is of that format. */
class FormatsTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path dir;

    private Product product;

    private Product.Result admin(String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("appliance"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--data", product.data.toString()));
        return product.run(all.toArray(String[]::new));
    }

    /** What the command makes, which is another appliance than the one that runs here. */
    private void initMakes(int version, int code, String... options) throws Exception {
        Path made = dir.resolve("made");
        List<String> all = new ArrayList<>(List.of("appliance", "init", "--profile", "dev", "--data", made.toString()));
        all.addAll(List.of(options));
        product.run(all.toArray(String[]::new)).mustBe(0);
        mustBe(made, version, code);
    }

    private Path tree() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 40; i++) {
            Path file = dir.resolve("source/d" + i % 5 + "/f" + i);
            Files.createDirectories(file.getParent());
            byte[] content = new byte[random.nextInt(200_000)];
            random.nextBytes(content);
            Files.write(file, content);
        }
        return dir.resolve("source");
    }

    @ParameterizedTest
    @CsvSource({"sha-256, 1, 0", "blake3, 2, 2"})
    void applianceKeepsItsFormatThroughItsWholeLife(String hash, int version, int code) throws Exception {
        Path source = tree();
        product = new Product(dir.resolve("p"), HashAlgorithm.labelled(hash), "dev");
        try (Product running = product) {
            initMakes(version, code, code == 0 ? new String[] {"--hash", hash} : new String[0]);
            Product.Client client = running.enrol("one");
            String first = client.backup(0, source.toString()).path("snapshot").asText();
            Files.delete(source.resolve("d0/f0"));
            Files.writeString(source.resolve("d1/f1"), "changed");
            client.backup(0, source.toString());
            admin("snapshot", "forget", first).mustBe(0);
            admin("vault", "set", "file://" + dir.resolve("vault")).mustBe(0);
            running.stop();
            running.start();
            assertThat(admin("gc", "--grace-hours", "0", "--json").mustBe(0).out())
                    .isNotBlank();
            client.mustRestore(source, dir.resolve("back-after-gc"));
            admin("vault", "upload", "--wait").mustBe(0);
            mustBe(product.data, version, code);
            vaultMustBe(version, code);
            running.stop();
            admin("check", "--read-data").mustBe(0);

            Files.move(product.data, dir.resolve("lost"));
            product.movedTo(dir.resolve("successor"));
            admin(
                            "recover",
                            "--from",
                            "file://" + dir.resolve("vault"),
                            "--recovery-key-file",
                            product.recoveryKey.toString())
                    .mustBe(0);
            running.start();
            // Chunks that the vault brought back need not be sent again; new ones are stored in the same format.
            Files.writeString(source.resolve("d2/new"), "new");
            JsonNode after = client.backup(0, source.toString());
            assertThat(after.path("bytesSent").asLong()).isLessThan(100_000);
            client.mustRestore(source, dir.resolve("back-at-last"));
            mustBe(product.data, version, code);
            vaultMustBe(version, code);
        }
    }

    private static void mustBe(Path data, int version, int code) throws IOException {
        JsonNode file = JSON.readTree(Files.readAllBytes(data.resolve("appliance.json")));
        assertThat(file.path("version").asInt()).isEqualTo(version);
        assertThat(file.path("hash").asText("none")).isEqualTo(code == 0 ? "none" : "blake3");
        JsonNode keyring = JSON.readTree(Files.readAllBytes(data.resolve("keys/keyring.json")));
        assertThat(keyring.path("version").asInt()).isEqualTo(code == 0 ? 1 : 4);
        assertThat(keyring.path("hash").asText("none")).isEqualTo(code == 0 ? "none" : "blake3");
        for (Path each : files(data, "\\.hf[cs](\\.open)?")) {
            ByteBuffer header = header(each);
            assertThat(header.getShort(8)).as("version of " + each).isEqualTo((short) version);
            assertThat(header.get(11)).as("hash of " + each).isEqualTo((byte) code);
        }
    }

    private void vaultMustBe(int version, int code) throws IOException {
        Path vault = dir.resolve("vault");
        List<Path> objects = files(vault, "/(2/)?[cmisx]/../[0-9a-f-]+");
        List<Path> inventories = files(vault, "\\.inv");
        List<Path> roots = files(vault, "/r/[0-9a-f]+");
        assertThat(objects).isNotEmpty();
        assertThat(inventories).isNotEmpty();
        assertThat(roots).isNotEmpty();
        for (Path each : objects) {
            ByteBuffer header = header(each);
            assertThat(header.getShort(8)).as("version of " + each).isEqualTo((short) version);
            assertThat(header.get(56)).as("hash of " + each).isEqualTo((byte) code);
        }
        for (Path each : inventories) {
            ByteBuffer header = header(each);
            assertThat(header.getShort(8)).as("version of " + each).isEqualTo((short) version);
            assertThat(header.getShort(10)).as("hash of " + each).isEqualTo((short) code);
        }
        for (Path each : roots) {
            ByteBuffer header = header(each);
            assertThat(header.getShort(8)).as("version of " + each).isEqualTo((short) (code == 0 ? 2 : 3));
            assertThat(header.getShort(10)).as("hash of " + each).isEqualTo((short) code);
        }
    }

    /** Regular files below a directory whose names end so. */
    private static List<Path> files(Path top, String end) throws IOException {
        try (Stream<Path> files = Files.walk(top)) {
            return files.filter(
                            file -> Files.isRegularFile(file) && file.toString().matches(".*" + end))
                    .sorted()
                    .toList();
        }
    }

    private static ByteBuffer header(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return ByteBuffer.wrap(in.readNBytes(64));
        }
    }
}
