package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.oss.OssServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vaults that are set over the network: what is tried, what is refused, and that no secret comes back. */
class VaultsInBrowserTest {
    private static final String POLICY = """
            {"when":"IMMEDIATELY","windows":[],"bandwidth":[],"leastAgeSeconds":0,"nodes":[],"containerClass":"Standard",
             "colder":[],"parallelParts":4,"evictAbove":100}""";

    @TempDir
    Path work;

    private RunningAppliance appliance;
    private RunningAppliance.Browser admin;
    private OssServer oss;

    @BeforeEach
    void start() throws Exception {
        appliance = new RunningAppliance(work);
        admin = appliance.signIn("administrator-user");
        oss = new OssServer(work.resolve("oss"));
    }

    @AfterEach
    void stop() throws Exception {
        oss.close();
        appliance.close();
    }

    private static String keys(OssCredentials.Keys keys) {
        return "{\"accessKeyId\":\"" + keys.id() + "\",\"accessKeySecret\":\"" + keys.secret() + "\"}";
    }

    private HttpResponse<String> bucket(OssCredentials.Keys keys, boolean dryRun) throws Exception {
        String address = "{\"url\":\"oss://" + OssServer.BUCKET + "/office\",\"region\":\"" + OssServer.REGION
                + "\",\"endpoint\":\"" + oss.endpoint() + "\",\"addressing\":\"path\"}";
        return appliance.call(
                admin,
                "PUT",
                "/vaults/vault",
                "{\"address\":" + address + ",\"credentials\":" + keys(keys) + ",\"policy\":" + POLICY + ",\"dryRun\":"
                        + dryRun + "}");
    }

    private HttpResponse<String> directory(String path) throws Exception {
        return appliance.call(
                admin,
                "PUT",
                "/vaults/vault",
                "{\"address\":{\"url\":\"file://" + path + "\"},\"policy\":" + POLICY + ",\"dryRun\":true}");
    }

    @Test
    void bucketIsTriedSetAndGivenOtherCredentialsAndNoSecretComesBack() throws Exception {
        OssCredentials.Keys first = oss.admit("first-key", "");
        OssCredentials.Keys second = oss.admit("second-key", "");
        OssCredentials.Keys wrong = new OssCredentials.Keys("first-key", "not-the-secret-of-it", null);
        HttpResponse<String> refused = bucket(wrong, true);
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
        assertThat(refused.body()).contains("secret does not match").doesNotContain(wrong.secret());
        assertThat(json(bucket(first, true)).path("locks").asBoolean()).isFalse();
        oss.retains(true);
        JsonNode tried = json(bucket(first, true));
        assertThat(tried.path("found").asText()).isEqualTo("empty");
        assertThat(tried.path("locks").asBoolean()).isTrue();
        assertThat(json(appliance.call(admin, "GET", "/vaults", null)).path("vaults"))
                .isEmpty();
        assertThat(json(bucket(first, false)).path("dryRun").asBoolean()).isFalse();
        String rotation = "{\"credentials\":" + keys(second) + "}";
        assertThat(json(appliance.call(admin, "PUT", "/vaults/vault/credentials", rotation))
                        .path("url")
                        .asText())
                .isEqualTo("oss://" + OssServer.BUCKET + "/office");
        assertThat(appliance
                        .call(admin, "PUT", "/vaults/vault/credentials", "{\"credentials\":" + keys(wrong) + "}")
                        .statusCode())
                .isEqualTo(403);
        for (String each : List.of("/vaults", "/audit", "/events", "/settings", "/overview")) {
            assertThat(appliance.call(admin, "GET", each, null).body())
                    .doesNotContain(first.secret(), second.secret(), wrong.secret());
        }
        assertThat(appliance.call(admin, "GET", "/audit", null).body()).contains("vault set", "vault credentials");
        for (Path each : files(work.resolve("data"))) {
            assertThat(Files.readString(each, StandardCharsets.ISO_8859_1))
                    .as(each.toString())
                    .doesNotContain(first.secret(), second.secret(), wrong.secret());
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> all = Files.walk(directory)) {
            all.filter(Files::isRegularFile).forEach(found::add);
        }
        return found;
    }

    @Test
    void directoryMustBeThereEmptyAndNotTheAppliancesOwn() throws Exception {
        assertThat(directory(work + "/none").body())
                .contains("there is no directory")
                .contains("Mount");
        assertThat(work.resolve("none")).doesNotExist();
        assertThat(directory(work.resolve("data/keys").toString()).body()).contains("own data");
        assertThat(directory(work.toString()).body()).contains("own data");
        assertThat(directory(work + "/data/../nas").body()).contains("'..'");
        Path nas = Files.createDirectory(work.resolve("nas"));
        Files.createSymbolicLink(work.resolve("link"), work.resolve("data"));
        assertThat(directory(work + "/link").body()).contains("own data");
        Files.createDirectory(nas.resolve("lost+found"));
        Files.writeString(nas.resolve("notes.txt"), "of somebody else");
        assertThat(directory(nas.toString()).body()).contains("has other files in it");
        Files.delete(nas.resolve("notes.txt"));
        assertThat(json(directory(nas.toString())).path("found").asText()).isEqualTo("empty");
        // What a test has left there is a vault's.
        assertThat(json(directory(nas.toString())).path("found").asText()).isEqualTo("empty");
        assertThat(appliance
                        .call(admin, "PUT", "/vaults/vault/credentials", "{\"credentials\":{\"ecsRole\":\"r\"}}")
                        .statusCode())
                .isEqualTo(404);
    }
}
