package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A support bundle that the console downloads: the same facts as the command's, and no secrets. */
class SupportBundleTest {
    @TempDir
    Path work;

    private static HttpResponse<byte[]> bundle(RunningAppliance appliance, String user, String body) throws Exception {
        RunningAppliance.Browser browser = appliance.signIn(user);
        return appliance
                .http()
                .send(
                        HttpRequest.newBuilder(appliance.uri("/support-bundle"))
                                .header("Content-Type", "application/json")
                                .header("Cookie", browser.cookie())
                                .header("X-CSRF-Token", browser.csrf())
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
    }

    private static Map<String, String> unpacked(byte[] bytes) throws Exception {
        Map<String, String> parts = new TreeMap<>();
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes))) {
            for (ZipEntry each = zip.getNextEntry(); each != null; each = zip.getNextEntry()) {
                parts.put(each.getName(), new String(zip.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        return parts;
    }

    @Test
    void bundleHasWhatTheCommandTellsAndNoSecrets() throws Exception {
        try (RunningAppliance appliance = new RunningAppliance(work)) {
            RunningAppliance.Browser admin = appliance.signIn("administrator-user");
            assertThat(appliance
                            .call(
                                    admin,
                                    "PUT",
                                    "/alert-channels/ops",
                                    "{\"webhook\":{\"url\":\"https://hooks.example.com/services/T0CANARY/x\"},"
                                            + "\"secret\":\"canary-of-the-hook\"}")
                            .statusCode())
                    .isEqualTo(200);
            HttpResponse<byte[]> made = bundle(appliance, "administrator-user", "{\"days\":1}");
            assertThat(made.statusCode()).isEqualTo(200);
            assertThat(made.headers().firstValue("Content-Type")).contains("application/zip");
            Map<String, String> parts = unpacked(made.body());
            assertThat(parts)
                    .containsKeys(
                            "MANIFEST.sha256", "system.txt", "status.txt", "nodes.txt", "formats.txt", "events.txt");
            assertThat(parts.get("nodes.txt")).contains("db1");
            assertThat(parts.get("status.txt")).doesNotContain("not available");
            assertThat(String.join("\n", parts.values())).doesNotContain("canary-of-the-hook", "T0CANARY");
            assertThat(appliance.call(admin, "GET", "/audit", null).body()).contains("support bundle");
            assertThat(bundle(appliance, "administrator-user", "{\"days\":1000}")
                            .statusCode())
                    .isEqualTo(400);
            HttpResponse<byte[]> refused = bundle(appliance, "backup-operator-user", "{}");
            assertThat(refused.statusCode()).isEqualTo(403);
            assertThat(new String(refused.body(), StandardCharsets.UTF_8))
                    .contains("your role, backup-operator, may not change the settings of the appliance");
        }
    }
}
