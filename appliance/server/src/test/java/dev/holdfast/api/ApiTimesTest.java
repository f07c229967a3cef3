package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.RunningAppliance.Browser;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.HolderTable;
import dev.holdfast.protocol.phrase.Phrase;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Times are ISO 8601 in UTC in all that the API answers and takes. */
class ApiTimesTest {
    static final String TIME = "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z";
    /** Names of times, by their last word or as a whole. */
    private static final Pattern TIME_NAME =
            Pattern.compile("(?:.*[a-z])?(?:At|Until|Since|Taken|Seen|Modified|Acknowledged|"
                    + "Time|Date|Expires|Expiry|Created|Started|Finished|Ended|Begun|Moment|Deadline)"
                    + "|at|until|since|taken|seen|modified|acknowledged|now|time|date|expires|expiry|created|started|finished|ended"
                    + "|begun|moment|deadline|doneBy|last[A-Z].*");

    private static final Duration NEAR = Duration.ofDays(400);
    private static final String PLAN =
            "{\"what\":{\"paths\":[\"/srv\"],\"excludes\":[],\"oneFileSystem\":false,\"before\":\"\",\"after\":\"\","
                    + "\"scriptMinutes\":60},\"when\":{\"schedule\":\"30 22 * * *\",\"zone\":\"UTC\",\"hours\":[],"
                    + "\"jitterMinutes\":0,\"makeUp\":true,\"overdueMinutes\":60},\"how\":{\"threads\":0,"
                    + "\"readBytesPerSecond\":0,\"sendBytesPerSecond\":0,\"idle\":false,\"priority\":5}}";

    @TempDir
    static Path work;

