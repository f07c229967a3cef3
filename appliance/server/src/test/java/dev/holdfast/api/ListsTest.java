package dev.holdfast.api;

import static dev.holdfast.api.RunningAppliance.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.RunningAppliance.Browser;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lists over the API: filters, order, files for spreadsheets, and tags of nodes. */
class ListsTest {
    /** More than an export reads at once. */
    private static final int TASKS = 1203;

    @TempDir
    static Path work;

    private static RunningAppliance appliance;
    private static Browser operator;
    private static Browser narrow;

    @BeforeAll
    static void start() throws Exception {
        appliance = new RunningAppliance(work, (data, control, keys) -> {
            for (int i = 1; i <= TASKS; i++) {
                long id = control.tasks().begin(1 + i % 2, TaskKind.BACKUP, "=1+1, \"" + i + "\"");
                control.tasks().finish(id, i % 100 == 0 ? TaskState.FAILED : TaskState.DONE, "{}", null);
            }
            control.events().raise(Events.Severity.ALERT, "test", 1, Phrase.plain("@SUM(A1)\nand more"));
            control.events().raise(Events.Severity.WARNING, "test", 2, Phrase.plain("plain"));
        });
        operator = appliance.signIn("backup-operator-user");
        narrow = appliance.signIn("narrow");
    }

    @AfterAll
    static void stop() throws Exception {
        appliance.close();
    }

    private static List<Long> ids(JsonNode list) {
        List<Long> ids = new ArrayList<>();
        list.forEach(each -> ids.add(each.path("id").asLong()));
        return ids;
    }

    private static List<String> csv(Browser browser, String path) throws Exception {
        HttpResponse<String> answer = appliance.call(browser, "GET", path, null);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("text/csv; charset=utf-8");
        assertThat(answer.headers().firstValue("Content-Disposition").orElseThrow())
                .matches("attachment; filename=\"holdfast-[a-z]+-\\d{4}-\\d\\d-\\d\\d\\.csv\"");
        assertThat(answer.body()).startsWith("\uFEFF");
        return List.of(answer.body().substring(1).split("\r\n"));
    }

    @Test
    void listsBeginWithTheNewestOrTheOldest() throws Exception {
        JsonNode newest = json(appliance.call(operator, "GET", "/tasks?state=failed&limit=5", null));
        assertThat(ids(newest.path("tasks"))).containsExactly(1200L, 1100L, 1000L, 900L, 800L);
        JsonNode more = json(
                appliance.call(operator, "GET", "/tasks?state=failed&limit=5&before=" + newest.path("next"), null));
        assertThat(ids(more.path("tasks"))).containsExactly(700L, 600L, 500L, 400L, 300L);
        JsonNode oldest = json(appliance.call(operator, "GET", "/tasks?state=failed&order=oldest&limit=11", null));
        assertThat(ids(oldest.path("tasks"))).startsWith(100L, 200L).hasSize(11);
        JsonNode last = json(appliance.call(
                operator, "GET", "/tasks?state=failed&order=oldest&limit=11&after=" + oldest.path("next"), null));
        assertThat(ids(last.path("tasks"))).containsExactly(1200L);
        assertThat(last.path("next").asLong()).isZero();
        assertThat(appliance
                        .call(operator, "GET", "/tasks?order=sideways", null)
                        .statusCode())
                .isEqualTo(400);
        assertThat(appliance
                        .call(operator, "GET", "/events?severity=loud", null)
                        .body())
                .contains("expected one of INFO, WARNING, ALERT");
        assertThat(appliance
                        .call(operator, "GET", "/tasks.csv?since=yesterday", null)
                        .statusCode())
                .isEqualTo(400);
        assertThat(appliance
                        .call(operator, "GET", "/tasks.csv?kind=levitate", null)
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void spreadsheetsGetTheWholeListAndNoFormula() throws Exception {
        List<String> all = csv(operator, "/tasks.csv?order=oldest");
        assertThat(all).hasSize(1 + TASKS);
        assertThat(all.getFirst()).startsWith("task,kind,node,state,description,");
        assertThat(all.get(1)).startsWith("1,backup,db2,done,\"'=1+1, \"\"1\"\"\",,");
        assertThat(csv(operator, "/tasks.csv?state=failed&node=db1")).hasSize(1 + TASKS / 100);
        assertThat(csv(operator, "/tasks.csv?node=none")).hasSize(1);
        assertThat(csv(operator, "/events.csv?severity=alert").getLast())
                .endsWith(",alert,test,db1,'@SUM(A1)\\x0aand more,");
        // A user who sees db1 alone gets nothing of others, and nobody more than the list.
        assertThat(csv(narrow, "/tasks.csv")).noneMatch(row -> row.contains(",db2,"));
        assertThat(appliance.call(operator, "GET", "/audit.csv", null).statusCode())
                .isEqualTo(403);
        Browser auditor = appliance.signIn("auditor-user");
        assertThat(csv(auditor, "/audit.csv?text=export+tasks"))
                .isNotEmpty()
                .anyMatch(row -> row.contains("user backup-operator-user,export tasks,"));
    }

    @Test
    void tagsAreChangedByWhoMayAndFilter() throws Exception {
        assertThat(json(appliance.call(narrow, "POST", "/nodes/db1/tags", "{\"add\":[\"Prod\",\"x\"]}"))
                        .path("tags")
                        .toString())
                .isEqualTo("[\"prod\",\"x\"]");
        assertThat(json(appliance.call(narrow, "POST", "/nodes/db1/tags", "{\"remove\":[\"x\"]}"))
                        .path("tags")
                        .toString())
                .isEqualTo("[\"prod\"]");
        assertThat(appliance
                        .call(narrow, "POST", "/nodes/db2/tags", "{\"add\":[\"prod\"]}")
                        .statusCode())
                .isEqualTo(404);
        assertThat(appliance
                        .call(appliance.signIn("viewer-user"), "POST", "/nodes/db1/tags", "{\"add\":[\"a\"]}")
                        .statusCode())
                .isEqualTo(403);
        assertThat(appliance
                        .call(operator, "POST", "/nodes/db1/tags", "{\"add\":[\"a b\"]}")
                        .body())
                .contains("invalid tag name 'a b'");
        assertThat(json(appliance.call(operator, "GET", "/nodes?tag=PROD", null))
                        .path("nodes"))
                .singleElement()
                .satisfies(node -> assertThat(node.path("name").asText()).isEqualTo("db1"));
        assertThat(json(appliance.call(operator, "GET", "/tasks?tag=prod&limit=1000", null))
                        .path("tasks"))
                .hasSize(TASKS / 2)
                .allMatch(task -> task.path("node").asText().equals("db1"));
        try (ControlDb control = appliance.control()) {
            assertThat(control.audit().newest(100))
                    .anyMatch(each -> each.action().equals("node tag")
                            && each.object().equals("db1")
                            && each.outcome().equals("tags from now on: prod"));
        }
    }
}
