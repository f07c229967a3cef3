package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.vault.object.StorageClass;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the API says where it refuses: enough to do it right, and nothing was changed. */
class RefusalsTest {
    @TempDir
    static Path work;

    private static RunningAppliance appliance;

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work);
    }

    @AfterAll
    static void stop() throws Exception {
        appliance.close();
    }

    private static String detail(HttpResponse<String> refusal) throws Exception {
        return JSON.readTree(refusal.body()).path("detail").asText();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST|/tokens|{\"description\":\"x\",\"permissions\":[\"FLY\"],\"days\":3}|invalid permission 'FLY'; expected one of VIEW, BROWSE, RESTORE",
                "GET|/tasks?state=asleep||invalid state of tasks 'asleep'; expected one of queued, running, done, failed, cancelled, broken",
                "GET|/tasks?kind=dance||invalid kind of tasks 'dance'; expected one of forget, retention",
                "POST|/tasks|{\"kind\":\"dance\"}|the kind of a task is one of [gc, gc-preview",
                "PUT|/vaults/vault/policy|{\"when\":\"SOMETIMES\"}|field 'when' has a value that is not known; expected one of IMMEDIATELY, MANUALLY, NEVER",
                "POST|/users|{\"name\":\"bob\",\"password\":\"a password of some length\",\"role\":\"king\",\"allNodes\":true}|administrator, backup-operator"
            })
    void unknownWordIsAnsweredWithThoseThatAreKnown(String method, String path, String body, String message)
            throws Exception {
        HttpResponse<String> answer = appliance.call(appliance.signIn("administrator-user"), method, path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(detail(answer)).contains(message);
    }

    @Test
    void renameThatChangesWhatVaultsTakeNeedsTheRightToChangeVaults() throws Exception {
        VaultPolicy some = new VaultPolicy(
                VaultPolicy.When.MANUALLY,
                List.of(),
                List.of(),
                0,
                List.of("db1"),
                null,
                StorageClass.STANDARD,
                List.of(),
                1,
                100);
        String rules = new VaultSettings(work.resolve("vault").toString(), null, some).json();
        try (ControlDb control = new ControlDb(appliance.controlDb())) {
            control.vaults().put("vault", rules, null);
            RunningAppliance.Browser operator = appliance.signIn("backup-operator-user");
            HttpResponse<String> refused = appliance.call(operator, "POST", "/nodes/db1/rename", "{\"name\":\"shop\"}");
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(403);
            assertThat(detail(refused)).contains("vault 'vault'", "node 'db1'", "the permission vaults");
            assertThat(control.vaults().find("vault").orElseThrow().settings()).isEqualTo(rules);
            assertThat(control.nodes().findByName("db1")).isPresent();
            assertThat(control.audit().newest(5))
                    .anyMatch(each -> each.action().equals("node rename")
                            && each.object().equals("db1 to shop")
                            && each.outcome().startsWith("refused"));
            // One that no vault has to follow needs no more than before.
            assertThat(appliance
                            .call(operator, "POST", "/nodes/db2/rename", "{\"name\":\"web2\"}")
                            .statusCode())
                    .isEqualTo(200);
            HttpResponse<String> done = appliance.call(
                    appliance.signIn("administrator-user"), "POST", "/nodes/db1/rename", "{\"name\":\"shop\"}");
            assertThat(json(done).path("vaults").path(0).asText()).isEqualTo("vault");
            assertThat(control.vaults().find("vault").orElseThrow().settings())
                    .contains("\"nodes\":[\"db1\",\"shop\"]");
            assertThat(control.audit().newest(5))
                    .anyMatch(each ->
                            each.action().equals("vault set") && each.outcome().equals("allowed: also node shop"));
        }
    }
}
