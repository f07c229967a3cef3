package dev.holdfast.control.task;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskSpecCodec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Does the appliance's own tasks, one after the other, by priority. What the command line queues is found within half a
 * second; what waited when the appliance stopped is done when it runs again.
 */
public final class TaskRunner implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TaskRunner.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper().registerModule(Moments.module());
    private static final long POLL_NANOS = 500_000_000L;

    private final ControlDb control;
    private final Work work;
    private final Runnable betweenTasks;
    private final Thread thread;
    private volatile boolean closing;

    /** Does what tasks of the queue specify. */
    public interface Work {
        /**
         * Does one task.
         *
         * @return what is written down as the result, to be made JSON of
         * @throws CancellationException where it ended because it was told to
         */
        Object run(TaskSpec.Own spec, TaskContext context) throws IOException;
    }

    /** Begins. {@code betweenTasks} is called twice a second while nothing runs. */
    public TaskRunner(ControlDb control, Work work, Runnable betweenTasks) {
        this.control = control;
        this.work = work;
        this.betweenTasks = betweenTasks;
        this.thread = Thread.ofPlatform().name("tasks").start(this::loop);
    }

    private void loop() {
        while (!closing) {
            try {
                Optional<Task> next = control.tasks().take();
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

    private void run(Task task) throws IOException {
        TaskContext context = new TaskContext(control.tasks(), task, () -> closing);
        TaskState state;
        String result = "{}";
        @Nullable Phrase reason = null;
        try {
            result = JSON.writeValueAsString(work.run(TaskSpecCodec.decodeOwn(task.kind(), task.argument()), context));
            state = TaskState.DONE;
        } catch (CancellationException e) {
            if (!context.cancelled() && TaskKind.of(task.kind()).stream().anyMatch(TaskKind::resumes)) {
                control.tasks().putBack(task.id());
                return;
            }
            state = closing ? TaskState.BROKEN : TaskState.CANCELLED;
            reason = closing ? Phrase.of("task.appliance-stopped") : Phrase.of("task.cancelled");
        } catch (TaskFailedException e) {
            result = JSON.writeValueAsString(e.result());
            state = TaskState.FAILED;
            reason = e.phrase();
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "task " + task.id() + ", " + task.description() + ", failed", e);
            state = TaskState.FAILED;
            reason = Reasons.of(e);
        }
        control.tasks().finish(task.id(), state, result, reason);
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
