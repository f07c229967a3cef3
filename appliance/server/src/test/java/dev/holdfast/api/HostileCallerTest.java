package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Strangers, viewers and users of one node who want to stop or spoil others' work through the API. */
class HostileCallerTest {
    static final Pattern CLASS_NAME = Pattern.compile(
            "(?i)\\b(java|javax|jakarta|dev\\.holdfast|org\\.eclipse|com\\.fasterxml|io\\.javalin|kotlin)\\.[a-z]|jetty|javalin|jackson|<html|\\bat [\\w.]+\\(");

    @TempDir
    static Path work;

    private static RunningAppliance appliance;
    private static RunningAppliance.Browser admin;
    private static RunningAppliance.Browser viewer;

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work);
        admin = appliance.signIn("administrator-user");
        viewer = appliance.signIn("viewer-user");
    }

    @AfterAll
    static void stop() throws Exception {
        appliance.close();
    }

    private static List<HttpResponse<String>> atOnce(int calls, Callable<HttpResponse<String>> call) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<HttpResponse<String>>> started = new ArrayList<>();
            for (int i = 0; i < calls; i++) {
                started.add(threads.submit(call));
            }
            List<HttpResponse<String>> answers = new ArrayList<>();
            for (Future<HttpResponse<String>> each : started) {
                answers.add(each.get());
            }
            return answers;
        }
    }

    // ---- memory

    /** As earlier releases took them. */
    @Test
    void hugeTextsThatAreThereAlreadyKillNoList() throws Exception {
        String huge = "x".repeat(1 << 20);
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + appliance.controlDb())) {
            database.setAutoCommit(false);
            try (PreparedStatement token = database.prepareStatement(
                            "INSERT INTO api_token(hash, id, user, description, permissions, created_at, expires_at)"
                                    + " VALUES (?, ?, 'viewer-user', ?, 'VIEW', 1, 1)");
                    PreparedStatement task = database.prepareStatement(
                            "INSERT INTO task(kind, description, argument, state, requested_by, queued_at, result, reason)"
                                    + " VALUES ('usage', ?, ?, 'done', 'user x', 1, ?, ?)");
                    PreparedStatement event = database.prepareStatement(
                            "INSERT INTO event(at, severity, kind, message) VALUES (1, 'alert', 'test', ?)")) {
                for (int i = 0; i < 60; i++) {
                    token.setString(1, "hash " + i);
                    token.setString(2, "id " + i);
                    token.setString(3, huge);
                    token.executeUpdate();
                    task.setString(1, huge);
                    task.setString(2, "{\"x\":\"" + huge + "\"}");
                    task.setString(3, "{\"x\":\"" + huge + "\"}");
                    task.setString(4, huge);
                    task.executeUpdate();
                    event.setString(1, huge);
                    event.executeUpdate();
                }
            }
            database.commit();
        }
        for (String path : List.of("/tokens", "/tasks?limit=1000", "/events?limit=1000", "/overview")) {
            for (HttpResponse<String> each : atOnce(6, () -> appliance.call(viewer, "GET", path, null))) {
                assertThat(each.statusCode()).as(path).isEqualTo(200);
                assertThat(each.body().length()).as(path).isLessThan(1 << 20);
            }
        }
        List<String> ids = new ArrayList<>();
        String after = "";
        do {
            JsonNode page = json(appliance.call(
                    viewer,
                    "GET",
                    "/tokens?limit=25&after=" + java.net.URLEncoder.encode(after, StandardCharsets.UTF_8),
                    null));
            ids.addAll(page.path("tokens").findValuesAsText("id"));
            after = page.path("next").asText();
        } while (!after.isEmpty());
        assertThat(ids).hasSize(60).doesNotHaveDuplicates();
    }

    @Test
    void whatIsSentHasDeclaredLimits() throws Exception {
        String token = "{\"description\":\"%s\",\"permissions\":[\"VIEW\"],\"days\":1}";
        assertThat(appliance
                        .call(viewer, "POST", "/tokens", token.formatted("x".repeat(200)))
                        .statusCode())
                .isEqualTo(200);
        HttpResponse<String> refused = appliance.call(viewer, "POST", "/tokens", token.formatted("x".repeat(201)));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("'description' has 201 characters; at most 200 are taken");
        assertThat(appliance
                        .call(viewer, "POST", "/tokens", token.formatted("x".repeat(300_000)))
                        .statusCode())
                .isEqualTo(413);
        assertThat(appliance
                        .call(viewer, "POST", "/tokens", "[".repeat(100_000))
                        .statusCode())
                .isEqualTo(400);
        assertThat(appliance
                        .call(
                                viewer,
                                "POST",
                                "/tokens",
                                "{\"description\":\"x\",\"permissions\":[" + "\"VIEW\",".repeat(10_000)
                                        + "\"VIEW\"],\"days\":1}")
                        .statusCode())
                .isEqualTo(400);
        JsonNode paths = JSON.readTree(
                        appliance.call("GET", "/openapi.json", null).body())
                .path("paths");
        String schema = "requestBody/content/application~1json/schema/properties";
        assertThat(paths.at("/~1tokens/post/" + schema + "/description/maxLength")
                        .asInt())
                .isEqualTo(200);
        assertThat(paths.at("/~1tokens/post/" + schema + "/permissions/maxItems")
                        .asInt())
                .isEqualTo(50);
        int[] texts = {0};
        paths.forEach(path -> path.forEach(operation -> bounded(operation.path("requestBody"), texts)));
        assertThat(texts[0]).isGreaterThan(40);
    }

    /** Every text and list that is sent has a limit. */
    private static void bounded(JsonNode schema, int[] texts) {
        boolean text = schema.path("type").asText().equals("string");
        if (text && !schema.has("enum") && !schema.has("const")) {
            texts[0]++;
            assertThat(schema.has("maxLength")).as(schema.toString()).isTrue();
        }
        if (schema.path("type").asText().equals("array")) {
            assertThat(schema.has("maxItems")).as(schema.toString()).isTrue();
        }
        schema.forEach(each -> bounded(each, texts));
    }

    @Test
    void aUserHasSoManyTokensAndNoMore() throws Exception {
        RunningAppliance.Browser auditor = appliance.signIn("auditor-user");
        String token = "{\"description\":\"x\",\"permissions\":[\"VIEW\"],\"days\":1}";
        int made = 0;
        HttpResponse<String> last = appliance.call(auditor, "POST", "/tokens", token);
        while (last.statusCode() == 200 && made < 1000) {
            made++;
            last = appliance.call(auditor, "POST", "/tokens", token);
        }
        assertThat(last.statusCode()).isEqualTo(400);
        assertThat(last.body()).contains("200 tokens, the most");
    }

    // ---- connections

    @Test
    void strangersInTheMiddleOfHeadersKeepNobodyOut() throws Exception {
        List<SSLSocket> hostile = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                SSLSocket socket = appliance.connect();
                socket.getOutputStream().write("GET /api/v1/nodes HTTP/1.1\r\nX: ".getBytes(StandardCharsets.US_ASCII));
                hostile.add(socket);
                if (i % 50 == 0) {
                    assertThat(appliance.call(viewer, "GET", "/nodes", null).statusCode())
                            .isEqualTo(200);
                }
            }
            assertThat(appliance.call(viewer, "GET", "/nodes", null).statusCode())
                    .isEqualTo(200);
            int open = 0;
            for (SSLSocket each : hostile) {
                open += isOpen(each) ? 1 : 0;
            }
            assertThat(open).isLessThanOrEqualTo(Connections.Limits.DEFAULT.unidentifiedOfBlock());
            assertThat(appliance.signIn("viewer-user").csrf()).isNotEmpty();
        } finally {
            for (SSLSocket each : hostile) {
                each.close();
            }
        }
    }

    private static boolean isOpen(SSLSocket socket) {
        try {
            socket.setSoTimeout(20);
            return socket.getInputStream().read() >= 0;
        } catch (java.net.SocketTimeoutException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** What is slow has threads of its own, and a user no more than a share of them. */
    @Test
    void slowDownloadsAndOpenConsolesKeepNobodyWaiting() throws Exception {
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + appliance.controlDb());
                java.sql.Statement statement = database.createStatement()) {
            statement.executeUpdate("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                    + " INSERT INTO audit(at, actor, action, object, outcome) SELECT 1, 'somebody', 'something',"
                    + " 'an object with a name of some length', 'allowed' FROM n");
        }
        List<SSLSocket> slow = new ArrayList<>();
        RunningAppliance.Browser auditor = appliance.signIn("auditor-user");
        try {
            for (int i = 0; i < 10; i++) {
                slow.add(begin("/audit/export", auditor));
                slow.add(begin("/live", i % 2 == 0 ? auditor : viewer));
            }
            // What is answered at once, what reads long, and another's download.
            assertThat(appliance.call(auditor, "GET", "/nodes", null).statusCode())
                    .isEqualTo(200);
            assertThat(appliance.call(admin, "GET", "/audit?limit=10", null).statusCode())
                    .isEqualTo(200);
            assertThat(appliance
                            .call(admin, "GET", "/audit/export", null)
                            .body()
                            .lines())
                    .hasSizeGreaterThan(100_000);
        } finally {
            for (SSLSocket each : slow) {
                each.close();
            }
        }
    }

    /** Asks for something, and takes little of it. */
    private static SSLSocket begin(String path, RunningAppliance.Browser browser) throws IOException {
        SSLSocket socket = appliance.connect();
        socket.getOutputStream()
                .write(("GET /api/v1" + path + " HTTP/1.1\r\nHost: a\r\nCookie: " + browser.cookie() + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().flush();
        return socket;
    }

    /** Every route of a user has a limit of memory and of connections, also the one that checks passwords. */
    @Test
    void slowBodiesOfAUserKeepNobodyOut() throws Exception {
        RunningAppliance.Browser narrow = appliance.signIn("narrow");
        int most = Connections.Limits.DEFAULT.ofUser();
        List<SSLSocket> slow = new ArrayList<>();
        try {
            for (int i = 0; i < most + 6; i++) {
                SSLSocket socket = appliance.connect();
                slow.add(socket);
                socket.getOutputStream()
                        .write(("POST /api/v1/session/proof HTTP/1.1\r\nHost: a\r\nCookie: " + narrow.cookie()
                                        + "\r\nX-CSRF-Token: " + narrow.csrf()
                                        + "\r\nContent-Type: application/json\r\nContent-Length: 16000\r\n\r\n{")
                                .getBytes(StandardCharsets.US_ASCII));
            }
            // The others wait for the rest of their bodies.
            int refused = 0;
            for (int round = 0; round < 100 && refused < 6; round++) {
                for (SSLSocket each : List.copyOf(slow)) {
                    each.setSoTimeout(5);
                    try {
                        String answer = new String(each.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
                        assertThat(answer).isEqualTo("HTTP/1.1 429");
                        each.close();
                        slow.remove(each);
                        refused++;
                    } catch (java.net.SocketTimeoutException e) {
                        continue;
                    }
                }
            }
            assertThat(refused).isEqualTo(6);
            assertThat(appliance.call(viewer, "GET", "/nodes", null).statusCode())
                    .isEqualTo(200);
            assertThat(appliance.signIn("viewer-user").csrf()).isNotEmpty();
        } finally {
            for (SSLSocket each : slow) {
                each.close();
            }
        }
        assertThat(appliance
                        .call(viewer, "POST", "/session/proof", "{\"password\":\"" + "x".repeat(17_000) + "\"}")
                        .statusCode())
                .isEqualTo(413);
    }

    // ---- computing

    @Test
    void aScheduleOfAHalfMillionItemsIsRefusedAtOnce() throws Exception {
        String plan = """
                {"what":{"paths":["/home"],"excludes":[],"oneFileSystem":false,"before":"","after":"","scriptMinutes":60},
                 "when":{"schedule":"%s * * * *","zone":"UTC","hours":[],"jitterMinutes":0,"makeUp":true,"overdueMinutes":60},
                 "how":{"threads":0,"readBytesPerSecond":0,"sendBytesPerSecond":0,"idle":false,"priority":5}}""";
        HttpResponse<String> refused =
                appliance.call(viewer, "POST", "/plans/preview", plan.formatted("1" + ",1".repeat(100_000)));
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("'when.schedule' has 200009 characters");
        assertThat(appliance
                        .call(viewer, "POST", "/plans/preview", plan.formatted("1" + ",1".repeat(499_000)))
                        .statusCode())
                .isEqualTo(413);
        // What is within the limits is answered, many at once, and others beside it.
        try (ExecutorService beside = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<List<HttpResponse<String>>> flood = beside.submit(() -> atOnce(
                    20,
                    () -> appliance.call(viewer, "POST", "/plans/preview", plan.formatted("1" + ",1".repeat(119)))));
            assertThat(appliance.call(admin, "GET", "/nodes", null).statusCode())
                    .isEqualTo(200);
            assertThat(flood.get()).allMatch(each -> each.statusCode() == 200);
        }
    }

    // ---- errors

    private static String raw(String request) throws IOException {
        // Apart from what other tests try from the usual address.
        try (SSLSocket socket = appliance.connect("127.0.0.9")) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            InputStream in = socket.getInputStream();
            byte[] buffer = new byte[8192];
            try {
                for (int got = in.read(buffer); got >= 0; got = in.read(buffer)) {
                    answer.write(buffer, 0, got);
                }
            } catch (IOException e) {
                // Closed without a TLS goodbye: what came before counts.
            }
            return answer.toString(StandardCharsets.UTF_8);
        }
    }

    @Test
    void everyErrorIsAProblemOfOurs() throws Exception {
        String end = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
        String session = "Cookie: " + viewer.cookie() + "\r\nX-CSRF-Token: " + viewer.csrf() + "\r\n";
        Map<String, String> requests = new java.util.LinkedHashMap<>();
        requests.put("no HTTP", "\u0001\u0002\u0003\r\n\r\n");
        requests.put("HTTP/9.9", "GET / HTTP/9.9\r\n\r\n");
        requests.put("no host", "GET /api/v1/nodes HTTP/1.1\r\n\r\n");
        requests.put("large headers", "GET /api/v1/nodes" + end + "X: " + "x".repeat(20_000) + "\r\n\r\n");
        requests.put("long address", "GET /" + "x".repeat(20_000) + end + "\r\n");
        requests.put("bad escape", "GET /api/v1/nodes/%zz" + end + "\r\n");
        requests.put("bad UTF-8", "GET /api/v1/nodes/%ff?x=%ff" + end + session + "\r\n");
        requests.put("dots", "GET /api/v1/../../etc/passwd" + end + "\r\n");
        requests.put("encoded slash", "GET /api/v1/nodes/a%2fb" + end + session + "\r\n");
        requests.put("bad length", "POST /api/v1/session" + end + "Content-Length: x\r\n\r\n");
        requests.put("two lengths", "POST /api/v1/session" + end + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab");
        requests.put(
                "length and chunks",
                "POST /api/v1/session" + end
                        + "Content-Type: application/json\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx");
        requests.put(
                "bad chunk",
                "POST /api/v1/session" + end
                        + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
        requests.put("TRACE", "TRACE /api/v1/nodes" + end + session + "\r\n");
        requests.put("OPTIONS", "OPTIONS /api/v1/nodes" + end + "\r\n");
        requests.put("OPTIONS *", "OPTIONS *" + end + "\r\n");
        requests.put("CONNECT", "CONNECT a:1" + end + "\r\n");
        requests.put("PATCH", "PATCH /api/v1/nodes" + end + session + "\r\n");
        requests.put("unknown method", "BREW /api/v1/nodes" + end + session + "\r\n");
        requests.put("unknown path", "GET /api/v1/nothing" + end + session + "\r\n");
        requests.put("wrong method", "DELETE /api/v1/nodes" + end + session + "\r\n");
        requests.put(
                "upgrade",
                "GET /api/v1/nothing" + end.replace("close", "Upgrade")
                        + "Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
        for (String body : List.of(
                "{",
                "[]",
                "7",
                "\"x\"",
                "{\"user\":{}}",
                "{\"user\":[1]}",
                "{\"nothing\":1}",
                "{\"user\":\"a\"} x",
                "{\"user\":\"\\u0000\"}",
                "\u00ff")) {
            requests.put(
                    "body " + body,
                    "POST /api/v1/session" + end + "Content-Type: application/json\r\nContent-Length: " + body.length()
                            + "\r\n\r\n" + body);
        }
        for (String body : List.of(
                "{\"what\":{},\"when\":{},\"how\":{}}",
                "{\"what\":null,\"when\":null,\"how\":null}",
                "{\"what\":{\"paths\":[null]},\"when\":{\"hours\":[\"x\"]},\"how\":{\"threads\":\"many\"}}",
                "{\"what\":7}")) {
            requests.put(
                    "plan " + body,
                    "POST /api/v1/plans/preview" + end + session + "Content-Type: application/json\r\nContent-Length: "
                            + body.length() + "\r\n\r\n" + body);
        }
        for (Map.Entry<String, String> each : requests.entrySet()) {
            String answer = raw(each.getValue());
            assertThat(answer)
                    .as(each.getKey())
                    .matches("(?s)HTTP/1\\.1 (4|505).*")
                    .doesNotContainPattern(CLASS_NAME);
            String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
            assertThat(body.isEmpty() || answer.contains("application/problem+json"))
                    .as(each.getKey() + ": " + answer)
                    .isTrue();
        }
        assertThat(raw(requests.get("large headers"))).startsWith("HTTP/1.1 431");
        assertThat(raw(requests.get("wrong method"))).startsWith("HTTP/1.1 405");
        assertThat(raw(requests.get("unknown path"))).startsWith("HTTP/1.1 404");
    }

    @Test
    void headIsRefusedAsGetIs() throws Exception {
        JsonNode paths = JSON.readTree(
                        appliance.call("GET", "/openapi.json", null).body())
                .path("paths");
        int asked = 0;
        for (Map.Entry<String, JsonNode> path : paths.properties()) {
            JsonNode get = path.getValue().path("get");
            if (get.isMissingNode() || get.path("security").isEmpty()) {
                continue;
            }
            String address = path.getKey().replaceAll("\\{[a-z]+\\}", "0");
            assertThat(appliance.call("HEAD", address, null).statusCode())
                    .as(address)
                    .isEqualTo(401);
            int known = appliance.call(viewer, "HEAD", address, null).statusCode();
            boolean may = List.of("VIEW", "").contains(get.path("x-permission").asText());
            assertThat(known).as(address).isEqualTo(may ? 200 : 403);
            asked++;
        }
        assertThat(asked).isGreaterThan(20);
    }

    @Test
    void aChunkedBodySaysThatItIsJson() throws Exception {
        String chunked = "POST /api/v1/session HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: %s\r\n"
                + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
        assertThat(raw(chunked.formatted("text/plain"))).startsWith("HTTP/1.1 415");
        assertThat(raw(chunked.formatted("application/jsonx"))).startsWith("HTTP/1.1 415");
        assertThat(raw(chunked.formatted("application/json"))).startsWith("HTTP/1.1 401");
        assertThat(raw(chunked.formatted("Application/JSON; charset=utf-8"))).startsWith("HTTP/1.1 401");
    }

    // ---- what users of one node see

    @Test
    void whoSeesOneNodeIsToldNothingOfOthersOrOfAll() throws Exception {
        long foreign;
        long own;
        try (ControlDb control = appliance.control()) {
            int db1 = control.nodes().findByName("db1").orElseThrow().id();
            int db2 = control.nodes().findByName("db2").orElseThrow().id();
            control.events()
                    .raise(Events.Severity.ALERT, "sign-in", null, Phrase.plain("secret-user signed in from afar"));
            control.events().raise(Events.Severity.ALERT, "attack", db2, Phrase.plain("secret-file of db2"));
            control.events().raise(Events.Severity.ALERT, "attack", db1, Phrase.plain("seen-file of db1"));
            foreign = control.orders()
                    .add(
                            db1,
                            null,
                            new TaskSpec.Restore(new UUID(1, 1), List.of("secret-file"), "/x", "never"),
                            "secret-file to /x",
                            1,
                            "user ann");
            control.tasks().start(foreign);
            control.tasks().step(foreign, "secret-file", 1, 2, 1);
            control.tasks().logPlain(foreign, List.of("secret-file was written"));
            control.tasks().finish(foreign, TaskState.FAILED, "{\"x\":\"secret-file\"}", Phrase.plain("secret-file"));
            own = control.orders()
                    .add(
                            db1,
                            null,
                            new TaskSpec.Restore(new UUID(1, 1), List.of("my-file"), "/x", "never"),
                            "my-file to /x",
                            1,
                            "user narrow");
            control.tasks().logPlain(own, List.of("my-file was written"));
            String plan = """
                    {"what":{"paths":["/%s"],"excludes":[],"oneFileSystem":false,"before":"","after":"","scriptMinutes":60},
                     "when":{"schedule":"","zone":"UTC","hours":[],"jitterMinutes":0,"makeUp":true,"overdueMinutes":60},
                     "how":{"threads":0,"readBytesPerSecond":0,"sendBytesPerSecond":0,"idle":false,"priority":5}}""";
            control.plans().put("theirs", plan.formatted("secret-file"));
            control.plans().bind("theirs", db2);
            control.plans().put("unbound", plan.formatted("secret-file"));
            control.plans().put("ours", plan.formatted("ours"));
            control.plans().bind("ours", db1);
            control.plans().bind("ours", db2);
        }
        RunningAppliance.Browser narrow = appliance.signIn("narrow");
        for (String path : List.of(
                "/session",
                "/overview",
                "/nodes",
                "/nodes/db1",
                "/plans",
                "/plans/calendar",
                "/policies",
                "/tasks?limit=1000",
                "/tasks/" + foreign,
                "/snapshots",
                "/events?limit=1000",
                "/usage",
                "/vaults",
                "/machine",
                "/settings",
                "/tokens")) {
            HttpResponse<String> answer = appliance.call(narrow, "GET", path, null);
            assertThat(answer.statusCode()).as(path).isEqualTo(200);
            assertThat(answer.body()).as(path).doesNotContain("secret").doesNotContainPattern("\\bdb2\\b");
        }
        assertThat(json(appliance.call(narrow, "GET", "/events?limit=1000", null))
                        .toString())
                .contains("seen-file");
        assertThat(json(appliance.call(narrow, "GET", "/tasks/" + own, null)).toString())
                .contains("my-file was written");
        assertThat(json(appliance.call(narrow, "GET", "/plans", null))
                        .path("plans")
                        .findValuesAsText("name"))
                .contains("ours")
                .doesNotContain("theirs", "unbound", "zz-theirs");
        JsonNode overview = json(appliance.call(narrow, "GET", "/overview", null));
        assertThat(overview.path("usedBytes").asLong()).isEqualTo(-1);
        assertThat(overview.path("chunks").asLong()).isEqualTo(-1);
        assertThat(appliance
                        .call(narrow, "PUT", "/plans/theirs/nodes/db1", null)
                        .statusCode())
                .isEqualTo(404);
        assertThat(appliance
                        .call(narrow, "POST", "/plans/theirs/run", "{\"nodes\":[\"db1\"],\"fullRead\":false}")
                        .statusCode())
                .isEqualTo(404);
        for (String path : List.of("/storage", "/history", "/audit", "/audit/export", "/users")) {
            assertThat(appliance.call(narrow, "GET", path, null).statusCode())
                    .as(path)
                    .isEqualTo(403);
        }
    }

    /** Pages hold what the caller sees: neither their length nor where the next begins tells of others' tasks and events. */
    @Test
    void pagesTellNothingOfWhatOthersHave() throws Exception {
        try (ControlDb control = appliance.control()) {
            int db1 = control.nodes().findByName("db1").orElseThrow().id();
            int db2 = control.nodes().findByName("db2").orElseThrow().id();
            control.events().raise(Events.Severity.ALERT, "mine", db1, Phrase.plain("mine"));
            control.orders().add(db1, null, new TaskSpec.Backup("mine", 1, false), "mine", 1, "user ann");
            for (int i = 0; i < 30; i++) {
                control.events().raise(Events.Severity.ALERT, "theirs " + i, db2, Phrase.plain("theirs"));
                control.events().raise(Events.Severity.ALERT, "nobody's " + i, null, Phrase.plain("nobody's"));
            }
            long theirs = control.orders()
                    .add(
                            db2,
                            null,
                            new TaskSpec.Restore(new UUID(1, 1), List.of("theirs"), "/x", "never"),
                            "theirs",
                            1,
                            "user ann");
            control.tasks().start(theirs);
            String plan = """
                    {"what":{"paths":["/x"],"excludes":[],"oneFileSystem":false,"before":"","after":"","scriptMinutes":60},
                     "when":{"schedule":"","zone":"UTC","hours":[],"jitterMinutes":0,"makeUp":true,"overdueMinutes":60},
                     "how":{"threads":0,"readBytesPerSecond":0,"sendBytesPerSecond":0,"idle":false,"priority":5}}""";
            control.plans().put("aa-mine", plan);
            control.plans().bind("aa-mine", db1);
            control.plans().put("zz-theirs", plan);
            control.plans().bind("zz-theirs", db2);
        }
        RunningAppliance.Browser narrow = appliance.signIn("narrow");
        JsonNode tasks =
                json(appliance.call(narrow, "GET", "/tasks?node=db2&kind=restore&state=running&limit=1", null));
        assertThat(tasks.path("tasks")).isEmpty();
        assertThat(tasks.path("next").asLong()).isZero();
        for (String list : List.of("tasks", "events")) {
            long before = Long.MAX_VALUE;
            int seen = 0;
            while (before != 0) {
                JsonNode page = json(appliance.call(narrow, "GET", "/" + list + "?limit=1&before=" + before, null));
                before = page.path("next").asLong();
                seen += page.path(list).size();
                if (before != 0) {
                    assertThat(page.path(list)).hasSize(1);
                    assertThat(page.path(list).get(0).path("node").asText()).isEqualTo("db1");
                    assertThat(page.path(list).get(0).path("id").asLong()).isEqualTo(before);
                }
            }
            assertThat(seen).as(list).isPositive();
        }
        assertThat(json(appliance.call(narrow, "GET", "/overview", null))
                        .path("needs")
                        .findValuesAsText("text"))
                .as("others' alerts do not crowd out one's own")
                .contains("mine");
        List<String> plans = new ArrayList<>();
        String after = "";
        do {
            JsonNode page = json(appliance.call(narrow, "GET", "/plans?limit=1&after=" + after, null));
            List<String> names = page.path("plans").findValuesAsText("name");
            assertThat(names).as("behind " + after).hasSize(1);
            plans.addAll(names);
            after = page.path("next").asText();
        } while (!after.isEmpty());
        assertThat(plans).contains("aa-mine").doesNotContain("zz-theirs");
    }

    /** As the OpenID provider makes them of users whose nodes were set. */
    @Test
    void anAdministratorWithNodesFromBeforeCanBeDisabled() throws Exception {
        String user = "{\"name\":\"promoted\",\"password\":\"" + RunningAppliance.PASSWORD
                + "\",\"role\":\"viewer\",\"nodes\":[\"db1\"]}";
        assertThat(appliance.call(admin, "POST", "/users", user).statusCode()).isEqualTo(204);
        try (ControlDb control = appliance.control()) {
            control.users().setRole("promoted", "administrator", false, "[\"db1\"]");
        }
        RunningAppliance.Browser promoted = appliance.signIn("promoted");
        String change = "{\"role\":\"%s\",\"disabled\":%s}";
        assertThat(appliance
                        .call(admin, "PUT", "/users/promoted", change.formatted("administrator", true))
                        .statusCode())
                .isEqualTo(204);
        assertThat(appliance.call(promoted, "GET", "/session", null).statusCode())
                .isEqualTo(401);
        assertThat(appliance
                        .call(admin, "PUT", "/users/promoted", change.formatted("viewer", false))
                        .statusCode())
                .isEqualTo(204);
        assertThat(json(appliance.call(appliance.signIn("promoted"), "GET", "/session", null))
                        .path("nodes")
                        .get(0)
                        .asText())
                .isEqualTo("db1");
    }

    @Test
    void anEmptyListOfNodesMeansNone() throws Exception {
        String user = "{\"name\":\"%s\",\"password\":\"" + RunningAppliance.PASSWORD + "\",\"role\":\"viewer\"%s}";
        assertThat(appliance
                        .call(admin, "POST", "/users", user.formatted("unsaid", ""))
                        .statusCode())
                .isEqualTo(400);
        assertThat(appliance
                        .call(admin, "POST", "/users", user.formatted("both", ",\"allNodes\":true,\"nodes\":[\"db1\"]"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(appliance
                        .call(admin, "POST", "/users", user.formatted("nobody", ",\"nodes\":[]"))
                        .statusCode())
                .isEqualTo(204);
        RunningAppliance.Browser nobody = appliance.signIn("nobody");
        assertThat(json(appliance.call(nobody, "GET", "/nodes", null)).path("nodes"))
                .isEmpty();
        assertThat(json(appliance.call(nobody, "GET", "/session", null))
                        .path("allNodes")
                        .asBoolean())
                .isFalse();
        assertThat(appliance.call(nobody, "GET", "/storage", null).statusCode()).isEqualTo(403);
        String all = "{\"role\":\"viewer\",\"allNodes\":true,\"disabled\":false}";
        assertThat(appliance.call(admin, "PUT", "/users/nobody", all).statusCode())
                .isEqualTo(204);
        assertThat(json(appliance.call(nobody, "GET", "/nodes", null)).path("nodes"))
                .as("at once")
                .hasSize(2);
    }
}
