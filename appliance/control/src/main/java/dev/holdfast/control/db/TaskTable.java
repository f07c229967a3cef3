package dev.holdfast.control.db;

import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskSpecCodec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Tasks from their beginning to their end, and the queue of those that the appliance does by itself or when asked. What is
 * ordered from clients is in {@link OrderTable}, lists are in {@link TaskHistory}. Safe for use by several threads.
 */
public final class TaskTable {
    private static final int MOST_LOG_LINES = 1000;

    private final ControlDb db;

    TaskTable(ControlDb db) {
        this.db = db;
    }

    // ---- the queue, and tasks that begin outside it

    /** A task for the appliance to do when its turn comes; returns its number. */
    public long queue(TaskSpec.Own spec, String description, int priority, String requestedBy) throws IOException {
        return db.insert(
                "INSERT INTO task(kind, description, argument, priority, state, requested_by, queued_at)"
                        + " VALUES (?, ?, ?, ?, 'queued', ?, ?)",
                spec.kind().text(),
                description,
                TaskSpecCodec.encode(spec),
                priority,
                requestedBy,
                db.now());
    }

    /** How many wait for their turn. */
    public int countQueued() throws IOException {
        return db.query(row -> row.getInt(1), "SELECT count(*) FROM task WHERE state = 'queued'")
                .getFirst();
    }

    /** Whether a task of this kind waits or runs. */
    public boolean pending(TaskKind kind) throws IOException {
        return !db.query(
                        row -> row.getInt(1),
                        "SELECT 1 FROM task WHERE kind = ? AND state IN ('queued', 'running') LIMIT 1",
                        kind.text())
                .isEmpty();
    }

    /** Those of this kind that wait or run. */
    public List<Task> open(TaskKind kind) throws IOException {
        return db.query(
                TaskRows::task,
                TaskRows.WHOLE + " WHERE kind = ? AND state IN ('queued', 'running') ORDER BY task.id",
                kind.text());
    }

    /** Whether another of the appliance's own tasks waits that goes before those of this priority. */
    public boolean othersWait(int priority) throws IOException {
        return !db.query(
                        row -> row.getInt(1),
                        "SELECT 1 FROM task WHERE state = 'queued' AND node_id IS NULL AND paused = 0 AND priority > ?"
                                + " LIMIT 1",
                        priority)
                .isEmpty();
    }

    public boolean paused(long id) throws IOException {
        return !db.query(row -> row.getInt(1), "SELECT 1 FROM task WHERE id = ? AND paused = 1", id)
                .isEmpty();
    }

    /** Returns whether it is a task of the appliance's own that can be paused and has not ended. */
    public boolean pause(long id, boolean paused) throws IOException {
        return db.update(
                        "UPDATE task SET paused = ? WHERE id = ? AND node_id IS NULL AND kind IN (?, ?)"
                                + " AND state IN ('queued', 'running')",
                        paused ? 1 : 0,
                        id,
                        TaskKind.DRAIN.text(),
                        TaskKind.VOLUME_LOST.text())
                == 1;
    }

    /** A task that runs waits again, to resume later, unless it was cancelled meanwhile. */
    public void putBack(long id) throws IOException {
        db.update("UPDATE task SET state = 'queued' WHERE id = ? AND state = 'running' AND cancel = 0", id);
        endWhere("id = ? AND state = 'running'", TaskState.CANCELLED, Phrase.of("task.cancelled"), id);
    }

    /** Takes the next task that waits, which is running from now on; empty where another took or cancelled it meanwhile. */
    public Optional<Task> take() throws IOException {
        Optional<Task> next = db.first(
                TaskRows::task,
                TaskRows.WHOLE
                        + " WHERE state = 'queued' AND node_id IS NULL AND paused = 0 ORDER BY priority DESC, task.id LIMIT 1");
        return next.isPresent() && start(next.get().id()) ? next : Optional.empty();
    }

    /** Returns whether the task was still waiting; it runs from now on. */
    public boolean start(long id) throws IOException {
        return db.update(
                        "UPDATE task SET state = 'running', started_at = ? WHERE id = ? AND state = 'queued'",
                        db.now(),
                        id)
                == 1;
    }

    /** A task that a node has begun by itself; returns its number. */
    public long begin(int node, TaskKind kind, String description) throws IOException {
        long now = db.now();
        return db.insert(
                "INSERT INTO task(node_id, kind, description, state, queued_at, started_at) VALUES (?, ?, ?, 'running', ?, ?)",
                node,
                kind.text(),
                description,
                now,
                now);
    }

    /** An upload, which has begun outside the queue; returns its number. */
    public long begin(TaskSpec.Upload spec, String description, String requestedBy) throws IOException {
        long now = db.now();
        return db.insert(
                "INSERT INTO task(kind, description, argument, state, requested_by, queued_at, started_at)"
                        + " VALUES (?, ?, ?, 'running', ?, ?, ?)",
                spec.kind().text(),
                description,
                TaskSpecCodec.encode(spec),
                requestedBy,
                now,
                now);
    }

    // ---- progress

    public Optional<Task> find(long id) throws IOException {
        return db.first(TaskRows::task, TaskRows.WHOLE + " WHERE task.id = ?", id);
    }

