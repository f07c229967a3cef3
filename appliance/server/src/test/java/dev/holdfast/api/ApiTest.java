package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static dev.holdfast.api.RunningAppliance.PASSWORD;
import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.RunningAppliance.Browser;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.Role;
import dev.holdfast.control.db.ControlDb;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The API of a real appliance over real HTTPS: what each role may do, and what attackers try. */
class ApiTest {
    @TempDir
    static Path work;

    private static RunningAppliance appliance;
    private static final String NIGHTLY = """
                {"what":{"paths":["/home"],"excludes":["*.tmp"],"oneFileSystem":false,"before":"","after":"","scriptMinutes":60},
                 "when":{"schedule":"30 22 * * *","zone":"Asia/Shanghai","hours":["20:00-06:00"],"jitterMinutes":0,
                         "makeUp":true,"overdueMinutes":60},
                 "how":{"threads":0,"readBytesPerSecond":0,"sendBytesPerSecond":0,"idle":false,"priority":5}}""";

    private static final Map<Role, Browser> BROWSERS = new EnumMap<>(Role.class);

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work);
        for (Role role : Role.values()) {
            BROWSERS.put(role, signIn(role.text() + "-user"));
        }
    }

    @AfterAll
    static void stop() throws Exception {
        appliance.close();
    }

    private static HttpResponse<String> call(String method, String path, String body, String... headers)
            throws Exception {
        return appliance.call(method, path, body, headers);
    }

    private static HttpResponse<String> call(Browser browser, String method, String path, String body)
            throws Exception {
        return appliance.call(browser, method, path, body);
    }

    private static Browser signIn(String user) throws Exception {
        return appliance.signIn(user);
    }

    /** The stream has no end. */
    private static int listen(Browser browser) throws Exception {
        HttpResponse<InputStream> response = appliance
                .http()
                .send(
                        HttpRequest.newBuilder(appliance.uri("/live"))
                                .header("Cookie", browser.cookie())
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream in = response.body()) {
            assertThat(in.read()).isPositive();
        }
        return response.statusCode();
    }

    private static Browser admin() {
        return BROWSERS.get(Role.ADMINISTRATOR);
    }

    private static List<JsonNode> operations() throws Exception {
        JsonNode paths =
                JSON.readTree(call("GET", "/openapi.json", null).body()).path("paths");
        List<JsonNode> operations = new ArrayList<>();
        paths.properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    var copy = (com.fasterxml.jackson.databind.node.ObjectNode)
                            method.getValue().deepCopy();
                    copy.put("path", path.getKey())
                            .put("method", method.getKey().toUpperCase(java.util.Locale.ROOT));
                    operations.add(copy);
                }));
        return operations;
    }

    /** Every operation, by every role: refused exactly where the role lacks the permission. */
    @Test
    void everyRoleMayDoWhatItMayAndNothingElse() throws Exception {
        List<JsonNode> operations = operations();
        assertThat(operations).hasSizeGreaterThan(40);
        int refused = 0;
        for (JsonNode operation : operations) {
            String path = operation.path("path").asText().replaceAll("\\{[a-z]+\\}", "0");
            String method = operation.path("method").asText();
            if (path.startsWith("/session") || path.startsWith("/oidc")) {
                continue;
            }
            if (path.equals("/client-packages/0/file")) {
                // For machines that have a token to enrol with, and nobody else: ClientInstallTest.
                assertThat(call(method, path, null).statusCode()).isEqualTo(403);
                continue;
            }
            // Strangers get nowhere.
            assertThat(call(method, path, "{}").statusCode())
                    .as(method + " " + path)
                    .isEqualTo(401);
            Permission permission =
                    Permission.valueOf(operation.path("x-permission").asText());
            for (Role role : Role.values()) {
                int status = path.equals("/live")
                        ? listen(BROWSERS.get(role))
                        : call(BROWSERS.get(role), method, path, "{}").statusCode();
                boolean may = role.permissions().contains(permission);
                assertThat(status == 403)
                        .as("%s %s by %s: %d", method, path, role, status)
                        .isEqualTo(!may);
                assertThat(status).as("%s %s by %s", method, path, role).isLessThan(500);
                refused += may ? 0 : 1;
            }
        }
        assertThat(refused).isGreaterThan(80);
        assertThat(call(BROWSERS.get(Role.AUDITOR), "GET", "/audit?limit=1000&verify=true", null)
                        .body())
                .contains("refused: viewer")
                .contains("\"broken\":0");
    }

    /** However often others run, a plan of every night is there on every night. */
    @Test
    void plansOfEveryMinuteLeaveRoomForOthersInTheCalendar() throws Exception {
        List<String> often = IntStream.range(0, 30).mapToObj(i -> "often-" + i).toList();
        try (ControlDb control = appliance.control()) {
            int db1 = control.nodes().findByName("db1").orElseThrow().id();
            for (String each : often) {
                control.plans().put(each, NIGHTLY.replace("30 22 * * *", "* * * * *"));
                control.plans().bind(each, db1);
            }
            control.plans().put("rarely", NIGHTLY);
            control.plans().bind("rarely", db1);
            JsonNode week = json(call(admin(), "GET", "/plans/calendar?zone=Asia/Shanghai", null));
            assertThat(week.path("due").findValuesAsText("plan").stream().filter("rarely"::equals))
                    .hasSizeBetween(7, 8);
            Map<String, Integer> ofOne = new TreeMap<>();
            week.path("bands").forEach(band -> {
                if (band.path("plan").asText().equals("often-7")) {
                    ofOne.put(band.path("day").asText(), band.path("count").asInt());
                    assertThat(band.path("everySeconds").asInt()).isEqualTo(60);
                    assertThat(band.path("nodes").toString()).isEqualTo("[\"db1\"]");
                    assertThat(band.path("last").asText())
                            .isGreaterThan(band.path("first").asText());
                }
            });
            assertThat(ofOne).hasSizeBetween(7, 8);
            assertThat(ofOne.values().stream().filter(count -> count == 1440)).hasSizeBetween(6, 7);
            assertThat(Instant.parse(week.path("until").asText()))
                    .isAfter(Instant.now().plus(Duration.ofDays(7).minusMinutes(5)));
            // Too much for one answer: it says up to when it is whole.
            JsonNode year = json(call(admin(), "GET", "/plans/calendar?zone=UTC&until=2099-01-01T00:00:00Z", null));
            Instant until = Instant.parse(year.path("until").asText());
            assertThat(until).isBefore(Instant.now().plus(Duration.ofDays(366)));
            assertThat(until.truncatedTo(ChronoUnit.DAYS)).isEqualTo(until);
            assertThat(year.path("bands").findValuesAsText("day"))
                    .contains(until.minusSeconds(1).toString().substring(0, 10));
            for (String each : often) {
                control.plans().unbind(each, db1);
                control.plans().remove(each);
            }
            control.plans().unbind("rarely", db1);
            control.plans().remove("rarely");
        }
    }

    @Test
    void refusedCallsAreCountedInTheAuditLog() throws Exception {
        try (ControlDb control = appliance.control()) {
            Browser auditor = BROWSERS.get(Role.AUDITOR);
            for (int i = 0; i < 60; i++) {
                assertThat(call(auditor, "GET", "/snapshots/x" + i + "/files", null)
                                .statusCode())
                        .isEqualTo(403);
                assertThat(call("DELETE", "/nodes/n" + i, null, "Cookie", auditor.cookie())
                                .statusCode())
                        .isEqualTo(403);
                assertThat(call(auditor, "GET", "/audit?limit=1", null).statusCode())
                        .isEqualTo(200);
            }
            for (String action : List.of("GET /snapshots/{id}/files", "csrf", "read audit")) {
                assertThat(control.audit().newest(10_000).stream()
                                .filter(entry -> entry.action().equals(action)
                                        && entry.actor().equals("user auditor-user")))
                        .as(action)
                        .hasSizeBetween(1, 5);
            }
        }
    }

    /** Whoever signs out, or may less than before, hears no more. */
    @Test
    void aStreamEndsWithItsSession() throws Exception {
        Browser viewer = signIn("viewer-user");
        HttpResponse<InputStream> response = appliance
                .http()
                .send(
                        HttpRequest.newBuilder(appliance.uri("/live"))
                                .header("Cookie", viewer.cookie())
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader in = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
            assertThat(in.readLine()).startsWith("retry:");
            // Its first look is where changes count from.
            String task = "{\"kind\":\"gc-preview\",\"all\":false}";
            StringBuilder heard = new StringBuilder();
            for (int i = 0; i < 20 && heard.indexOf("event: task") < 0; i++) {
                assertThat(call(admin(), "POST", "/tasks", task).statusCode()).isEqualTo(200);
                heard.append(in.readLine()).append('\n');
            }
            assertThat(heard).contains("event: task");
            assertThat(call(viewer, "DELETE", "/session", null).statusCode()).isEqualTo(204);
            assertThat(call(admin(), "POST", "/tasks", task).statusCode()).isEqualTo(200);
            while (in.readLine() != null) {
                // What was on its way.
            }
        }
    }

    @Test
    void openApiDescribesWhatIsServed() throws Exception {
        JsonNode document = JSON.readTree(call("GET", "/openapi.json", null).body());
        assertThat(document.path("openapi").asText()).isEqualTo("3.1.0");
        Set<String> described = new TreeSet<>();
        operations()
                .forEach(each -> described.add(
                        each.path("method").asText() + " " + each.path("path").asText()));
        assertThat(described).contains("GET /nodes", "PUT /plans/{name}", "POST /snapshots/{id}/restore");
        // What comes back has the fields that are described.
        JsonNode schema =
                document.at("/paths/~1overview/get/responses/200/content/application~1json/schema/properties");
        Set<String> fields = new TreeSet<>();
        schema.fieldNames().forEachRemaining(fields::add);
        Set<String> found = new TreeSet<>();
        json(call(admin(), "GET", "/overview", null)).fieldNames().forEachRemaining(found::add);
        assertThat(found).isEqualTo(fields).isNotEmpty();
    }

    @Test
    void aPageOfAnotherSiteGetsNothingDone() throws Exception {
        Browser admin = signIn("administrator-user");
        String plan = "{\"validMinutes\":5}";
        String signIn = JSON.writeValueAsString(Map.of("user", "viewer-user", "password", PASSWORD));
        assertThat(call("POST", "/session", signIn, "Sec-Fetch-Site", "cross-site")
                        .statusCode())
                .isEqualTo(403);
        HttpRequest form = HttpRequest.newBuilder(appliance.uri("/session"))
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString(signIn))
                .build();
        assertThat(appliance
                        .http()
                        .send(form, HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(415);
        assertThat(call("POST", "/nodes/tokens", plan, "Cookie", admin.cookie()).statusCode())
                .isEqualTo(403);
        assertThat(call("POST", "/nodes/tokens", plan, "Cookie", admin.cookie(), "X-CSRF-Token", "guessed")
                        .statusCode())
                .isEqualTo(403);
        assertThat(call(
                                "POST",
                                "/nodes/tokens",
                                plan,
                                "Cookie",
                                admin.cookie(),
                                "X-CSRF-Token",
                                admin.csrf(),
                                "Sec-Fetch-Site",
                                "cross-site")
                        .statusCode())
                .isEqualTo(403);
        assertThat(call(admin, "POST", "/nodes/tokens", plan).statusCode()).isEqualTo(200);
    }

    @Test
    void aSessionThatWasLeftIsOfNoUse() throws Exception {
        Browser browser = signIn("viewer-user");
        assertThat(call(browser, "GET", "/session", null).statusCode()).isEqualTo(200);
        assertThat(call(browser, "DELETE", "/session", null).statusCode()).isEqualTo(204);
        assertThat(call(browser, "GET", "/session", null).statusCode()).isEqualTo(401);
        assertThat(call("GET", "/session", null, "Authorization", "Bearer hft_made_up")
                        .statusCode())
                .isEqualTo(401);
        assertThat(call("GET", "/session", null, "Authorization", "Basic YTpi").statusCode())
                .isEqualTo(401);
    }

    @Test
    void tokensDoWhatTheyMayAndMakeNoUsers() throws Exception {
        JsonNode made = json(call(
                admin(),
                "POST",
                "/tokens",
                "{\"description\":\"script\",\"permissions\":[\"VIEW\",\"USERS\"],\"days\":3}"));
        String[] bearer = {"Authorization", "Bearer " + made.path("secret").asText()};
        assertThat(call("GET", "/nodes", null, bearer).statusCode()).isEqualTo(200);
        assertThat(call("POST", "/nodes/tokens", "{\"validMinutes\":5}", bearer).statusCode())
                .isEqualTo(403);
        // Nothing that would outlive it, nothing that cannot be undone.
        for (String[] each : new String[][] {
            {"PUT", "/session/password", "{\"password\":\"another good password\"}"},
            {"POST", "/session/second-factor", "{}"},
            {"PUT", "/session/second-factor", "{}"},
            {"POST", "/tokens", "{}"},
            {"DELETE", "/tokens/" + made.path("id").asText(), null},
            {"DELETE", "/session", null}
        }) {
            assertThat(call(each[0], each[1], each[2], bearer).statusCode())
                    .as(each[1])
                    .isEqualTo(403);
        }
        String user = "{\"name\":\"mallory\",\"password\":\"" + PASSWORD + "\",\"role\":\"administrator\"}";
        assertThat(call("POST", "/users", user, bearer).statusCode()).isEqualTo(403);
        assertThat(call(admin(), "DELETE", "/tokens/" + made.path("id").asText(), null)
                        .statusCode())
                .isEqualTo(204);
        assertThat(call("GET", "/nodes", null, bearer).statusCode()).isEqualTo(401);
    }

    /** What a configuration management needs, and nothing by which it could take over a node or undo a protection. */
    @Test
    void tokensOfProgramsEnrolNewMachinesAndManagePlans() throws Exception {
        call(
                admin(),
                "POST",
                "/users",
                "{\"name\":\"ansible\",\"password\":\"" + PASSWORD
                        + "\",\"role\":\"backup-operator\",\"allNodes\":true}");
        String wanted = "{\"description\":\"ansible\",\"permissions\":[%s],\"days\":3}";
        assertThat(call(admin(), "POST", "/users/nobody/tokens", wanted.formatted("\"VIEW\""))
                        .statusCode())
                .isEqualTo(404);
        assertThat(call(admin(), "POST", "/users/ansible/tokens", wanted.formatted("\"DESTROY\""))
                        .statusCode())
                .as("more than the user may")
                .isEqualTo(400);
        JsonNode made = json(call(
                admin(), "POST", "/users/ansible/tokens", wanted.formatted("\"VIEW\",\"ENROL\",\"PLAN\",\"NODES\"")));
        String[] bearer = {"Authorization", "Bearer " + made.path("secret").asText()};
        assertThat(call("POST", "/users/ansible/tokens", wanted.formatted("\"VIEW\""), bearer)
                        .statusCode())
                .isEqualTo(403);

        JsonNode token = json(call("POST", "/nodes/tokens", "{\"validMinutes\":5}", bearer));
        assertThat(token.path("token").asText()).startsWith("hf1.");
        assertThat(call("DELETE", "/enrolment-tokens/" + token.path("id").asText(), null, bearer)
                        .statusCode())
                .isEqualTo(204);
        assertThat(call("POST", "/nodes/tokens", "{\"validMinutes\":5,\"node\":\"db1\"}", bearer)
                        .statusCode())
                .as("an existing node")
                .isEqualTo(403);
        assertThat(call("DELETE", "/nodes/db1", null, bearer).statusCode()).isEqualTo(403);

        assertThat(call("PUT", "/plans/made-by-ansible", NIGHTLY, bearer).statusCode())
                .isEqualTo(204);
        JsonNode lesser = json(call(admin(), "POST", "/users/ansible/tokens", wanted.formatted("\"VIEW\",\"PLAN\"")));
        String upgrading = NIGHTLY.replaceFirst("^\\{", "{\"upgradeClients\":true,");
        assertThat(call(
                                "PUT",
                                "/plans/made-by-ansible",
                                upgrading,
                                "Authorization",
                                "Bearer " + lesser.path("secret").asText())
                        .statusCode())
                .as("clients are upgraded by who may order that")
                .isEqualTo(403);
        assertThat(call("PUT", "/plans/made-by-ansible", upgrading, bearer).statusCode())
                .isEqualTo(204);
        assertThat(json(call("GET", "/nodes/db1/upgrade", null, bearer))
                        .path("state")
                        .asText())
                .isEqualTo("unknown");
        assertThat(call("PUT", "/plans/made-by-ansible/nodes/db1", null, bearer).statusCode())
                .isEqualTo(204);
        assertThat(call("DELETE", "/plans/made-by-ansible/nodes/db1", null, bearer)
                        .statusCode())
                .isEqualTo(204);
    }

    @Test
    void enrolmentTokensAreListedWithoutTheirSecretAndRevoked() throws Exception {
        Browser admin = admin();
        JsonNode made = json(call(admin, "POST", "/nodes/tokens", "{\"validMinutes\":5,\"node\":\"db2\"}"));
        String id = made.path("id").asText();
        HttpResponse<String> list = call(admin, "GET", "/enrolment-tokens", null);
        assertThat(list.body()).doesNotContain(made.path("token").asText().split("\\.")[1]);
        JsonNode listed = json(list).path("tokens");
        assertThat(listed.findValuesAsText("id")).contains(id);
        for (JsonNode each : listed) {
            if (each.path("id").asText().equals(id)) {
                assertThat(each.path("node").asText()).isEqualTo("db2");
                assertThat(each.path("createdBy").asText()).isNotEmpty();
                assertThat(each.path("expiresAt").asText()).isNotEmpty();
            }
        }
        Browser narrow = signIn("narrow");
        assertThat(call(narrow, "GET", "/enrolment-tokens", null).body()).doesNotContain(id);
        assertThat(call(narrow, "DELETE", "/enrolment-tokens/" + id, null).statusCode())
                .isEqualTo(404);
        assertThat(call(admin, "DELETE", "/enrolment-tokens/" + id, null).statusCode())
                .isEqualTo(204);
        assertThat(call(admin, "DELETE", "/enrolment-tokens/" + id, null).statusCode())
                .isEqualTo(404);
        assertThat(call(admin, "GET", "/enrolment-tokens", null).body()).doesNotContain(id);
    }

    @Test
    void whoSeesOneNodeSeesNothingOfOthers() throws Exception {
        Browser narrow = signIn("narrow");
        JsonNode nodes = json(call(narrow, "GET", "/nodes", null)).path("nodes");
        assertThat(nodes.findValuesAsText("name")).containsExactly("db1");
        assertThat(call(narrow, "PUT", "/plans/p/nodes/db2", null).statusCode()).isEqualTo(404);
        assertThat(call(narrow, "POST", "/nodes/tokens", "{\"validMinutes\":5}").statusCode())
                .isEqualTo(403);
        assertThat(call(narrow, "POST", "/nodes/tokens", "{\"validMinutes\":5,\"node\":\"db2\"}")
                        .statusCode())
                .isEqualTo(404);
        assertThat(call(narrow, "POST", "/nodes/tokens", "{\"validMinutes\":5,\"node\":\"db1\"}")
                        .statusCode())
                .as("who may not restore gets no node's identity")
                .isEqualTo(403);
        for (String[] each : new String[][] {
            {"PUT", "/plans/everybodys", "{}"},
            {"DELETE", "/plans/everybodys", null},
            {"PUT", "/plans/everybodys/pause", null},
            {"POST", "/tasks", "{\"kind\":\"gc\",\"all\":false}"},
            {"POST", "/nodes/db1/release", null},
            {"POST", "/nodes/db1/resume", null},
            {"POST", "/nodes/db1/release-identity", null},
            {"PUT", "/policies/p", "{}"},
            {"GET", "/users", null}
        }) {
            assertThat(call(narrow, each[0], each[1], each[2]).statusCode())
                    .as(each[1])
                    .isEqualTo(403);
        }
        long task = json(call(admin(), "POST", "/tasks", "{\"kind\":\"retention-preview\",\"all\":false}"))
                .path("task")
                .asLong();
        assertThat(call(narrow, "GET", "/tasks/" + task, null).statusCode()).isEqualTo(404);
        assertThat(call(admin(), "PUT", "/users/narrow", "{\"role\":\"administrator\",\"disabled\":false}")
                        .statusCode())
                .as("limited administrators are none")
                .isEqualTo(400);
        assertThat(call(admin(), "PUT", "/users/narrow", "{\"role\":\"backup-operator\",\"disabled\":false}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(json(call(narrow, "GET", "/nodes", null)).path("nodes"))
                .as("still limited")
                .hasSize(1);
    }

    @Test
    void plansAreMadeFollowedAndRemoved() throws Exception {

        Browser operator = BROWSERS.get(Role.BACKUP_OPERATOR);
        assertThat(call(operator, "PUT", "/plans/nightly", NIGHTLY).statusCode())
                .isEqualTo(204);
        assertThat(call(operator, "PUT", "/plans/nightly", NIGHTLY.replace("30 22", "61 22"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(call(operator, "PUT", "/plans/..%2Fx", NIGHTLY).statusCode()).isEqualTo(400);
        assertThat(call(operator, "PUT", "/plans/nightly/nodes/db1", null).statusCode())
                .isEqualTo(204);
        JsonNode calendar = json(call(operator, "GET", "/plans/calendar", null)).path("due");
        assertThat(calendar.size()).isBetween(6, 8);
        HttpResponse<String> first = call(operator, "GET", "/plans", null);
        String tag = first.headers().firstValue("ETag").orElseThrow();
        HttpResponse<String> again = call("GET", "/plans", null, "Cookie", operator.cookie(), "If-None-Match", tag);
        assertThat(again.statusCode()).isEqualTo(304);
        assertThat(again.body()).isEmpty();
        // However often it is asked for under one key, and at once.
        List<CompletableFuture<String>> runs = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            runs.add(CompletableFuture.supplyAsync(() -> {
                try {
                    return call(
                                    "POST",
                                    "/plans/nightly/run",
                                    "{\"nodes\":[],\"fullRead\":false}",
                                    "Cookie",
                                    operator.cookie(),
                                    "X-CSRF-Token",
                                    operator.csrf(),
                                    "Idempotency-Key",
                                    "one")
                            .body();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }));
        }
        Set<String> answers = new TreeSet<>();
        runs.forEach(each -> answers.add(each.join()));
        assertThat(answers).hasSize(1);
        assertThat(call(
                                "POST",
                                "/plans/nightly/run",
                                "{\"nodes\":[],\"fullRead\":true}",
                                "Cookie",
                                operator.cookie(),
                                "X-CSRF-Token",
                                operator.csrf(),
                                "Idempotency-Key",
                                "one")
                        .statusCode())
                .as("another wish under the same key")
                .isEqualTo(422);
        long task =
                JSON.readTree(answers.iterator().next()).path("tasks").get(0).asLong();
        JsonNode tasks = json(call(operator, "GET", "/tasks?kind=backup&node=db1&limit=2", null));
        assertThat(tasks.path("tasks")).hasSize(1);
        assertThat(json(call(operator, "GET", "/tasks/" + task, null))
                        .at("/task/state")
                        .asText())
                .isEqualTo("QUEUED");
        assertThat(call(operator, "POST", "/tasks/" + task + "/cancel", null).statusCode())
                .isEqualTo(204);
        assertThat(call(operator, "POST", "/tasks/" + task + "/cancel", null).statusCode())
                .isEqualTo(409);
        assertThat(call(operator, "DELETE", "/plans/nightly", null).statusCode())
                .isEqualTo(409);
        assertThat(call(operator, "DELETE", "/plans/nightly/nodes/db1", null).statusCode())
                .isEqualTo(204);
        assertThat(call(operator, "DELETE", "/plans/nightly", null).statusCode())
                .isEqualTo(204);
    }

    @Test
    void theLastAdministratorStays() throws Exception {
        assertThat(call(admin(), "DELETE", "/users/administrator-user", null).statusCode())
                .isEqualTo(409);
        assertThat(call(admin(), "PUT", "/users/administrator-user", "{\"role\":\"viewer\",\"disabled\":false}")
                        .statusCode())
                .isEqualTo(409);
        String user = "{\"name\":\"second\",\"password\":\"" + PASSWORD + "\",\"role\":\"viewer\",\"allNodes\":true}";
        assertThat(call(admin(), "POST", "/users", user).statusCode()).isEqualTo(204);
        Browser second = signIn("second");
        assertThat(call(second, "GET", "/users", null).statusCode()).isEqualTo(403);
        assertThat(call(admin(), "PUT", "/users/second", "{\"role\":\"auditor\",\"disabled\":false}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(call(second, "GET", "/audit", null).statusCode())
                .as("at once")
                .isEqualTo(200);
        assertThat(call(admin(), "DELETE", "/users/second", null).statusCode()).isEqualTo(204);
        assertThat(call(second, "GET", "/session", null).statusCode()).isEqualTo(401);
    }

    @Test
    void oddBodiesAreToldOfAndHarmNothing() throws Exception {
        for (String body : List.of(
                "", "null", "[]", "{", "{\"validMinutes\":\"x\"}", "{\"validMinutes\":5,\"extra\":1}", "\u0000")) {
            HttpResponse<String> response = call(admin(), "POST", "/nodes/tokens", body);
            assertThat(response.statusCode()).as(body).isEqualTo(400);
            assertThat(response.headers().firstValue("Content-Type").orElseThrow())
                    .startsWith("application/problem+json");
        }
        assertThat(call(admin(), "POST", "/nodes/tokens", "x".repeat(2 << 20)).statusCode())
                .isEqualTo(413);
        assertThat(call(admin(), "GET", "/tasks?limit=x", null).statusCode()).isEqualTo(400);
        assertThat(call(admin(), "GET", "/snapshots/not-an-id", null).statusCode())
                .isEqualTo(404);
        assertThat(call(admin(), "GET", "/nothing", null).statusCode()).isEqualTo(404);
        assertThat(call("GET", "/../../../etc/passwd", null).statusCode()).isIn(400, 404);
    }

    @Test
    void headersKeepBrowsersInBounds() throws Exception {
        HttpResponse<String> response = call(admin(), "GET", "/overview", null);
        assertThat(response.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'self'")
                .doesNotContain("unsafe");
        assertThat(response.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(response.headers().firstValue("X-Frame-Options")).contains("DENY");
        assertThat(response.headers().firstValue("Strict-Transport-Security")).isPresent();
        assertThat(response.headers().firstValue("Server")).isEmpty();
        assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /vaults/dr|{"address":null,"policy":null}
            /vaults/dr|{"address":{"url":null},"policy":{"when":"IMMEDIATELY","windows":[],"bandwidth":[],"leastAgeSeconds":0,"nodes":[],"containerClass":"IA","colder":[],"parallelParts":4,"evictAbove":100}}
            /vaults/dr|{"address":{"url":"oss://backups/x"},"policy":{"when":"IMMEDIATELY","windows":[],"bandwidth":[],"leastAgeSeconds":0,"nodes":[],"containerClass":"IA","colder":[],"parallelParts":4,"evictAbove":100}}
            /alert-channels/ops|{"webhook":null,"mail":null}
            /alert-channels/ops|{"webhook":{"url":null}}
            /alert-channels/ops|{"webhook":{"url":"https://x y"}}
            /alert-channels/ops|{"mail":{"host":null,"from":null,"to":null}}
            /alert-channels/ops|{"mail":{"host":"h","port":70000,"from":"a@b","to":["c@d"]}}
            /alert-channels/a%2Fb|{"webhook":{"url":"https://x"}}
            /identity-provider|{"issuer":null,"clientId":null,"clientSecret":null,"console":null,"roles":null}
            /identity-provider|{"issuer":"https://i","clientId":"c","clientSecret":null,"console":"https://c","roles":{"g":null}}
            /identity-provider|{"issuer":"https://i","clientId":"c","clientSecret":"s","console":"https://c","roles":{"g":"king"}}
            /audit/limits|{"days":0,"entries":0,"megabytes":0}
            """)
    void settingsThatCannotBeMeantAreRefused(String path, String body) throws Exception {
        HttpResponse<String> answer = call(admin(), "PUT", path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.body()).contains("urn:holdfast:invalid").doesNotContain("detail\":\"\"");
    }

    @Test
    void settingsAndMaintenanceAreReachable() throws Exception {
        assertThat(call(admin(), "PUT", "/settings", "{\"drillDays\":14,\"historyDays\":100}")
                        .statusCode())
                .isEqualTo(204);
        assertThat(json(call(admin(), "GET", "/settings", null))
                        .path("drillDays")
                        .asInt())
                .isEqualTo(14);
        assertThat(call(admin(), "PUT", "/settings", "{\"drillDays\":999,\"historyDays\":100}")
                        .statusCode())
                .isEqualTo(400);
        long task = json(call(admin(), "POST", "/tasks", "{\"kind\":\"usage\",\"all\":false}"))
                .path("task")
                .asLong();
        for (int i = 0; i < 100; i++) {
            JsonNode shown = json(call(admin(), "GET", "/tasks/" + task, null)).path("task");
            if (shown.path("state").asText().equals("DONE")) {
                break;
            }
            Thread.sleep(100);
        }
        assertThat(json(call(admin(), "GET", "/usage", null)).path("at").asText())
                .matches(ApiTimesTest.TIME);
        assertThat(call(admin(), "POST", "/tasks", "{\"kind\":\"forget\",\"all\":false}")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void taskThatCannotBeReadIsShownAndNotRetried() throws Exception {
        try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + work.resolve("data/control.db"));
                Statement statement = raw.createStatement()) {
            statement.executeUpdate(
                    "INSERT INTO task(id, node_id, kind, description, argument, state, requested_by) VALUES"
                            + " (90001, 1, 'levitate', 'of another release', '{}', 'failed', 'user ann'),"
                            + " (90002, 1, 'verify', 'damaged', '}{', 'failed', 'user ann'),"
                            + " (90003, NULL, 'gc', 'damaged', '{\"graceHours\":[]}', 'failed', 'user ann'),"
                            + " (90004, NULL, 'gc', 'as found', '{\"all\":false,\"graceHours\":100000}', 'failed', 'user ann')");
        }
        JsonNode listed =
                json(call(admin(), "GET", "/tasks?before=90005&limit=4", null)).path("tasks");
        assertThat(listed.findValuesAsText("argument"))
                .containsExactly("{\"all\":false,\"graceHours\":100000}", "{\"graceHours\":[]}", "}{", "{}");
        assertThat(json(call(admin(), "GET", "/tasks/90001", null))
                        .path("task")
                        .path("kind")
                        .asText())
                .isEqualTo("levitate");
        Map<Integer, String> refusals = Map.of(
                90001, "does not know tasks of kind 'levitate'",
                90002, "this verify task is damaged",
                90003, "'graceHours' is not a whole number");
        for (Map.Entry<Integer, String> each : refusals.entrySet()) {
            HttpResponse<String> refused = call(admin(), "POST", "/tasks/" + each.getKey() + "/retry", null);
            assertThat(refused.statusCode()).isEqualTo(409);
            assertThat(refused.body()).contains("task " + each.getKey() + " cannot be retried", each.getValue());
        }
        long again = json(call(admin(), "POST", "/tasks/90004/retry", null))
                .path("task")
                .asLong();
        assertThat(json(call(admin(), "GET", "/tasks/" + again, null))
                        .path("task")
                        .path("argument")
                        .asText())
                .isEqualTo("{\"graceHours\":100000}");
    }
}
