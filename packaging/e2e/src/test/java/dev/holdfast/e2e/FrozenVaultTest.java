package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies in an archive class is frozen and never damaged: one message tells what to do, and doing it brings it back. */
class FrozenVaultTest {
    private static final int FILES = 60;

    @TempDir
    Path dir;

    @Test
    void aRestoreOfFrozenDataTellsOnceWhatToDoAndAddsItAfterTheThaw() throws Exception {
        try (Product product = new Product(dir.resolve("work"), "dev")) {
            Product.Client client = product.enrol("one");
            Path source = Files.createDirectories(dir.resolve("source"));
            Random random = new Random(1);
            for (int i = 0; i < FILES; i++) {
                byte[] content = new byte[100_000];
                random.nextBytes(content);
                Files.write(source.resolve("f" + i), content);
            }
            client.backup(0, source.toString());
            String data = product.data.toString();
            Path vault = dir.resolve("vault");
            product.run("appliance", "vault", "set", "file://" + vault, "--class", "Archive", "--data", data)
                    .mustBe(0);
            product.stop();
            product.start();
            product.run("appliance", "vault", "upload", "--wait", "--data", data)
                    .mustBe(0);
            product.run("appliance", "vault", "evict", "all", "--wait", "--data", data)
                    .mustBe(0);

            assertThat(product.run("appliance", "vault", "check", "file://" + vault)
                            .mustBe(1)
                            .out())
                    .contains("frozen")
                    .doesNotContain("DAMAGED");
            // A second vault with the same objects, for a rescue that has no appliance to thaw them.
            Path other = dir.resolve("other");
            assertThat(new ProcessBuilder("cp", "-a", vault.toString(), other.toString())
                            .start()
                            .waitFor())
                    .isZero();

            Path target = dir.resolve("target");
            Product.Result restored = client.run("restore", "latest", "--target", target.toString())
                    .mustBe(1);
            String said = restored.out() + restored.err();
            assertThat(said).doesNotContain("damaged");
            assertThat(said.lines().filter(line -> line.contains("vault thaw")))
                    .singleElement()
                    .asString()
                    .contains(FILES + " files, ", "1 container, ", "class Archive", "about a minute", "--data " + data);
            JsonNode counted = client.run("restore", "latest", "--target", target.toString(), "--json")
                    .mustBe(1)
                    .json();
            assertThat(counted.path("frozen").asInt()).isEqualTo(FILES);
            assertThat(counted.path("damaged").asInt()).isZero();
            assertThat(counted.path("problems").asInt()).isZero();
            assertThat(client.run("verify", "latest").mustBe(1).err()).contains("frozen", "vault thaw");
            assertThat(client.run("cat", "latest:" + source.resolve("f0"))
                            .mustBe(3)
                            .err())
                    .contains("frozen", "vault thaw");

            assertThat(product.run("appliance", "vault", "thaw", "latest", "--dry-run", "--data", data)
                            .mustBe(1)
                            .out())
                    .contains("needs 1 container, ", "Nothing was requested");
            product.run("appliance", "vault", "thaw", "latest", "--node", "two", "--data", data)
                    .mustBe(6);
            client.run("cat", "latest:" + source.resolve("f0")).mustBe(3);
            assertThat(product.run("appliance", "vault", "thaw", "latest:" + source, "--data", data)
                            .mustBe(1)
                            .out())
                    .contains("of one needs 1 container, ", "requested");
            product.run("appliance", "vault", "thaw", "latest", "--node", "one", "--wait", "--data", data)
                    .mustBe(0);
            client.run("restore", "latest", "--target", target.toString()).mustBe(0);
            client.run("compare", source.toString(), target + source.toString()).mustBe(0);
            client.run("verify", "latest").mustBe(0);

            Path rescued = dir.resolve("rescued");
            List<String> rescue = List.of(
                    "rescue",
                    "latest",
                    "--node",
                    "one",
                    "--from",
                    "file://" + other,
                    "--recovery-key-file",
                    product.recoveryKey.toString(),
                    "--target",
                    rescued.toString());
            assertThat(product.run(rescue.toArray(String[]::new)).mustBe(1).err())
                    .contains("--thaw")
                    .doesNotContain("damaged");
            List<String> thawing = new ArrayList<>(rescue);
            thawing.add("--thaw");
            assertThat(product.run(thawing.toArray(String[]::new)).mustBe(0).err())
                    .contains("needs 1 container, ");
            client.run("compare", source.toString(), rescued + source.toString())
                    .mustBe(0);
        }
    }
}
