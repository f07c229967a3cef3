package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseSigner;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** New machines: the commands that the console shows for them, and the package that these fetch. */
class ClientInstallTest {
    private static final byte[] CONTENT = new byte[3_000_000];
    private static final Offered OFFERED = new Offered();

    @TempDir
    static Path work;

    private static RunningAppliance appliance;
    private static RunningAppliance.Browser admin;

    /** What the appliance offers. */
    private static final class Offered {
        private String id = "";

        private void to(ClientPackages packages) throws Exception {
            new Random(7).nextBytes(CONTENT);
            ReleaseSignature signature = new ReleaseSigner().sign(CONTENT, "1.2.0", PackageKind.DEB);
            packages.offer(signature);
            packages.append(signature.about().sha256(), 0, CONTENT);
            id = signature.about().sha256();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work, (data, control, keys) -> OFFERED.to(new ClientPackages(data.root())));
        admin = appliance.signIn("administrator-user");
    }

    @AfterAll
    static void stop() throws Exception {
        appliance.close();
    }

    private static JsonNode token() throws Exception {
        return json(appliance.call(
                admin, "POST", "/nodes/tokens", JSON.writeValueAsString(Map.of("validMinutes", 10, "node", ""))));
    }

    private static HttpResponse<byte[]> fetch(String id, String token) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(appliance.uri("/client-packages/" + id + "/file"))
                .header("Authorization", "Bearer " + token)
                .build();
        return appliance.http().send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    @Test
    void commandsFetchThePackageThatIsOffered() throws Exception {
        JsonNode made = token();
        List<JsonNode> blocks = List.of(
                made.path("install").get(0),
                made.path("install").get(1),
                made.path("install").get(2));
        assertThat(blocks)
                .extracting(each -> each.path("system").asText())
                .containsExactly("DEBIAN", "LINUX", "INSTALLED");
        assertThat(blocks)
                .extracting(each -> each.path("downloads").asBoolean())
                .containsExactly(true, false, false);
        String debian = blocks.getFirst().path("text").asText();
        assertThat(debian)
                .contains(appliance
                        .uri("/client-packages/" + OFFERED.id + "/file")
                        .toString())
                .contains("echo '" + OFFERED.id + "  holdfast-client-1.2.0-")
                .endsWith(made.path("command").asText());
        for (JsonNode each : blocks) {
            Process shell = new ProcessBuilder(
                            "sh", "-n", "-c", each.path("text").asText())
                    .inheritIO()
                    .start();
            assertThat(shell.waitFor()).as(each.path("text").asText()).isZero();
        }
    }

    @Test
    void packageIsForThoseWhoMayEnrol() throws Exception {
        JsonNode made = token();
        String token = made.path("token").asText();
        HttpResponse<byte[]> fetched = fetch(OFFERED.id, token);
        assertThat(fetched.statusCode()).isEqualTo(200);
        assertThat(fetched.body()).isEqualTo(CONTENT);
        // It did not use the token up.
        assertThat(fetch(OFFERED.id, token).statusCode()).isEqualTo(200);
        assertThat(fetch("0".repeat(64), token).statusCode()).isEqualTo(404);
        assertThat(fetch("..%2F..%2Fkeys%2Fca.crt", token).statusCode()).isIn(400, 404);
        String id = made.path("id").asText();
        assertThat(appliance
                        .call(admin, "DELETE", "/enrolment-tokens/" + id, null)
                        .statusCode())
                .isEqualTo(204);
        for (String wrong : List.of(token, "hf1.00.00", "", "hft_0000", "x".repeat(5000))) {
            assertThat(fetch(OFFERED.id, wrong).statusCode()).as(wrong).isEqualTo(403);
        }
    }
}
