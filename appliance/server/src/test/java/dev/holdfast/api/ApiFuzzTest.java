package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.control.access.Role;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests made from the API's own description: valid, almost valid and senseless ones, by users of every role and strangers. No
 * answer is a failure of the appliance, names a class, or tells a user of one node of another.
 *
 * <p>A longer run: {@code -Dholdfast.api.fuzz.seconds=3600 -Dholdfast.api.fuzz.seed=7}, with {@code -Dtest.heap=256m}.
 */
class ApiFuzzTest {
    private static final int CALLS = Integer.getInteger("holdfast.api.fuzz.calls", 800);
    private static final int SECONDS = Integer.getInteger("holdfast.api.fuzz.seconds", 0);
    private static final long SEED = Long.getLong("holdfast.api.fuzz.seed", 20_261_126);
    private static final long MOST_HEAP_GROWTH_BYTES = 128L << 20;
    /** Of a body that is refused. */
    private static final int MOST_READ_BYTES = 2 << 20;

    private static final Pattern PARAMETER = Pattern.compile("\\{([a-z]+)\\}");

    /** They would end the sessions or passwords that the test goes on with, or have no end. */
    private static final Set<String> LEFT_OUT = Set.of(
            "/live",
            "/session/password",
            "/session/proof",
            "/session/second-factor",
            "/recovery-key",
            "/oidc/begin",
            "/session");

    private final Random random = new Random(SEED);
    private final Map<String, RunningAppliance.Browser> browsers = new HashMap<>();

    @TempDir
    Path work;

