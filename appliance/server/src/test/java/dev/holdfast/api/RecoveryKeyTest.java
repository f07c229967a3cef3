package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static dev.holdfast.api.RunningAppliance.PASSWORD;
import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.RunningAppliance.Browser;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.vault.oss.OssLocation;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The recovery key over the API: replaced by nobody who only finds a console open, and a sheet for who has the key. */
class RecoveryKeyTest {
    @TempDir
    static Path work;

    private static RunningAppliance appliance;

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work);
        OssLocation bucket = new OssLocation(
                "backups",
                "office",
                "cn-hangzhou",
                "https://oss.example.com",
                OssLocation.Network.INTERNAL,
                OssLocation.Addressing.PATH,
                null);
        try (ControlDb control = new ControlDb(appliance.controlDb())) {
            control.vaults()
                    .put(
                            "vault",
                            new VaultSettings(work.resolve("a vault").toString(), null, VaultPolicy.READ_ONLY).json(),
                            null);
            control.vaults().put("dr", new VaultSettings(null, bucket, VaultPolicy.READ_ONLY).json(), null);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        appliance.close();
    }

    private static String problem(HttpResponse<String> answer) throws Exception {
        return answer.statusCode() + " "
                + JSON.readTree(answer.body()).path("type").asText().replace("urn:holdfast:", "");
    }

    private static List<String> audited(String action) throws Exception {
        try (ControlDb control = new ControlDb(appliance.controlDb())) {
            return control.audit().newest(50).stream()
                    .filter(each -> each.action().equals(action))
                    .map(each -> each.outcome())
                    .toList();
        }
    }

    @Test
    void aNewKeyTakesThePasswordAgainAndASheetTheKey() throws Exception {
        // The sign-in is as fresh as can be.
        Browser admin = appliance.signIn("administrator-user");
        assertThat(problem(appliance.call(admin, "POST", "/recovery-key", "{}")))
                .isEqualTo("400 invalid");
        assertThat(problem(appliance.call(admin, "POST", "/recovery-key", "{\"password\":\"a wrong password\"}")))
                .isEqualTo("403 refused");
        assertThat(audited("recovery key")).isEmpty();
        // A wrong password is no end of the session.
        assertThat(appliance.call(admin, "GET", "/session", null).statusCode()).isEqualTo(200);

        String proof = JSON.writeValueAsString(Map.of("password", PASSWORD));
        JsonNode made = json(appliance.call(admin, "POST", "/recovery-key", proof));
        String key = made.path("recoveryKey").asText();
        assertThat(key).startsWith("HFRK-");
        assertThat(audited("recovery key")).isNotEmpty();

        HttpResponse<String> shown =
                appliance.call(admin, "POST", "/recovery-sheet", JSON.writeValueAsString(Map.of("key", key)));
        JsonNode sheet = json(shown);
        assertThat(shown.body()).doesNotContain(key, key.substring(5, 20));
        assertThat(sheet.path("vaults")).isEqualTo(made.path("vaults"));
        assertThat(sheet.path("vaults").findValuesAsText("command"))
                .containsExactlyInAnyOrder(
                        "holdfast appliance recover --from 'file://" + work.resolve("a vault")
                                + "' --recovery-key-file K --data DIR",
                        "holdfast appliance recover --from oss://backups/office --region cn-hangzhou"
                                + " --endpoint https://oss.example.com --network INTERNAL --addressing PATH"
                                + " --credentials-file F --recovery-key-file K --data DIR");
        assertThat(audited("recovery sheet")).containsExactly("allowed");
        // Who has the key has the sheet: that point of the setup is done.
        assertThat(json(appliance.call(admin, "GET", "/setup", null))
                        .path("open")
                        .findValuesAsText("point"))
                .doesNotContain("recovery-key");

        JsonNode next = json(appliance.call(admin, "POST", "/recovery-key", proof));
        assertThat(next.path("recoveryKey").asText()).isNotEqualTo(key);
        HttpResponse<String> old =
                appliance.call(admin, "POST", "/recovery-sheet", JSON.writeValueAsString(Map.of("key", key)));
        assertThat(old.statusCode()).as(old.body()).isBetween(400, 409);
        assertThat(audited("recovery sheet").getFirst()).startsWith("refused");
        assertThat(problem(appliance.call(appliance.signIn("viewer-user"), "POST", "/recovery-sheet", "{}")))
                .isEqualTo("403 forbidden");
    }
}
