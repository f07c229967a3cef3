package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.JSON;
import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.vault.object.StorageClass;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bodies of requests: what the API shows, it takes back; and what its description does not require may be left out. */
class RequestBodiesTest {
    private static final String PLAN = """
            {"what":{"paths":["/home"],"excludes":[],"oneFileSystem":false,"before":"","after":"","scriptMinutes":60},
             "when":{"schedule":"@daily","zone":"UTC","hours":["20:00-06:00"],"jitterMinutes":0,"makeUp":true,
                     "overdueMinutes":60},
             "how":{"threads":0,"readBytesPerSecond":0,"sendBytesPerSecond":0,"idle":false,"priority":5}}""";

    /** Where a PUT's body is shown: the GET route, and the place in its answer. */
    private static final Map<String, List<String>> SHOWN = Map.of(
            "/plans/{name}", List.of("/plans", "/plans/0/plan"),
            "/policies/{name}", List.of("/policies", "/policies/0/policy"),
            "/vaults/{name}/policy", List.of("/vaults", "/vaults/0/policy"),
            "/prices", List.of("/vaults", "/prices"),
            "/settings", List.of("/settings", ""),
            "/report-schedule", List.of("/report-schedule", "/schedule"),
            "/audit/limits", List.of("/audit/limits", ""),
            "/users/{name}", List.of("/users?after=u", "/users/0"));

    /** What is told in parts, or never again. */
    private static final List<String> NOT_SHOWN = List.of(
            "/session/password",
            "/session/second-factor",
            "/users/{name}/password",
            "/identity-provider",
            "/alert-channels/{name}",
            "/client-packages/{id}",
            "/snapshots/{id}/hold",
            "/snapshots/{id}/lock",
            "/plans/{name}/pause",
            "/vaults/{name}",
            "/vaults/{name}/credentials",
            "/certificate",
            "/profile");

    @TempDir
    static Path work;