    @Test
    void noRequestFailsOrTellsTooMuch() throws Exception {
        System.out.println("API fuzz: seed " + SEED + ", " + CALLS + " calls, " + SECONDS + " s at least");
        try (RunningAppliance appliance = new RunningAppliance(work)) {
            plant(appliance);
            List<ObjectNode> operations = operations(appliance);
            List<String> users = new ArrayList<>(List.of("", "narrow", "narrow-restorer"));
            Arrays.stream(Role.values()).map(role -> role.text() + "-user").forEach(users::add);
            long before = usedHeap();
            int good = 0;
            int calls = 0;
            long end = System.nanoTime() + SECONDS * 1_000_000_000L;
            for (; calls < CALLS || System.nanoTime() < end; calls++) {
                ObjectNode operation = operations.get(random.nextInt(operations.size()));
                String user = users.get(random.nextInt(users.size()));
                good += once(appliance, operation, user, calls) ? 1 : 0;
            }
            assertThat(good).as("some get through").isGreaterThan(calls / 50);
            System.out.println("API fuzz: " + calls + " calls, " + good + " of them accepted");
            assertThat(usedHeap() - before).isLessThan(MOST_HEAP_GROWTH_BYTES);
        }
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** What only those who see db2, or all, may be told of. */
    private static void plant(RunningAppliance appliance) throws Exception {
        try (ControlDb control = appliance.control()) {
            int db2 = control.nodes().findByName("db2").orElseThrow().id();
            control.events().raise(Events.Severity.ALERT, "attack", db2, Phrase.plain("planted-secret"));
            control.events().raise(Events.Severity.ALERT, "sign-in", null, Phrase.plain("planted-secret"));
            long task = control.orders()
                    .add(
                            db2,
                            null,
                            new TaskSpec.Restore(new UUID(1, 1), List.of("planted-secret"), "/x", "never"),
                            "planted-secret",
                            1,
                            "user planted-secret");
            control.tasks().logPlain(task, List.of("planted-secret"));
            control.plans()
                    .put(
                            "hidden",
                            "{\"what\":{\"paths\":[\"/planted-secret\"],\"excludes\":[],\"oneFileSystem\":false,\"before\":\"\","
                                    + "\"after\":\"\",\"scriptMinutes\":60},\"when\":{\"schedule\":\"\",\"zone\":\"UTC\",\"hours\":[],"
                                    + "\"jitterMinutes\":0,\"makeUp\":true,\"overdueMinutes\":60},\"how\":{\"threads\":0,"
                                    + "\"readBytesPerSecond\":0,\"sendBytesPerSecond\":0,\"idle\":false,\"priority\":5}}");
            control.plans().bind("hidden", db2);
        }
    }

    private static List<ObjectNode> operations(RunningAppliance appliance) throws Exception {
        List<ObjectNode> operations = new ArrayList<>();
        JSON.readTree(appliance.call("GET", "/openapi.json", null).body())
                .path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    if (!LEFT_OUT.contains(path.getKey())) {
                        ObjectNode copy = method.getValue().deepCopy();
                        copy.put("path", path.getKey());
                        copy.put("method", method.getKey().toUpperCase(Locale.ROOT));
                        operations.add(copy);
                    }
                }));
        return operations;
    }

    private boolean once(RunningAppliance appliance, ObjectNode operation, String user, int number) throws Exception {
        String method = operation.path("method").asText();
        StringBuilder path = new StringBuilder();
        Matcher names = PARAMETER.matcher(operation.path("path").asText());
        while (names.find()) {
            names.appendReplacement(path, Matcher.quoteReplacement(encoded(name(names.group(1)))));
        }
        names.appendTail(path);
        String separator = "?";
        for (JsonNode each : operation.path("parameters")) {
            if (each.path("in").asText().equals("query") && random.nextInt(3) == 0) {
                path.append(separator)
                        .append(each.path("name").asText())
                        .append('=')
                        .append(encoded(queried(each.path("name").asText())));
                separator = "&";
            }
        }
        JsonNode schema = operation.at("/requestBody/content/application~1json/schema");
        String body = schema.isMissingNode() && random.nextInt(10) > 0 ? null : body(schema);
        List<String> headers = new ArrayList<>();
        if (!user.isEmpty()) {
            RunningAppliance.Browser browser = browsers.get(user);
            if (browser == null) {
                browser = appliance.signIn(user);
                browsers.put(user, browser);
            }
            headers.addAll(List.of("Cookie", browser.cookie()));
            if (random.nextInt(20) > 0) {
                headers.addAll(List.of("X-CSRF-Token", browser.csrf()));
            }
        }
        if (random.nextInt(10) == 0) {
            headers.addAll(List.of("Idempotency-Key", "key " + random.nextInt(5)));
        }
        String asked = random.nextInt(30) == 0
                ? List.of("HEAD", "OPTIONS", "PATCH", "POST").get(random.nextInt(4))
                : method;
        HttpResponse<String> answer;
        try {
            answer = appliance.call(asked, path.toString(), body, headers.toArray(String[]::new));
        } catch (IOException e) {
            // So much is cut off without a word.
            assertThat(body == null ? 0 : body.length())
                    .as("call " + number + ": " + asked + " " + path + ": " + e)
                    .isGreaterThan(MOST_READ_BYTES);
            return false;
        }
        String what = "seed " + SEED + ", call " + number + ": " + asked + " " + path + " by '" + user + "' with "
                + (body == null ? "nothing" : body.substring(0, Math.min(300, body.length()))) + " gave "
                + answer.statusCode() + " "
                + answer.body().substring(0, Math.min(500, answer.body().length()));
        assertThat(answer.statusCode() < 500 || answer.statusCode() == 503)
                .as(what)
                .isTrue();
        // A page of HTML is what a library answers by itself, except that a report is one.
        String told = path.indexOf("/report") == 0 ? answer.body().replace("<html lang=", "") : answer.body();
        assertThat(told).as(what).doesNotContainPattern(HostileCallerTest.CLASS_NAME);
        if (user.startsWith("narrow") || user.isEmpty()) {
            assertThat(answer.body()).as(what).doesNotContain("planted-secret");
        }
        boolean noRoute = path.toString().contains("//") || path.toString().endsWith("/");
        if (user.isEmpty() && !operation.path("security").isEmpty() && !noRoute) {
            assertThat(answer.statusCode()).as(what).isIn(400, 401, 405, 413, 429);
        }
        if (answer.body().contains("unauthenticated")) {
            browsers.remove(user);
        }
        return answer.statusCode() / 100 == 2;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private String name(String parameter) {
        return switch (random.nextInt(6)) {
            case 0 -> junk();
            case 1 -> UUID.randomUUID().toString();
            case 2 -> Integer.toString(random.nextInt(20));
            default ->
                switch (parameter) {
                    case "node" -> List.of("db1", "db2").get(random.nextInt(2));
                    case "id" -> Integer.toString(random.nextInt(20));
                    default -> List.of("db1", "db2", "theirs", "p1", "p2").get(random.nextInt(5));
                };
        };
    }

    private String queried(String parameter) {
        return switch (parameter) {
            case "limit", "before", "days", "until" ->
                List.of("1", "10", "0", "-1", "99999999999999999999", "9223372036854775807", "x", "", time())
                        .get(random.nextInt(9));
            case "node" -> List.of("db1", "db2", "").get(random.nextInt(3));
            default -> random.nextBoolean() ? junk() : "true";
        };
    }

    private static final List<String> TIMES = List.of(
            "2026-11-23T07:15:00Z",
            "2126-11-23T07:15:00.123456789+08:00",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-18:00",
            "+999999999-12-31T23:59:59Z",
            "2026-02-30T00:00:00Z",
            "2026-11-23",
            "2026-11-23T07:15:00",
            "1700000000000");

    private String time() {
        return TIMES.get(random.nextInt(TIMES.size()));
    }

    private String junk() {
        return switch (random.nextInt(8)) {
            case 0 -> "";
            case 1 -> "x".repeat(random.nextInt(5000));
            case 2 -> "../../etc/passwd";
            case 3 -> "a\u0000b";
            case 4 -> "\u202e\u001b[2J\n\ud800";
            case 5 -> "'; DROP TABLE user; --";
            case 6 -> "30 22 * * *";
            default -> Long.toString(random.nextLong(), 36);
        };
    }

    private String body(JsonNode schema) throws Exception {
        if (random.nextInt(15) == 0) {
            return List.of("", "null", "[]", "{", "7", "\"x\"", "[".repeat(5000), "{\"a\":".repeat(1000), "\u0001")
                    .get(random.nextInt(9));
        }
        return JSON.writeValueAsString(value(schema, 0));
    }

    private JsonNode value(JsonNode schema, int depth) {
        if (random.nextInt(25) == 0) {
            // Of another kind than is wanted.
            return List.<JsonNode>of(
                            JSON.nullNode(),
                            JSON.getNodeFactory().textNode(junk()),
                            JSON.getNodeFactory().numberNode(random.nextLong()),
                            JSON.createArrayNode().add(1),
                            JSON.createObjectNode().put("x", 1),
                            JSON.getNodeFactory().booleanNode(true))
                    .get(random.nextInt(6));
        }
        JsonNode type = schema.path("type");
        String kind = type.isArray() ? type.get(0).asText() : type.asText();
        if (schema.has("enum")) {
            return schema.path("enum").get(random.nextInt(schema.path("enum").size()));
        }
        return switch (kind) {
            case "object" -> object(schema, depth);
            case "array" -> {
                ArrayNode list = JSON.createArrayNode();
                int items = random.nextInt(30) == 0 ? 1500 : random.nextInt(3);
                for (int i = 0; i < items; i++) {
                    list.add(value(schema.path("items"), depth + 1));
                }
                yield list;
            }
            case "integer" ->
                JSON.getNodeFactory()
                        .numberNode(List.of(0L, 1L, 5L, 60L, -1L, 1L << 31, Long.MAX_VALUE, Long.MIN_VALUE)
                                .get(random.nextInt(10) == 0 ? random.nextInt(8) : random.nextInt(4)));
            case "number" -> JSON.getNodeFactory().numberNode(random.nextDouble());
            case "boolean" -> JSON.getNodeFactory().booleanNode(random.nextBoolean());
            default ->
                JSON.getNodeFactory().textNode(schema.path("format").asText().equals("date-time") ? time() : text());
        };
    }

    private ObjectNode object(JsonNode schema, int depth) {
        ObjectNode made = JSON.createObjectNode();
        schema.path("properties").properties().forEach(each -> {
            if (random.nextInt(40) > 0) {
                made.set(each.getKey(), value(each.getValue(), depth + 1));
            }
        });
        if (random.nextInt(40) == 0) {
            made.put("unknown", 1);
        }
        return made;
    }

    private String text() {
        return random.nextInt(5) == 0
                ? junk()
                : List.of(
                                "db1",
                                "/home",
                                "30 22 * * *",
                                "UTC",
                                "viewer",
                                "VIEW",
                                "gc-preview",
                                "",
                                "20:00-06:00",
                                "CNY")
                        .get(random.nextInt(10));
    }
}
