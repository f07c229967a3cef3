package dev.holdfast.control.task;

import dev.holdfast.control.db.Task;
import dev.holdfast.control.db.TaskTable;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** What a task sees of the world while it runs: it says how far it is, and asks whether to end. One thread's. */
public final class TaskContext {
    private static final long TELL_NANOS = 500_000_000L;

    private final TaskTable tasks;
    private final Task task;
    private final BooleanSupplier closing;
    private String step = "";
    private long stepAt;
    private long toldAt;
    private long askedAt;
    private long askedOthersAt = System.nanoTime();
    private boolean cancelled;
    private boolean putBack;

    TaskContext(TaskTable tasks, Task task, BooleanSupplier closing) {
        this.tasks = tasks;
        this.task = task;
        this.closing = closing;
    }

    public Task task() {
        return task;
    }

    /** So far; written twice a second at most. */
    public void step(String what, long done, long total) {
        long now = System.nanoTime();
        boolean fresh = !what.equals(step);
        if (fresh) {
            step = what;
            stepAt = System.currentTimeMillis();
        }
        if (fresh || now - toldAt >= TELL_NANOS || done == total) {
            toldAt = now;
            try {
                tasks.step(task.id(), what, done, total, stepAt);
            } catch (IOException e) {
                System.getLogger(TaskContext.class.getName())
                        .log(System.Logger.Level.WARNING, "progress of task " + task.id() + " could not be noted", e);
            }
        }
    }

    public void log(Phrase line) throws IOException {
        tasks.log(task.id(), line);
    }

    /**
     * Whether a task that {@link dev.holdfast.control.taskspec.TaskKind#resumes} should end its stretch: it was cancelled or
     * paused, others wait, or the appliance stops.
     *
     * @param priority of the task
     */
    boolean interrupted(int priority) {
        if (putBack || stopping()) {
            return true;
        }
        long now = System.nanoTime();
        if (now - askedOthersAt >= TELL_NANOS) {
            askedOthersAt = now;
            try {
                putBack = tasks.paused(task.id()) || tasks.othersWait(priority);
            } catch (IOException e) {
                return false;
            }
        }
        return putBack;
    }

    /** Whether the task was cancelled. */
    boolean cancelled() {
        return cancelled;
    }

    /** Whether it should end soon. */
    public boolean stopping() {
        if (closing.getAsBoolean()) {
            return true;
        }
        long now = System.nanoTime();
        if (!cancelled && now - askedAt >= TELL_NANOS) {
            askedAt = now;
            try {
                cancelled = tasks.cancelled(task.id());
            } catch (IOException e) {
                return false;
            }
        }
        return cancelled;
    }
}
