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
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the API says where it refuses: enough to do it right, and nothing was changed. */
class RefusalsTest {
    @TempDir
    static Path work;

    private static RunningAppliance appliance;
    private static RunningAppliance.Browser admin;

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work);
        admin = appliance.signIn("administrator-user");
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
        HttpResponse<String> answer = appliance.call(admin, method, path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(detail(answer)).contains(message);
    }

    /** What libraries say, which is for programmers. */
    private static final Pattern OF_LIBRARIES = Pattern.compile(
            "(?i)cron|not in range|parts but we expect|failed to parse|endpoint |method not allowed|couldn't connect|jackson"
                    + "|deserializ|unexpected character|unrecognized|cannot construct|invalid uuid|for input string|exception"
                    + "|javalin|missing final|domain contains|illegal character");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET|/nope||404|there is nothing at /api/v1/nope",
                "POST|/nope|{}|404|there is nothing at /api/v1/nope",
                "DELETE|/overview||405|DELETE is not done at /api/v1/overview; the header Allow says what is",
                "PUT|/settings|{\"drillDays\":1|400|the body is no JSON",
                "PUT|/settings|{\"drillDays\":1,\"historyDays\":\"x\"}|400|the body's field 'historyDays' is missing or of the wrong kind",
                "PUT|/settings|{\"drillDays\":1,\"historyDays\":9,\"x\":1}|400|the body has an unknown field 'x'",
                "GET|/snapshots/zzz/files||404|zzz",
                "GET|/tasks/zzz||404|'zzz' is no number",
                "GET|/plans/calendar?zone=Mars||400|'Mars' is no time zone; write one such as Asia/Shanghai or UTC",
                "GET|/plans/calendar?until=soon||400|until: ",
                "POST|/recovery-sheet|{\"key\":\"HFRK-x\"}|400|recovery key",
                "PUT|/alert-channels/m|{\"mail\":{\"host\":\"a b\",\"from\":\"a@b.cn\",\"to\":[\"a@b.cn\"]}}|400|'a b' is not the name or address of a mail server",
                "PUT|/alert-channels/m|{\"mail\":{\"host\":\"smtp.b.cn:25\",\"from\":\"a@b.cn\",\"to\":[\"a@b.cn\"]}}|400|is not the name or address of a mail server",
                "PUT|/alert-channels/m|{\"mail\":{\"host\":\"b.cn\",\"from\":\"no at\",\"to\":[\"a@b.cn\"]}}|400|'no at' in from is not a mail address",
                "PUT|/alert-channels/m|{\"mail\":{\"host\":\"b.cn\",\"from\":\"a@b.cn\",\"to\":[\"@@\"]}}|400|'@@' in to is not a mail address",
                "PUT|/alert-channels/m|{\"webhook\":{\"url\":\"https://a b/\"}}|400|is not the URL of a webhook"
            })
    void aRefusalIsInOurWords(String method, String path, String body, int status, String told) throws Exception {
        HttpResponse<String> answer = appliance.call(admin, method, path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(detail(answer)).contains(told).doesNotContainPattern(OF_LIBRARIES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"99 * * * *", "0 0", "* * x * *", "0 0 0 0 0 0", "@yearly", "0 0 L * *"})
    void aScheduleThatIsNoneIsRefusedInOurWords(String schedule) throws Exception {
        String plan = """
                {"what":{"paths":["/home"],"excludes":[],"oneFileSystem":false,"before":"","after":"","scriptMinutes":60},
                 "when":{"schedule":"%s","zone":"UTC","hours":[],"jitterMinutes":0,"makeUp":true,"overdueMinutes":60},
                 "how":{"threads":0,"readBytesPerSecond":0,"sendBytesPerSecond":0,"idle":false,"priority":5}}""".formatted(schedule);
        String problem = json(appliance.call(admin, "POST", "/plans/preview", plan))
                .path("problem")
                .asText();
        assertThat(problem).contains("'" + schedule + "' is no schedule: ").doesNotContainPattern(OF_LIBRARIES);
        HttpResponse<String> refused = appliance.call(admin, "PUT", "/plans/p", plan);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(detail(refused)).isEqualTo(problem);
    }

    @Test
    void aMailServerThatIsNotThereIsToldInOurWords() throws Exception {
        json(appliance.call(
                admin,
                "PUT",
                "/alert-channels/mail",
                "{\"mail\":{\"host\":\"127.0.0.1\",\"port\":1,\"from\":\"a@b.cn\",\"to\":[\"c@b.cn\"]}}"));
        HttpResponse<String> refused = appliance.call(admin, "POST", "/alert-channels/mail/test", null);
        assertThat(refused.statusCode()).isEqualTo(502);
        assertThat(detail(refused))
                .isEqualTo(
                        "the mail server 127.0.0.1:1 cannot be reached; check host and port, and firewalls on the way");
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
            assertThat(detail(refused)).contains("vault 'vault'", "node 'db1'", "may not change vaults");
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
            HttpResponse<String> done = appliance.call(admin, "POST", "/nodes/db1/rename", "{\"name\":\"shop\"}");
            assertThat(json(done).path("vaults").path(0).asText()).isEqualTo("vault");
            assertThat(control.vaults().find("vault").orElseThrow().settings())
                    .contains("\"nodes\":[\"db1\",\"shop\"]");
            assertThat(control.audit().newest(5))
                    .anyMatch(each ->
                            each.action().equals("vault set") && each.outcome().equals("allowed: also node shop"));
        }
    }
}
