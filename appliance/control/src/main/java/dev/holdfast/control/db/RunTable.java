package dev.holdfast.control.db;

import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import dev.holdfast.vault.sqlite.Database;
import java.io.IOException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How backups went lately, by node and by plan. Safe for use by several threads. */
public final class RunTable {
    /** How many files could not be read. */
    static final String WARNINGS =
            "coalesce(CASE WHEN json_valid(result) THEN json_extract(result, '$.problems') END, 0)";

    private static final String RUN =
            "SELECT task.id, coalesce(node.name, ''), coalesce(plan, ''), state, coalesce(started_at, queued_at), finished_at, "
                    + WARNINGS + ", substr(reason, 1, 500), reason_phrase"
                    + " FROM task LEFT JOIN node ON node.id = node_id WHERE kind = 'backup' AND state <> 'queued'";

    private final ControlDb db;

    RunTable(ControlDb db) {
        this.db = db;
    }

    /**
     * A backup that runs or ran.
     *
     * @param plan that it ran for; empty for one that was started on the node
     * @param warnings files that could not be read, of one that is done
     * @param reason why it failed or ended early
     * @param phrase the reason for other languages; null where it has no code
     */
    public record Run(
            long task,
            String node,
            String plan,
            TaskState state,
            Instant startedAt,
            @Nullable Instant finishedAt,
            long warnings,
            String reason,
            @Nullable Phrase phrase) {}

    /**
     * A plan that fails at a node.
     *
     * @param since when the first run failed after the last that was done
     * @param runs how many failed since then
     * @param last the newest of them
     */
    public record Failure(Instant since, long runs, Run last) {}

    private static Run run(ResultSet row) throws SQLException {
        Long finished = Database.longOrNull(row, 6);
        return new Run(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                TaskState.of(row.getString(4)),
                Instant.ofEpochMilli(row.getLong(5)),
                finished == null ? null : Instant.ofEpochMilli(finished),
                row.getLong(7),
                row.getString(8),
                PhraseJson.read(row.getString(9)).orElse(null));
    }

    /** The newest runs of a node, the oldest of them first. */
    public List<Run> ofNode(int node, int limit) throws IOException {
        return db.read(RunTable::run, RUN + " AND node_id = ? ORDER BY task.id DESC LIMIT ?", node, limit)
                .reversed();
    }

    /**
     * The newest runs of a plan, the oldest of them first.
     *
     * @param nodes at which; null for all
     */
    public List<Run> ofPlan(String plan, @Nullable List<String> nodes, int limit) throws IOException {
        String scope = ControlDb.list(nodes);
        return db.read(
                        RunTable::run,
                        RUN + " AND plan = ? AND (? IS NULL OR node.name IN (SELECT value FROM json_each(?)))"
                                + " ORDER BY task.id DESC LIMIT ?",
                        plan,
                        scope,
                        scope,
                        limit)
                .reversed();
    }

    /** The newest run of a plan at a node that was done. */
    public Optional<Run> lastDone(String plan, int node) throws IOException {
        return db
                .read(
                        RunTable::run,
                        RUN + " AND plan = ? AND node_id = ? AND state = 'done' ORDER BY task.id DESC LIMIT 1",
                        plan,
                        node)
                .stream()
                .findFirst();
    }

    /**
     * Empty where no run of a plan at a node failed since one that was done. A run that was cancelled does not count.
     *
     * @param done the task of that one; 0 for none
     */
    public Optional<Failure> failure(String plan, int node, long done) throws IOException {
        String failed = RUN + " AND plan = ? AND node_id = ? AND state IN ('failed', 'broken') AND task.id > ?";
        List<Run> newest = db.read(RunTable::run, failed + " ORDER BY task.id DESC LIMIT 1", plan, node, done);
        if (newest.isEmpty()) {
            return Optional.empty();
        }
        return db
                .read(
                        row -> new Failure(Instant.ofEpochMilli(row.getLong(1)), row.getLong(2), newest.getFirst()),
                        "SELECT min(finished_at), sum(1 + folded) FROM task WHERE kind = 'backup' AND plan = ? AND node_id = ?"
                                + " AND state IN ('failed', 'broken') AND id > ?",
                        plan,
                        node,
                        done)
                .stream()
                .findFirst();
    }
}