    private static RunningAppliance appliance;
    private static Browser admin;
    private static JsonNode description;

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work);
        admin = appliance.signIn("administrator-user");
        description = JSON.readTree(call("GET", "/openapi.json", null).body());
        assertThat(call("PUT", "/plans/nightly", PLAN).statusCode()).isEqualTo(204);
        assertThat(call("PUT", "/plans/nightly/nodes/db1", null).statusCode()).isEqualTo(204);
        assertThat(call("POST", "/plans/nightly/run", "{\"nodes\":[],\"fullRead\":false}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(call("POST", "/tokens", "{\"description\":\"x\",\"permissions\":[\"VIEW\"],\"days\":1}")
                        .statusCode())
                .isEqualTo(200);
        try (ControlDb control = appliance.control()) {
            control.events().raise(Events.Severity.ALERT, "test", null, Phrase.plain("a test"));
            control.history().sample(1, 2, 3);
        }
    }

    @AfterAll
    static void stop() throws Exception {
        appliance.close();
    }

    private static HttpResponse<String> call(String method, String path, String body) throws Exception {
        return appliance.call(admin, method, path, body);
    }

    /** Walks a schema, and lists what is called like a time and is none, or the other way round. */
    private static void walk(JsonNode schema, String where, List<String> wrong, int[] times) {
        schema.path("properties").properties().forEach(each -> {
            JsonNode type = each.getValue();
            // Lists of times have them as items.
            boolean moment = isTime(type) || isTime(type.path("items"));
            boolean structure = type.has("properties")
                    || type.has("additionalProperties")
                    || type.path("items").has("properties");
            if (moment) {
                times[0]++;
            } else if (!structure && TIME_NAME.matcher(each.getKey()).matches()) {
                wrong.add(where + " " + each.getKey() + ": " + type);
            }
            walk(type, where + "." + each.getKey(), wrong, times);
        });
        if (schema.has("items")) {
            walk(schema.path("items"), where + "[]", wrong, times);
        }
        if (schema.path("additionalProperties").isObject()) {
            walk(schema.path("additionalProperties"), where + "{}", wrong, times);
        }
    }

    private static boolean isTime(JsonNode schema) {
        JsonNode type = schema.path("type");
        String kind = type.isArray() ? type.get(0).asText() : type.asText();
        return kind.equals("string") && schema.path("format").asText().equals("date-time");
    }

    @Test
    void whateverIsCalledLikeATimeIsDescribedAsDateTime() {
        List<String> wrong = new ArrayList<>();
        int[] times = new int[1];
        description
                .path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    String where = method.getKey() + " " + path.getKey();
                    JsonNode operation = method.getValue();
                    walk(operation.at("/requestBody/content/application~1json/schema"), where + " body", wrong, times);
                    walk(
                            operation.at("/responses/200/content/application~1json/schema"),
                            where + " answer",
                            wrong,
                            times);
                    for (JsonNode each : operation.path("parameters")) {
                        String name = each.path("name").asText();
                        if (isTime(each.path("schema"))) {
                            times[0]++;
                        } else if (TIME_NAME.matcher(name).matches()) {
                            wrong.add(where + "?" + name);
                        }
                    }
                }));
        assertThat(wrong).isEmpty();
        assertThat(times[0]).isGreaterThan(30);
    }

    /** Whatever it is called: no answer has a number that reads as a time about now, in ms or in s. */
    @Test
    void noAnswerHasATimeAsANumber() throws Exception {
        int[] texts = new int[1];
        for (var path : description.path("paths").properties()) {
            JsonNode get = path.getValue().path("get");
            if (get.isMissingNode()
                    || get.at("/responses/200/content/application~1json").isMissingNode()
                    || path.getKey().startsWith("/oidc")) {
                continue;
            }
            String address = path.getKey().replace("{name}", "db1").replace("{id}", "1");
            HttpResponse<String> answer = call("GET", address, null);
            if (answer.statusCode() == 200) {
                look(JSON.readTree(answer.body()), address, texts);
            }
        }
        for (String line : call("GET", "/audit/export", null).body().lines().toList()) {
            look(JSON.readTree(line), "/audit/export", texts);
        }
        assertThat(texts[0]).isGreaterThan(30);
    }

    private static void look(JsonNode node, String where, int[] texts) {
        if (node.isIntegralNumber()) {
            long now = System.currentTimeMillis();
            assertThat(Math.abs(node.asLong() - now)).as(where).isGreaterThan(NEAR.toMillis());
            assertThat(Math.abs(node.asLong() - now / 1000)).as(where).isGreaterThan(NEAR.toSeconds());
        }
        if (node.isTextual() && node.asText().matches(TIME)) {
            texts[0]++;
        }
        node.properties().forEach(each -> look(each.getValue(), where + "." + each.getKey(), texts));
        if (node.isArray()) {
            node.forEach(each -> look(each, where + "[]", texts));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /plans/calendar?until=1700000000000",
                "GET /plans/calendar?until=2026-11-23",
                "GET /plans/calendar?until=2026-11-23T07:15:00",
                "GET /snapshots?before=1700000000000",
                "GET /snapshots?before=x",
                "PUT /plans/nightly/pause {\"until\":1700000000000}",
                "PUT /plans/nightly/pause {\"until\":\"2099-11-23\"}",
                "PUT /plans/nightly/pause {\"until\":\"+999999999-12-31T23:59:59Z\"}",
                "PUT /plans/nightly/pause {\"until\":[]}",
                "PUT /plans/nightly/pause {\"until\":\"2001-01-01T00:00:00Z\"}"
            })
    void aBadTimeIsRefusedInWordsThatNameIt(String request) throws Exception {
        String[] parts = request.split(" ", 3);
        HttpResponse<String> answer = call(parts[0], parts[1], parts.length < 3 ? null : parts[2]);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(JSON.readTree(answer.body()).path("detail").asText())
                .containsPattern("until|before")
                .containsPattern("write ISO 8601 with an offset, such as 2026-11-23T07:15:00Z|is in the past");
    }

    @Test
    void aTimeOfAnyOffsetIsTaken() throws Exception {
        Instant until = Instant.now().plus(Duration.ofDays(2));
        JsonNode due = json(call("GET", "/plans/calendar?until=" + until, null)).path("due");
        assertThat(due).isNotEmpty().allSatisfy(each -> {
            assertThat(each.path("at").asText()).matches(TIME);
            assertThat(Instant.parse(each.path("at").asText())).isBefore(until);
        });
        assertThat(json(call("GET", "/plans/calendar?until=2099-01-01T00:00:00%2B08:00", null))
                        .path("due"))
                .hasSizeGreaterThan(300);
        assertThat(json(call("GET", "/plans/calendar?until=2001-01-01T00:00:00Z", null))
                        .path("due"))
                .isEmpty();
    }

    private static JsonNode plan() throws Exception {
        return json(call("GET", "/plans", null)).at("/plans/0");
    }

    @Test
    void aPauseSaysWhenItEnds() throws Exception {
        String until = "2099-11-23T08:15:00+01:00";
        assertThat(call("PUT", "/plans/nightly/pause", "{\"until\":\"" + until + "\"}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(plan().path("paused").asBoolean()).isTrue();
        assertThat(plan().path("pausedUntil").asText()).isEqualTo("2099-11-23T07:15:00.000Z");
        try (ControlDb control = appliance.control()) {
            assertThat(control.plans().find("nightly").orElseThrow().excusedUntil())
                    .isEqualTo(Instant.parse("2099-11-23T07:15:00Z").toEpochMilli());
        }
        // A pause without end needs no body, and replaces one with an end.
        for (String body : new String[] {null, "{}", "{\"until\":null}"}) {
            assertThat(call("PUT", "/plans/nightly/pause", body).statusCode()).isEqualTo(204);
            assertThat(plan().path("paused").asBoolean()).isTrue();
            assertThat(plan().path("pausedUntil").isNull()).isTrue();
        }
        assertThat(call("DELETE", "/plans/nightly/pause", null).statusCode()).isEqualTo(204);
        assertThat(plan().path("paused").asBoolean()).isFalse();
        assertThat(json(call("GET", "/audit?limit=50", null)).path("entries").toString())
                .contains("allowed, until 2099-11-23T07:15:00.000Z");
    }

    private static JsonNode node() throws Exception {
        return json(call("GET", "/nodes/db1", null)).path("node");
    }

    @Test
    void anIdentityThatTwoMachinesUseIsShownAndReleased() throws Exception {
        assertThat(call("POST", "/nodes/db1/release-identity", null).statusCode())
                .as("no machine came yet")
                .isEqualTo(409);
        assertThat(node().path("identityCopied").asText()).isEmpty();
        try (ControlDb control = appliance.control()) {
            int db1 = control.nodes().findByName("db1").orElseThrow().id();
            control.holders().add(db1, UUID.randomUUID(), "machine", "boot", 1, "192.0.2.1");
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            HolderTable.COPIED,
                            db1,
                            Phrase.plain("two machines use the identity of 'db1'"));
            assertThat(node().path("identityCopied").asText()).isEqualTo("two machines use the identity of 'db1'");
            Browser operator = appliance.signIn("backup-operator-user");
            assertThat(appliance
                            .call(operator, "POST", "/nodes/db1/release-identity", null)
                            .statusCode())
                    .isEqualTo(403);
            assertThat(call("POST", "/nodes/db1/release-identity", null).statusCode())
                    .isEqualTo(204);
            assertThat(node().path("identityCopied").asText()).isEmpty();
            assertThat(control.holders().of(db1).getFirst().seenAt()).isZero();
            assertThat(control.audit().newest(20))
                    .anyMatch(each -> each.action().equals("node release-identity")
                            && each.object().equals("db1")
                            && each.actor().equals("user administrator-user"));
        }
    }
}
