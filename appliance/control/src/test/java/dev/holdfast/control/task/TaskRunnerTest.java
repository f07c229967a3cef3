package dev.holdfast.control.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Part;
import dev.holdfast.control.db.StoredTasks;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.db.TaskFilter;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The appliance's queue, on a real control database. */
class TaskRunnerTest {
    @TempDir
    private Path directory;

    private ControlDb control;
    private final BlockingQueue<TaskSpec.Own> ran = new LinkedBlockingQueue<>();

    @BeforeEach
    void open() throws IOException {
        control = new ControlDb(directory.resolve("control.db"));
    }

    @AfterEach
    void close() throws IOException {
        control.close();
    }

    private Task find(long id) throws IOException {
        return control.tasks().find(id).orElseThrow();
    }

    private Object run(TaskSpec.Own spec, TaskContext context) throws IOException {
        ran.add(spec);
        if (spec instanceof TaskSpec.CountUsage) {
            throw new IOException("it went wrong");
        }
        return Map.of("task", context.task().id());
    }

    @Test
    void taskThatCannotBeReadFailsAloneAndTheOthersRun() throws Exception {
        long unknown = StoredTasks.add(control, null, "levitate", "{}", 9);
        long damaged = StoredTasks.add(control, null, "gc", "{\"graceHours\":\"none\"}", 8);
        long broken = StoredTasks.add(control, null, "scrub", "{\"contain", 7);
        long misplaced = StoredTasks.add(control, null, "backup", "{\"plan\":\"nightly\"}", 6);
        long old = StoredTasks.add(control, null, "gc", "{\"all\":false,\"liveBelowPercent\":70}", 5);
        long failing = control.tasks().queue(new TaskSpec.CountUsage(), "usage", 4, "user ann");
        long last = control.tasks().queue(TaskSpec.Scrub.NEXT, "scrub", 3, "user ann");
        try (TaskRunner runner = new TaskRunner(control, this::run, () -> {})) {
            assertThat(runner).isNotNull();
            assertThat(ran.poll(30, TimeUnit.SECONDS))
                    .isEqualTo(new TaskSpec.Collect(new TaskSpec.Selection(70, null)));
            assertThat(ran.poll(30, TimeUnit.SECONDS)).isEqualTo(new TaskSpec.CountUsage());
            assertThat(ran.poll(30, TimeUnit.SECONDS)).isEqualTo(TaskSpec.Scrub.NEXT);
        }
        assertThat(List.of(unknown, damaged, broken, misplaced, failing))
                .allSatisfy(id -> assertThat(find(id).state()).isEqualTo(TaskState.FAILED));
        assertThat(find(unknown).reason()).contains("does not know tasks of kind 'levitate'");
        assertThat(find(damaged).reason()).contains("damaged: 'graceHours' is not a whole number");
        assertThat(find(broken).reason()).contains("damaged: it is not valid JSON");
        assertThat(find(misplaced).reason()).contains("cannot be run from the appliance's queue");
        assertThat(find(failing).reason()).isEqualTo("it went wrong");
        assertThat(find(old).state()).isEqualTo(TaskState.DONE);
        assertThat(find(last).state()).isEqualTo(TaskState.DONE);
        assertThat(find(last).result()).isEqualTo("{\"task\":" + last + "}");
        assertThat(ran).isEmpty();
    }

    @Test
    void taskThatCannotBeReadIsListedLikeAnyOther() throws IOException {
        long unknown = StoredTasks.add(control, null, "levitate", "}{", 9);
        long elsewhere = StoredTasks.add(control, null, "gc", "{}", 8);
        StoredTasks.state(control, elsewhere, "postponed");
        long good = control.tasks().queue(TaskSpec.Scrub.NEXT, "scrub", 3, "user ann");
        Long[] all = {good, elsewhere, unknown};
        assertThat(control.taskHistory().list(10)).extracting(Task::id).containsExactly(all);
        assertThat(control.taskHistory().page(TaskFilter.ALL, null, Part.newest(10)))
                .extracting(Task::id)
                .containsExactly(all);
        assertThat(control.taskHistory()
                        .page(new TaskFilter(null, "levitate", "", "", "", "", null), null, Part.newest(10)))
                .singleElement()
                .satisfies(task -> assertThat(task.argument()).isEqualTo("}{"));
        assertThat(control.taskHistory().recentlyActive(0)).extracting(Task::id).containsExactly(good, unknown);
        assertThat(control.taskHistory().count())
                .containsEntry(TaskState.QUEUED, 2L)
                .containsEntry(TaskState.BROKEN, 1L);
        assertThat(control.tasks().cancel(unknown)).isTrue();
        assertThat(find(unknown).state()).isEqualTo(TaskState.CANCELLED);
    }
}
