package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys are rotated, and the key file is removed, as an administrator does it. */
class KeysTest {
    @TempDir
    Path work;

    private Product product;

    private Product.Result appliance(int code, String... arguments) throws Exception {
        List<String> all = new ArrayList<>(List.of("appliance"));
        all.addAll(List.of(arguments));
        all.addAll(List.of("--data", product.data.toString()));
        return product.run(all.toArray(String[]::new)).mustBe(code);
    }

    private Product.Result recover(int code, Path bucket, Path key, String name) throws Exception {
        return product.run(
                        "appliance",
                        "recover",
                        "--from",
                        "file://" + bucket,
                        "--recovery-key-file",
                        key.toString(),
                        "--data",
                        work.resolve(name).toString())
                .mustBe(code);
    }

    @Test
    void rotation() throws Exception {
        Path tree = Files.createDirectories(work.resolve("tree"));
        Files.writeString(tree.resolve("before"), "before");
        Path bucket = work.resolve("bucket");
        try (Product started = new Product(work.resolve("p"), "dev")) {
            product = started;
            Product.Client client = product.enrol("ann");
            client.backup(0, tree.toString());
            assertThat(appliance(8, "key", "rotate").err()).contains("stop it first");
            product.stop();
            appliance(0, "vault", "set", "file://" + bucket);
            JsonNode rotated = appliance(0, "key", "rotate", "--json").json();
            assertThat(rotated.path("generation").asInt()).isEqualTo(2);
            assertThat(appliance(0, "key", "list").out())
                    .contains("recovery, key-file", "rotated: 1 times", "unattended");
            Path fresh = work.resolve("fresh-key");
            Files.writeString(fresh, rotated.path("recoveryKey").asText());

            product.start();
            Files.writeString(tree.resolve("after"), "after");
            client.backup(0, tree.toString());
            client.mustRestore(tree, work.resolve("restored"));
            appliance(0, "vault", "upload", "--wait");
            assertThat(recover(5, bucket, product.recoveryKey, "old").err()).contains("its keys were rotated");
            product.stop();
            recover(0, bucket, fresh, "new");

            // Without a passphrase nothing would open it any more.
            Path passphrase = work.resolve("passphrase");
            Files.writeString(passphrase, "correct horse\n");
            assertThat(appliance(5, "key", "remove-key-file", "--passphrase-file", passphrase.toString())
                            .err())
                    .contains("set a passphrase first");
            appliance(0, "key", "set-passphrase", "--new-passphrase-file", passphrase.toString());
            Path wrong = work.resolve("wrong");
            Files.writeString(wrong, "wrong horse\n");
            appliance(5, "key", "remove-key-file", "--passphrase-file", wrong.toString());
            assertThat(product.data.resolve("keys/unattended.key")).exists();
            assertThat(appliance(0, "key", "remove-key-file", "--passphrase-file", passphrase.toString())
                            .out())
                    .contains("The next start needs the passphrase");
            assertThat(product.data.resolve("keys/unattended.key")).doesNotExist();
            assertThat(appliance(0, "key", "list", "--json").json().path("opens"))
                    .extracting(JsonNode::asText)
                    .containsExactly("recovery", "passphrase");
            assertThat(appliance(2, "key", "rotate").err()).contains("--passphrase-file");
            appliance(0, "key", "rotate", "--passphrase-file", passphrase.toString());
            appliance(0, "check", "--passphrase-file", passphrase.toString());
        }
    }
}
