package dev.holdfast.control.db;

import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.PhraseJson;
import dev.holdfast.vault.sqlite.Database;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How rows of tasks are selected and read. */
final class TaskRows {
    /** Whole tasks. */
    static final String WHOLE =
            "SELECT task.id, coalesce(node.name, ''), kind, description, argument, state, requested_by, queued_at,"
                    + " started_at, finished_at, step, done, total, step_at, result, reason, chunks, bytes, snapshot, plan, paused, rate, told_at,"
                    + " files, scanned, transferred, path, reason_phrase FROM task"
                    + " LEFT JOIN node ON node.id = node_id";

    /** For lists: long texts are left out, and told one task at a time. */
    static final String BRIEF = "SELECT task.id, coalesce(node.name, ''), kind, substr(description, 1, 500),"
            + " CASE WHEN length(argument) > 1000 THEN '{}' ELSE argument END, state, substr(requested_by, 1, 200),"
            + " queued_at, started_at, finished_at, substr(step, 1, 300), done, total, step_at,"
            + " CASE WHEN length(result) > 1000 THEN '{}' ELSE result END, substr(reason, 1, 500), chunks, bytes,"
            + " snapshot, plan, paused, rate, told_at, files, scanned, transferred, path, reason_phrase FROM task LEFT JOIN node ON node.id = node_id";

    private TaskRows() {}

    /** Of {@link #WHOLE} or {@link #BRIEF}. */
    static Task task(ResultSet row) throws SQLException {
        return new Task(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                TaskState.of(row.getString(6)),
                row.getString(7),
                Instant.ofEpochMilli(row.getLong(8)),
                Moments.ofMillis(Database.longOrNull(row, 9)),
                Moments.ofMillis(Database.longOrNull(row, 10)),
                row.getString(11),
                row.getLong(12),
                row.getLong(13),
                Moments.ofMillis(row.getLong(14)),
                row.getString(15),
                row.getString(16),
                PhraseJson.read(row.getString(28)).orElse(null),
                row.getLong(17),
                row.getLong(18),
                row.getString(19),
                row.getString(20),
                row.getInt(21) != 0,
                new TaskPace(row.getDouble(22), row.getLong(23) == 0 ? null : Instant.ofEpochMilli(row.getLong(23))),
                figures(row));
    }

    private static Task.@Nullable Figures figures(ResultSet row) throws SQLException {
        Long files = Database.longOrNull(row, 24);
        return files == null
                ? null
                : new Task.Figures(
                        files, row.getLong(25), row.getLong(26), Objects.requireNonNullElse(row.getString(27), ""));
    }
}