    /** Notes how far a task is; the rate of its step follows from the reports. */
    public void step(long id, String step, long done, long total, long stepAt) throws IOException {
        TaskPace pace = pace(id, step, done);
        Instant told = pace.toldAt();
        db.update(
                "UPDATE task SET step = ?, done = ?, total = ?, step_at = ?, rate = ?, told_at = ? WHERE id = ?",
                step,
                done,
                total,
                stepAt,
                pace.perSecond(),
                told == null ? 0 : told.toEpochMilli(),
                id);
    }

    private TaskPace pace(long id, String step, long done) throws IOException {
        Instant now = Instant.ofEpochMilli(db.now());
        return find(id).filter(before -> before.step().equals(step))
                .map(before -> before.pace().next(before.done(), done, now))
                .orElseGet(() -> TaskPace.begin(now));
    }

    /** Notes what a node did for a task so far. */
    public void figures(long id, Task.Figures figures) throws IOException {
        db.update(
                "UPDATE task SET files = ?, scanned = ?, transferred = ?, path = ? WHERE id = ?",
                figures.files(),
                figures.scanned(),
                figures.transferred(),
                figures.path(),
                id);
    }

    /** Adds what the appliance says to a task's log, as long as there is room for it. */
    public void log(long id, Phrase line) throws IOException {
        add(id, List.of(line));
    }

    /** Adds lines as they are, together. */
    public void logPlain(long id, List<String> lines) throws IOException {
        add(id, lines.stream().map(Phrase::plain).toList());
    }

    private void add(long id, List<Phrase> lines) throws IOException {
        if (lines.isEmpty()) {
            return;
        }
        db.inTransaction(() -> {
            int room = MOST_LOG_LINES
                    - db.query(row -> row.getInt(1), "SELECT count(*) FROM task_log WHERE task_id = ?", id)
                            .getFirst();
            for (Phrase line : lines.subList(0, Math.clamp(room, 0, lines.size()))) {
                db.update(
                        "INSERT INTO task_log(task_id, at, line, phrase) VALUES (?, ?, ?, ?)",
                        id,
                        db.now(),
                        line.english(),
                        line.isPlain() ? null : PhraseJson.write(line));
            }
        });
    }

    /**
     * A line of a task's log.
     *
     * @param phrase the text for other languages; null where it has no code
     */
    public record Line(Instant at, String text, @Nullable Phrase phrase) {}

    public List<Line> log(long id) throws IOException {
        return db.query(
                row -> new Line(
                        Instant.ofEpochMilli(row.getLong(1)),
                        row.getString(2),
                        PhraseJson.read(row.getString(3)).orElse(null)),
                "SELECT at, substr(line, 1, 2000), phrase FROM task_log WHERE task_id = ? ORDER BY rowid LIMIT ?",
                id,
                MOST_LOG_LINES);
    }

    // ---- the end

    /** @param reason why it failed or ended early; null for none */
    public void finish(long id, TaskState state, String result, @Nullable Phrase reason) throws IOException {
        db.update(
                "UPDATE task SET state = ?, finished_at = ?, result = ?, reason = ?, reason_phrase = ?, path = NULL"
                        + " WHERE id = ?",
                state.text(),
                db.now(),
                result,
                reason == null ? "" : reason.english(),
                reason == null ? null : PhraseJson.write(reason),
                id);
    }

    /** Ends those tasks for this reason; returns how many. */
    int endWhere(String condition, TaskState state, Phrase reason, Object... arguments) throws IOException {
        List<Object> all = new ArrayList<>(List.of(state.text(), db.now(), reason.english(), PhraseJson.write(reason)));
        all.addAll(List.of(arguments));
        return db.update(
                "UPDATE task SET state = ?, finished_at = ?, reason = ?, reason_phrase = ? WHERE " + condition,
                all.toArray());
    }

    /** A task that a node had begun by itself has ended. */
    public void end(long id, boolean done, long chunks, long bytes, @Nullable String snapshot) throws IOException {
        db.update(
                "UPDATE task SET state = ?, finished_at = ?, chunks = ?, bytes = ?, snapshot = ? WHERE id = ?",
                (done ? TaskState.DONE : TaskState.BROKEN).text(),
                db.now(),
                chunks,
                bytes,
                snapshot,
                id);
    }

    /** Returns whether it waited, and is cancelled, or ran, and is told to end. */
    public boolean cancel(long id) throws IOException {
        int waiting =
                endWhere("id = ? AND state = 'queued'", TaskState.CANCELLED, Phrase.of("task.cancelled-before"), id);
        return waiting == 1
                || db.update(
                                "UPDATE task SET cancel = 1 WHERE id = ? AND state = 'running' AND (node_id IS NULL OR requested_by <> '')",
                                id)
                        == 1;
    }

    public boolean cancelled(long id) throws IOException {
        return !db.query(row -> row.getInt(1), "SELECT 1 FROM task WHERE id = ? AND cancel = 1", id)
                .isEmpty();
    }

    /**
     * At start: what was running when the appliance stopped is broken, or waits to resume. What waited goes on waiting, and
     * orders may still be under way at their nodes.
     */
    public void breakRunning() throws IOException {
        db.update(
                "UPDATE task SET state = 'queued' WHERE state = 'running' AND node_id IS NULL AND cancel = 0"
                        + " AND kind IN (?, ?)",
                TaskKind.DRAIN.text(),
                TaskKind.VOLUME_LOST.text());
        endWhere(
                "state = 'running' AND (node_id IS NULL OR requested_by = '' OR kind = ?)",
                TaskState.BROKEN,
                Phrase.of("task.appliance-stopped"),
                TaskKind.BOOT.text());
    }
}
