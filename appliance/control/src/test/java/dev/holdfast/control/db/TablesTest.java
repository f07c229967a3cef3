package dev.holdfast.control.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TablesTest {
    private static final TaskSpec.Own COLLECT = new TaskSpec.Collect(TaskSpec.Selection.DEFAULT);

    @TempDir
    private Path dir;

    private ControlDb control;

    @BeforeEach
    void open() throws IOException {
        control = new ControlDb(dir.resolve("control.db"));
    }

    @AfterEach
    void close() throws IOException {
        control.close();
    }

    @Test
    void tasksAreTakenByPriorityAndOnlyOnce() throws IOException {
        TaskTable tasks = control.tasks();
        long low = tasks.queue(COLLECT, "a", 0, "x");
        long high = tasks.queue(TaskSpec.Scrub.NEXT, "b", 5, "x");
        assertThat(tasks.take().orElseThrow().id()).isEqualTo(high);
        assertThat(tasks.take().orElseThrow().id()).isEqualTo(low);
        assertThat(tasks.take()).isEmpty();
        assertThat(tasks.pending(TaskKind.GC)).isTrue();
        tasks.finish(low, TaskState.DONE, "{\"a\":1}", null);
        assertThat(tasks.pending(TaskKind.GC)).isFalse();
        assertThat(control.taskHistory().lastDone(TaskKind.GC)).isPositive();
        assertThat(tasks.find(low).orElseThrow().result()).isEqualTo("{\"a\":1}");
    }

    @Test
    void whatRanWhenTheApplianceStoppedIsBrokenAndWhatWaitedWaits() throws IOException {
        TaskTable tasks = control.tasks();
        long ran = tasks.queue(COLLECT, "a", 9, "x");
        long waits = tasks.queue(COLLECT, "b", 0, "x");
        assertThat(tasks.take().orElseThrow().id()).isEqualTo(ran);
        control.close();
        control = new ControlDb(dir.resolve("control.db"));
        control.tasks().breakRunning();
        assertThat(control.tasks().find(ran).orElseThrow().state()).isEqualTo(TaskState.BROKEN);
        assertThat(control.tasks().take().orElseThrow().id()).isEqualTo(waits);
    }

    @Test
    void tasksAreCancelledBeforeAndWhileTheyRun() throws IOException {
        TaskTable tasks = control.tasks();
        long first = tasks.queue(COLLECT, "a", 9, "x");
        long second = tasks.queue(COLLECT, "b", 0, "x");
        assertThat(tasks.take().orElseThrow().id()).isEqualTo(first);
        assertThat(tasks.cancel(second)).isTrue();
        assertThat(tasks.find(second).orElseThrow().state()).isEqualTo(TaskState.CANCELLED);
        assertThat(tasks.cancelled(first)).isFalse();
        assertThat(tasks.cancel(first)).isTrue();
        assertThat(tasks.cancelled(first)).isTrue();
        assertThat(tasks.cancel(4711)).isFalse();
    }

    @Test
    void linesOfTheApplianceHavePhrasesAndThoseOfClientsHaveNone() throws IOException {
        TaskTable tasks = control.tasks();
        long id = tasks.queue(COLLECT, "a", 9, "x");
        tasks.log(id, Phrase.of("log.snapshot-damaged").with("snapshot", "7").with("node", "web1"));
        tasks.logPlain(id, List.of("warning: /home/a: changed while it was read"));
        assertThat(tasks.log(id))
                .extracting(TaskTable.Line::text, line -> line.phrase() == null)
                .containsExactly(
                        tuple("snapshot 7 of web1 is damaged", false),
                        tuple("warning: /home/a: changed while it was read", true));
    }

    @Test
    void logsAndOldTasksAreBounded() throws IOException {
        TaskTable tasks = control.tasks();
        long id = tasks.queue(COLLECT, "a", 9, "x");
        for (int i = 0; i < 1010; i++) {
            tasks.logPlain(id, List.of("line " + i));
        }
        assertThat(tasks.log(id)).hasSize(1000);
        tasks.take();
        tasks.finish(id, TaskState.DONE, "{}", null);
        assertThat(control.taskHistory().forgetBefore(System.currentTimeMillis() + 1))
                .isEqualTo(1);
        assertThat(tasks.log(id)).isEmpty();
    }

    @Test
    void aComplianceLockOnlyGrows() throws IOException {
        SnapshotMarks marks = control.marks();
        UUID id = UUID.randomUUID();
        assertThat(marks.lock(id, 1, 1000, false, 0)).isTrue();
        assertThat(marks.lock(id, 1, 500, false, 0)).isTrue();
        assertThat(marks.lock(id, 1, 1000, true, 0)).isTrue();
        assertThat(marks.lock(id, 1, 2000, false, 0)).isFalse();
        assertThat(marks.lock(id, 1, 999, true, 0)).isFalse();
        assertThat(marks.lock(id, 1, 2000, true, 0)).isTrue();
        assertThat(marks.of(id).why(1999)).isEqualTo("locked (compliance)");
        marks.hold(id, 1, "why not");
        assertThat(marks.of(id).lockedUntil()).isEqualTo(2000);
        assertThat(marks.of(id).why(2000)).isEqualTo("held: why not");
        assertThat(marks.lock(id, 1, 0, false, 2000)).isTrue();
        marks.hold(id, 1, null);
        assertThat(marks.of(id).why(2000)).isNull();
    }

    @Test
    void enrolmentWhoseAnswerWasLostIsRepeatedByTheSameKeyAlone() throws IOException {
        control.tokens().add("t", Duration.ofHours(1), null);
        int id = control.nodes()
                .enroll("t", "key", "web1", "linux", 1, made -> new NodeCertificate("first", Instant.EPOCH))
                .id();
        Node again = control.nodes()
                .enroll("t", "key", "web1", "linux", 1, made -> new NodeCertificate("second", Instant.EPOCH));
        assertThat(again.id()).isEqualTo(id);
        assertThat(again.name()).isEqualTo("web1");
        assertThat(control.nodes().list()).hasSize(1);
        assertThat(control.nodes().admits(id, "second")).isTrue();
        assertThat(control.nodes().admits(id, "first")).isFalse();
        for (String other : List.of("other", "")) {
            assertThatThrownBy(() -> control.nodes()
                            .enroll(
                                    "t",
                                    other,
                                    "web1",
                                    "linux",
                                    1,
                                    made -> new NodeCertificate("third", Instant.EPOCH)))
                    .hasMessageContaining("used already");
        }
        // One that was revoked since does not come back so.
        assertThat(control.nodes().revoke("web1")).isTrue();
        assertThatThrownBy(() -> control.nodes()
                        .enroll("t", "key", "web1", "linux", 1, made -> new NodeCertificate("third", Instant.EPOCH)))
                .hasMessageContaining("used already");
        assertThat(control.nodes().list().getFirst().active()).isFalse();
    }

    @Test
    void enrolmentThatAnotherTokenReplacedIsNotRepeated() throws Exception {
        control.tokens().add("t", Duration.ofHours(1), null);
        int id = control.nodes()
                .enroll("t", "key", "web1", "linux", 8, made -> new NodeCertificate("first", Instant.EPOCH))
                .id();
        Thread.sleep(2);
        control.tokens().add("u", Duration.ofHours(1), id);
        control.nodes()
                .enroll("u", "new key", "web1", "linux", 8, made -> new NodeCertificate("second", Instant.EPOCH));
        assertThatThrownBy(() -> control.nodes()
                        .enroll("t", "key", "web1", "linux", 8, made -> new NodeCertificate("third", Instant.EPOCH)))
                .hasMessageContaining("used already");
        assertThat(control.nodes().admits(id, "second")).isTrue();
    }
}
