package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine is installed anew and goes on with its history, then moves to another appliance and back. */
class NodeLifeTest {
    @TempDir
    private Path work;

    private static Product.Result appliance(Product product, String... words) throws Exception {
        List<String> all = new ArrayList<>(List.of("appliance"));
        all.addAll(List.of(words));
        all.addAll(List.of("--data", product.data.toString()));
        return product.run(all.toArray(String[]::new)).mustBe(0);
    }

    private static void delete(Path directory) throws IOException {
        try (var all = Files.walk(directory)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    @Test
    void machineThatWasInstalledAnewGoesOnAndMovesToAnotherApplianceAndBack() throws Exception {
        Path files = Files.createDirectories(work.resolve("files"));
        byte[] content = new byte[3 << 20];
        new Random(1).nextBytes(content);
        Files.write(files.resolve("data"), content);
        try (Product first = new Product(work.resolve("first"), "dev");
                Product second = new Product(work.resolve("second"), "dev")) {
            Product.Client client = first.enrol("web1");
            client.backup(0, files.toString());

            appliance(first, "node", "remove", "web1", "--keep-snapshots");
            assertThat(client.run("snapshots").mustBe(5).err()).contains("revoked");
            Path state = client.state;
            delete(state);
            Path token = work.resolve("token");
            Files.writeString(
                    token, first.createToken("--node", "web1").path("token").asText());
            assertThat(client.run("enroll", first.url(), "--token-file", token.toString())
                            .mustBe(0)
                            .out())
                    .contains("as web1, and goes on with its history: 1 snapshots");
            JsonNode again = client.backup(0, files.toString());
            assertThat(again.path("bytesSent").asLong(-1)).isBetween(0L, 10_000L);
            assertThat(again.path("filesReused").asLong()).isEqualTo(1);
            assertThat(appliance(first, "node", "list").out())
                    .contains("active")
                    .contains("0.1.0");

            Files.writeString(token, second.token());
            assertThat(client.run("enroll", second.url(), "--move", "--token-file", token.toString())
                            .mustBe(0)
                            .out())
                    .contains("Moved to " + second.url())
                    .contains("stays there");
            client.backup(0, files.toString());
            Path former = state.resolve("former");
            assertThat(first.run("--state", former.toString(), "snapshots")
                            .mustBe(0)
                            .out())
                    .contains(files.toString());
            Path back = work.resolve("back");
            first.run("--state", former.toString(), "restore", "latest", "--target", back.toString())
                    .mustBe(0);
            try (var restored = Files.walk(back)) {
                assertThat(restored.filter(Files::isRegularFile).toList())
                        .singleElement()
                        .satisfies(file -> assertThat(file).hasSameBinaryContentAs(files.resolve("data")));
            }
            client.run("enroll", "--undo-move").mustBe(0);
            client.backup(0, files.toString());
            // Neither the copy in 'former' nor the way back was taken for another machine.
            for (Product each : List.of(first, second)) {
                assertThat(appliance(each, "node", "list").out()).doesNotContain("copied");
            }
        }
    }
}
