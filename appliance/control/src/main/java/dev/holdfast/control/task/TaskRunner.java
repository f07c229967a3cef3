package dev.holdfast.control.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.TaskTable;
import dev.holdfast.control.db.TaskTable.State;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;

/**
 * Does the appliance's own tasks, one after the other, by priority. What the command line queues is found within half a
 * second; what waited when the appliance stopped is done when it runs again.
 */
public final class TaskRunner implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TaskRunner.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper().registerModule(Moments.module());
    private static final long POLL_NANOS = 500_000_000L;

    private final ControlDb control;
    private final Map<String, Work> works;
    private final Runnable betweenTasks;
    private final Thread thread;
    private volatile boolean closing;

    /** A kind of task. */
    public interface Work {
        /**
         * Does it.
         *
         * @return what is written down as the result, to be made JSON of
         * @throws CancellationException where it ended because it was told to
         */
        Object run(JsonNode argument, TaskContext context) throws IOException;
    }

    /** Begins. {@code betweenTasks} is called twice a second while nothing runs. */
    public TaskRunner(ControlDb control, Map<String, Work> works, Runnable betweenTasks) {
        this.control = control;
        this.works = Map.copyOf(works);
        this.betweenTasks = betweenTasks;
        this.thread = Thread.ofPlatform().name("tasks").start(this::loop);
    }

    private void loop() {
        while (!closing) {
            try {
                Optional<TaskTable.Task> next = control.tasks().take();
                if (next.isPresent()) {
                    run(next.get());
                    continue;
                }
                betweenTasks.run();
            } catch (IOException | RuntimeException | Error e) {
                // Without this thread nothing would be maintained until somebody starts the appliance anew.
                LOG.log(System.Logger.Level.ERROR, "tasks could not be looked for", e);
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }

    private void run(TaskTable.Task task) throws IOException {
        Work work = works.get(task.kind());
        TaskTable tasks = control.tasks();
        if (work == null) {
            tasks.finish(task.id(), State.FAILED, "{}", "this release knows no tasks of kind " + task.kind());
            return;
        }
        TaskContext context = new TaskContext(tasks, task, () -> closing);
        State state;
        String result = "{}";
        String reason = "";
        try {
            result = JSON.writeValueAsString(work.run(JSON.readTree(task.argument()), context));
            state = State.DONE;
        } catch (CancellationException e) {
            state = closing ? State.BROKEN : State.CANCELLED;
            reason = closing ? "the appliance stopped" : "somebody cancelled it";
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "task " + task.id() + ", " + task.description() + ", failed", e);
            state = State.FAILED;
            reason = String.valueOf(e.getMessage());
        }
        tasks.finish(task.id(), state, result, reason);
    }

    /** Tells what runs to end, and waits for it. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
