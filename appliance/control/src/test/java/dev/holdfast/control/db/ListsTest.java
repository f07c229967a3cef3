package dev.holdfast.control.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Filters, order and pages of the long lists, and tags of nodes. */
class ListsTest {
    @TempDir
    private Path directory;

    private ControlDb control;

    /** Tasks 1 to 30: of web1 and web2 in turn, every third a verification, every fifth failed. */
    @BeforeEach
    void fill() throws IOException {
        control = new ControlDb(directory.resolve("control.db"));
        for (String node : List.of("web1", "web2")) {
            control.tokens().add(node, Duration.ofHours(1), null);
            control.nodes().enroll(node, node, "linux", 8, id -> "f" + id);
        }
        control.nodeTags().change(2, List.of("db"), List.of());
        for (int i = 1; i <= 30; i++) {
            long id = control.tasks()
                    .begin(i % 2 == 0 ? 2 : 1, i % 3 == 0 ? TaskKind.VERIFY : TaskKind.BACKUP, "of /home/" + i);
            control.tasks()
                    .finish(
                            id,
                            i % 5 == 0 ? TaskState.FAILED : TaskState.DONE,
                            "{}",
                            i % 5 == 0 ? Phrase.plain("No Route") : null);
            control.update("UPDATE task SET queued_at = ? WHERE id = ?", i * 1000L, id);
        }
    }

    @AfterEach
    void close() throws IOException {
        control.close();
    }

    private static TaskFilter filter(@Nullable TaskState state, String node, String tag, String text, long since) {
        return new TaskFilter(state, "", node, "", tag, text, since == 0 ? null : Instant.ofEpochMilli(since));
    }

    /** All numbers, page by page. */
    private List<Long> numbers(TaskFilter filter, @Nullable List<String> nodes, Part first) throws IOException {
        List<Long> found = new ArrayList<>();
        List<Task> page = control.taskHistory().page(filter, nodes, first);
        while (!page.isEmpty()) {
            page.forEach(each -> found.add(each.id()));
            page = control.taskHistory().page(filter, nodes, first.behind(found.getLast()));
        }
        return found;
    }

    @Test
    void pagesHaveEveryTaskOnceInBothOrders() throws IOException {
        List<Long> all = IntStream.rangeClosed(1, 30).mapToObj(Long::valueOf).toList();
        assertThat(numbers(TaskFilter.ALL, null, Part.oldest(7))).isEqualTo(all);
        assertThat(numbers(TaskFilter.ALL, null, Part.newest(7))).isEqualTo(all.reversed());
    }

    @Test
    void filtersOfTasksMustAllFit() throws IOException {
        assertThat(numbers(filter(TaskState.FAILED, "", "", "", 0), null, Part.oldest(4)))
                .containsExactly(5L, 10L, 15L, 20L, 25L, 30L);
        assertThat(numbers(filter(TaskState.FAILED, "", "db", "no route", 11_000), null, Part.newest(100)))
                .containsExactly(30L, 20L);
        assertThat(numbers(filter(null, "web1", "", "HOME/2", 0), null, Part.newest(100)))
                .containsExactly(29L, 27L, 25L, 23L, 21L);
        assertThat(numbers(new TaskFilter(null, "verify", "", "", "", "", null), null, Part.oldest(100)))
                .hasSize(10);
        assertThat(numbers(filter(null, "", "none", "", 0), null, Part.newest(9)))
                .isEmpty();
        // A user who sees some nodes gets no others by any filter.
        assertThat(numbers(filter(null, "web1", "", "", 0), List.of("web2"), Part.newest(9)))
                .isEmpty();
        assertThat(numbers(filter(TaskState.FAILED, "", "", "", 0), List.of("web2"), Part.newest(9)))
                .containsExactly(30L, 20L, 10L);
    }

    @Test
    void percentSignsAndUnderscoresOfATextAreJustThat() throws IOException {
        assertThat(numbers(filter(null, "", "", "%", 0), null, Part.newest(9))).isEmpty();
        assertThat(numbers(filter(null, "", "", "_", 0), null, Part.newest(9))).isEmpty();
    }

    private List<String> events(EventFilter filter) throws IOException {
        return control.events().page(filter, null, Part.oldest(100)).stream()
                .map(Events.Event::message)
                .toList();
    }

    @Test
    void eventsAndAuditAreFilteredToo() throws IOException {
        control.events().raise(Events.Severity.ALERT, "a", 1, Phrase.plain("Alert of web1"));
        control.events().raise(Events.Severity.WARNING, "b", 2, Phrase.plain("warning of web2"));
        control.events().raise(Events.Severity.INFO, "b", null, Phrase.plain("note"));
        control.events().acknowledge(1L);
        assertThat(events(new EventFilter(true, null, "", "", "", "", null)))
                .containsExactly("warning of web2", "note");
        assertThat(events(new EventFilter(false, Events.Severity.ALERT, "", "", "", "", null)))
                .containsExactly("Alert of web1");
        assertThat(events(new EventFilter(false, null, "b", "web2", "db", "WEB", Instant.EPOCH)))
                .containsExactly("warning of web2");
        assertThat(events(new EventFilter(
                        false, null, "", "", "", "", Instant.now().plusSeconds(99))))
                .isEmpty();
        control.audit().append("user ann", "plan set", "nightly", "allowed");
        control.audit().append("user bob", "sign in", "", "refused: wrong password");
        assertThat(control.audit().page(new AuditFilter("NIGHT", null), Part.newest(9)))
                .extracting(AuditEntry::actor)
                .containsExactly("user ann");
        assertThat(control.audit().page(new AuditFilter("user", Instant.EPOCH), Part.oldest(9)))
                .extracting(AuditEntry::actor)
                .containsExactly("user ann", "user bob");
    }

    @Test
    void tagsHaveAFormAndANumber() throws IOException {
        assertThat(NodeTags.stored(List.of("B", "a", "b", "上海"))).containsExactly("a", "b", "上海");
        for (String bad : List.of("", "a b", "-a", "a/b", "a\u202e", "x".repeat(32))) {
            assertThatThrownBy(() -> NodeTags.stored(List.of(bad)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("invalid tag name");
        }
        List<String> most =
                IntStream.range(0, NodeTags.MOST).mapToObj(i -> "t" + i).toList();
        control.nodeTags().change(1, most, List.of());
        assertThatThrownBy(() -> control.nodeTags().change(1, List.of("one-more"), List.of()))
                .hasMessageContaining("at most 20 tags");
        assertThat(control.nodeTags().of(1)).containsExactlyInAnyOrderElementsOf(most);
        assertThat(control.nodeTags().change(1, List.of("one-more"), List.of("t0", "absent")))
                .contains("one-more")
                .doesNotContain("t0");
        control.nodeLife().retire(1);
        control.nodeLife().remove(1);
        assertThat(control.nodeTags().of(1)).isEmpty();
    }
}