    private static RunningAppliance appliance;
    private static RunningAppliance.Browser admin;

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work);
        admin = appliance.signIn("administrator-user");
        VaultPolicy policy = new VaultPolicy(
                VaultPolicy.When.MANUALLY,
                List.of(),
                List.of(),
                0,
                List.of(),
                null,
                StorageClass.STANDARD,
                List.of(),
                4,
                100);
        try (ControlDb control = new ControlDb(appliance.controlDb())) {
            control.vaults()
                    .put("vault", new VaultSettings(work.resolve("vault").toString(), null, policy).json(), null);
        }
        done("PUT", "/plans/nightly", PLAN);
        done("PUT", "/policies/standard", "{\"keep\":{\"daily\":14},\"lockDays\":0,\"compliance\":false}");
        done(
                "POST",
                "/users",
                "{\"name\":\"uma\",\"password\":\"a password of some length\",\"role\":\"viewer\",\"nodes\":[\"db1\"]}");
    }

    @AfterAll
    static void stop() throws Exception {
        appliance.close();
    }

    private static void done(String method, String path, String body) throws Exception {
        HttpResponse<String> answer = appliance.call(admin, method, path, body);
        assertThat(answer.statusCode())
                .as("%s %s %s: %s", method, path, body, answer.body())
                .isEqualTo(204);
    }

    private static JsonNode paths() throws Exception {
        return JSON.readTree(appliance.call("GET", "/openapi.json", null).body())
                .path("paths");
    }

    private static JsonNode schema(JsonNode operation) {
        return operation.at("/requestBody/content/application~1json/schema");
    }

    @Test
    void whatIsShownIsTakenBack() throws Exception {
        List<String> seen = new ArrayList<>();
        for (Map.Entry<String, JsonNode> path : paths().properties()) {
            JsonNode schema = schema(path.getValue().path("put"));
            if (schema.isMissingNode() || NOT_SHOWN.contains(path.getKey())) {
                continue;
            }
            assertThat(SHOWN)
                    .as("where a body of PUT %s is shown", path.getKey())
                    .containsKey(path.getKey());
            List<String> where = SHOWN.get(path.getKey());
            JsonNode list = json(appliance.call(admin, "GET", where.get(0), null));
            JsonNode shown = list.at(where.get(1));
            ObjectNode body = JSON.createObjectNode();
            // A list tells more of a user than may be changed.
            schema.path("properties").fieldNames().forEachRemaining(field -> body.set(field, shown.path(field)));
            assertThat(body).as(path.getKey() + " in " + list).isNotEmpty();
            String name = list.at(where.get(1).replaceFirst("/[a-z]*$", "") + "/name")
                    .asText(shown.path("name").asText("vault"));
            done("PUT", path.getKey().replace("{name}", name), body.toString());
            assertThat(json(appliance.call(admin, "GET", where.get(0), null)).at(where.get(1)))
                    .isEqualTo(shown);
            seen.add(path.getKey());
        }
        assertThat(seen).containsExactlyInAnyOrderElementsOf(SHOWN.keySet());
    }

    @Test
    void aPolicyTellsItsZerosAndMayLeaveThemOut() throws Exception {
        JsonNode keep = json(appliance.call(admin, "GET", "/policies", null)).at("/policies/0/policy/keep");
        assertThat(keep.path("daily").asInt()).isEqualTo(14);
        for (String each : List.of("last", "hourly", "weekly", "monthly", "yearly", "withinDays")) {
            assertThat(keep.path(each).isInt()).as(each).isTrue();
        }
        JsonNode preview = json(
                appliance.call(
                        admin,
                        "POST",
                        "/policies/preview",
                        "{\"policy\":{\"keep\":{\"weekly\":3,\"last\":null},\"lockDays\":0,\"compliance\":false},\"nodes\":[]}"));
        assertThat(preview.path("stay").isInt()).isTrue();
    }

    /** The least that the description asks for; in texts and numbers nonsense, which is refused for another reason. */
    private static JsonNode least(JsonNode schema) {
        if (schema.has("enum")) {
            return schema.path("enum").path(0);
        }
        return switch (schema.path("type").isArray()
                ? schema.path("type").path(0).asText()
                : schema.path("type").asText()) {
            case "integer", "number" -> JSON.getNodeFactory().numberNode(1);
            case "boolean" -> JSON.getNodeFactory().booleanNode(false);
            case "array" -> JSON.createArrayNode();
            case "string" -> JSON.getNodeFactory().textNode(schema.has("format") ? "2026-11-28T00:00:00Z" : "");
            default -> {
                ObjectNode object = JSON.createObjectNode();
                schema.path("required")
                        .forEach(field -> object.set(
                                field.asText(), least(schema.path("properties").path(field.asText()))));
                yield object;
            }
        };
    }

    @Test
    void whatTheDescriptionDoesNotRequireMayBeLeftOut() throws Exception {
        JsonNode paths = paths();
        TreeSet<String> tried = new TreeSet<>();
        for (Route route : Routes.all(OpenApi.NONE, OpenApi.NOBODY, null, null, null)) {
            if (route.body() == Void.class) {
                continue;
            }
            JsonNode operation =
                    paths.path(route.path()).path(route.method().name().toLowerCase(java.util.Locale.ROOT));
            String body = least(schema(operation)).toString();
            try {
                Call.JSON.readValue(body, route.body());
            } catch (ValueInstantiationException e) {
                // What it has is refused, not what it lacks.
            } catch (MismatchedInputException e) {
                assertThat(e)
                        .as("%s %s with %s", route.method(), route.path(), body)
                        .isInstanceOf(com.fasterxml.jackson.databind.exc.InvalidFormatException.class);
            }
            tried.add(route.method() + " " + route.path());
        }
        assertThat(tried).contains("PUT /policies/{name}", "POST /policies/preview", "PUT /plans/{name}");
    }
}
