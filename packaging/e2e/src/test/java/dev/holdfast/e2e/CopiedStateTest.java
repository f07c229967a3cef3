package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A state directory that was copied, as the packaged product meets it. */
class CopiedStateTest {
    @TempDir
    Path dir;

    private Product product;
    private Product.Client original;
    private Path source;

    @BeforeEach
    void start() throws Exception {
        product = new Product(dir.resolve("work"), "dev");
        original = product.enrol("mail");
        source = Files.createDirectories(dir.resolve("source"));
        Files.writeString(source.resolve("file"), "content");
        original.backup(0, source.toString());
    }

    @AfterEach
    void stop() throws Exception {
        product.close();
    }

    private Product.Client copy(String name) throws Exception {
        Path state = dir.resolve(name);
        copy(original.state, state);
        return product.new Client(state);
    }

    private Product.Result appliance(String... words) throws Exception {
        return product.run(Stream.concat(
                        Stream.concat(Stream.of("appliance"), Stream.of(words)),
                        Stream.of("--data", product.data.toString()))
                .toArray(String[]::new));
    }

    private List<JsonNode> events(String kind) throws Exception {
        List<JsonNode> found = new ArrayList<>();
        // Open alerts make the exit code 1.
        for (JsonNode each : appliance("events", "--json").json()) {
            if (each.path("kind").asText().equals(kind)) {
                found.add(each);
            }
        }
        return found;
    }

    @Test
    void copyIsRefusedAndTheCommandThatItPrintsGivesItAnIdentity() throws Exception {
        Product.Client copy = copy("copy of state");
        original.backup(0, source.toString());
        Product.Result refused = copy.run("backup", source.toString()).mustBe(5);
        String command = "holdfast --state '" + copy.state + "' enroll " + product.url() + " --force";
        assertThat(refused.err()).contains("another machine uses this node's identity: one at 127.0.0.1", command);
        copy.run("snapshots").mustBe(5);
        original.backup(0, source.toString());
        assertThat(events("identity-copied")).isNotEmpty().allSatisfy(each -> {
            assertThat(each.path("severity").asText()).isEqualToIgnoringCase("alert");
            assertThat(each.path("node").asText()).isEqualTo("mail");
        });

        Path token = dir.resolve("token");
        Files.writeString(token, product.token());
        copy.run("enroll", product.url(), "--force", "--name", "web", "--token-file", token.toString())
                .mustBe(0);
        copy.backup(0, source.toString());
        assertThat(copy.run("snapshots", "--json").mustBe(0).json()).hasSize(1);
        assertThat(original.run("snapshots", "--json").mustBe(0).json()).hasSize(3);
    }

    @Test
    void copyIsRefusedWhileTheServiceOfTheOriginalRuns() throws Exception {
        Product.Running service = original.launch("service");
        try {
            for (int i = 0; i < 600 && !Files.readString(service.out()).contains("Ready for orders"); i++) {
                Thread.sleep(50);
            }
            copy("copy").run("backup", source.toString()).mustBe(5);
            original.backup(0, source.toString());
            assertThat(service.process().isAlive()).isTrue();
        } finally {
            service.process().destroy();
            assertThat(service.process().waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(events("identity-copied")).hasSize(1);
        assertThat(original.run("snapshots", "--json").mustBe(0).json()).hasSize(2);
    }

    @Test
    void directoryThatMovesOrIsRestoredGoesOn() throws Exception {
        Product.Client saved = copy("saved");
        original.backup(0, source.toString());
        Path holder = original.state.resolve("holder");
        // An older copy of the state directory comes back in its place.
        Files.copy(saved.state.resolve("holder"), holder, StandardCopyOption.REPLACE_EXISTING);
        original.backup(0, source.toString());
        assertThat(events("identity-older-copy")).hasSize(1);
        Files.delete(holder);
        original.backup(0, source.toString());
        Path elsewhere = dir.resolve("elsewhere");
        Files.move(original.state, elsewhere);
        product.new Client(elsewhere).backup(0, source.toString());
        assertThat(events("identity-moved")).hasSize(1);
        assertThat(events("identity-copied")).isEmpty();

        // The copy comes first, and loses it to the directory that was used before.
        copy(elsewhere, original.state);
        original.backup(0, source.toString());
        product.new Client(elsewhere).backup(0, source.toString());
        original.run("backup", source.toString()).mustBe(5);
        appliance("node", "release-identity", "mail").mustBe(0);
        original.backup(0, source.toString());
        product.new Client(elsewhere).run("backup", source.toString()).mustBe(5);
        appliance("node", "release-identity", "nobody").mustBe(6);
    }

    private static void copy(Path from, Path to) throws Exception {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path each : files.toList()) {
                Files.copy(each, to.resolve(from.relativize(each)));
            }
        }
    }
}
