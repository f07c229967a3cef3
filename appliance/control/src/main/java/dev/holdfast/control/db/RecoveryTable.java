package dev.holdfast.control.db;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Backups as points in time that can be restored, and what would have been lost between them: an interval reaches from the begin of
 * one backup, which its data are as of, to the end of the next. Backups from before {@link #folded} are kept as intervals only, but
 * for one an hour. Safe for use by several threads.
 */
public final class RecoveryTable {
    private static final String FOLDED = "recovery.folded";
    private static final long HOUR_MILLIS = 3_600_000;
    private static final long DAY_MILLIS = 24 * HOUR_MILLIS;
    /** For so many days intervals are kept. */
    public static final int DAYS = 30;

    private static final String DONE =
            "kind = 'backup' AND state = 'done' AND node_id IS NOT NULL AND snapshot IS NOT NULL";
    private static final String BEGAN = "coalesce(started_at, finished_at)";

    private final ControlDb db;

    RecoveryTable(ControlDb db) {
        this.db = db;
    }

    /**
     * A series of backups.
     *
     * @param plan by which they were made; empty for those that were started on the node
     */
    public record Series(int node, String plan) {}

    /**
     * A backup that was done.
     *
     * @param began and {@code ended}: ms since 1970
     * @param snapshot that it made
     * @param complete whether it could read all its files
     */
    public record Run(long task, long began, long ended, String snapshot, boolean complete) {}

    /** By the clock that backups are taken down by, ms since 1970. */
    public long now() {
        return db.now();
    }

    /** Up to which moment backups are kept as intervals only, ms since 1970. */
    public long folded() throws IOException {
        return Long.parseLong(db.settings().get(FOLDED).orElse("0"));
    }

    /** Backups that ended from a moment until before another, by series, in the order in which they ended. */
    public Map<Series, List<Run>> runs(long from, long until) throws IOException {
        Map<Series, List<Run>> runs = new HashMap<>();
        db.query(
                row -> runs.computeIfAbsent(new Series(row.getInt(1), row.getString(2)), series -> new ArrayList<>())
                        .add(new Run(
                                row.getLong(3), row.getLong(4), row.getLong(5), row.getString(6), row.getLong(7) == 0)),
                "SELECT node_id, coalesce(plan, ''), id, " + BEGAN + ", finished_at, snapshot, " + RunTable.WARNINGS
                        // The plus has SQLite go by time: of all backups, most are older.
                        + " FROM task WHERE +" + DONE.replace("AND state", "AND +state")
                        + " AND finished_at >= ? AND finished_at < ? ORDER BY finished_at, id",
                from,
                until);
        return runs;
    }

    /** The newest backups of a series that ended before a moment, the newest first. */
    public List<Run> before(Series series, long moment, int limit) throws IOException {
        return db.query(
                row -> new Run(row.getLong(1), row.getLong(2), row.getLong(3), row.getString(4), row.getLong(5) == 0),
                "SELECT id, " + BEGAN + ", finished_at, snapshot, " + RunTable.WARNINGS + " FROM task WHERE " + DONE
                        + " AND node_id = ? AND plan IS ? AND finished_at < ? ORDER BY id DESC LIMIT ?",
                series.node,
                series.plan.isEmpty() ? null : series.plan,
                moment,
                limit);
    }

    /** Intervals that ended on a day or later and are kept as that only: seconds, and how many took so long. */
    public Map<Series, TreeMap<Long, Long>> intervals(long since) throws IOException {
        Map<Series, TreeMap<Long, Long>> intervals = new HashMap<>();
        db.query(
                row -> intervals
                        .computeIfAbsent(new Series(row.getInt(1), row.getString(2)), series -> new TreeMap<>())
                        .merge(row.getLong(3), row.getLong(4), Long::sum),
                "SELECT node_id, plan, seconds, sum(runs) FROM recovery_interval WHERE day >= ? GROUP BY 1, 2, 3",
                since / DAY_MILLIS);
        return intervals;
    }

    /**
     * The seconds from what the best of some backups before is as of to the end of each, in their order; empty for the first, where
     * none is before it.
     *
     * @param damaged snapshots that do not count
     */
    public static List<Long> intervals(Optional<Long> before, List<Run> runs, Set<String> damaged) {
        List<Long> seconds = new ArrayList<>();
        long best = before.orElse(Long.MIN_VALUE);
        for (Run each : runs) {
            if (damaged.contains(each.snapshot)) {
                continue;
            }
            if (best != Long.MIN_VALUE) {
                // Rounded up: never less than what was.
                seconds.add(Math.max(0, each.ended - best + 999) / 1000);
            }
            best = Math.max(best, each.began);
        }
        return seconds;
    }

    /** What the last backup of a series before a moment that counts is as of; looks at some of the newest. */
    public Optional<Long> lastBefore(Series series, long moment, Set<String> damaged) throws IOException {
        return before(series, moment, 1000).stream()
                .filter(each -> !damaged.contains(each.snapshot))
                .map(Run::began)
                .max(Long::compare);
    }

    /**
     * Keeps backups that ended before a moment as intervals, and of the runs of a plan that ended alike only the newest of
     * each hour, which takes over the figures of the others.
     *
     * @param moment a whole hour
     */
    public void fold(long moment, Set<String> damaged) throws IOException {
        db.inTransaction(() -> {
            long from = Math.max(folded(), moment - DAYS * DAY_MILLIS);
            if (from >= moment) {
                return;
            }
            for (Map.Entry<Series, List<Run>> each : runs(from, moment).entrySet()) {
                count(each.getKey(), from, each.getValue(), damaged);
            }
            thin(from, moment);
            db.update("DELETE FROM recovery_interval WHERE day < ?", moment / DAY_MILLIS - DAYS - 1);
            db.settings().set(FOLDED, Long.toString(moment));
        });
    }

    private void count(Series series, long from, List<Run> runs, Set<String> damaged) throws IOException {
        List<Run> counting =
                runs.stream().filter(each -> !damaged.contains(each.snapshot)).toList();
        Optional<Long> before = lastBefore(series, from, damaged);
        List<Long> seconds = intervals(before, counting, damaged);
        int skipped = counting.size() - seconds.size();
        for (int i = 0; i < seconds.size(); i++) {
            db.update(
                    "INSERT INTO recovery_interval(node_id, plan, day, seconds, runs) VALUES (?, ?, ?, ?, 1)"
                            + " ON CONFLICT DO UPDATE SET runs = runs + 1",
                    series.node,
                    series.plan,
                    counting.get(i + skipped).ended / DAY_MILLIS,
                    seconds.get(i));
        }
    }

    /** The newest of the runs of each series and hour that ended alike takes over the sums of the others, which go. */
    private void thin(long from, long moment) throws IOException {
        String which =
                "kind = 'backup' AND state IN ('done', 'failed', 'broken') AND node_id IS NOT NULL AND plan IS NOT NULL"
                        + " AND finished_at >= ? AND finished_at < ?";
        String alike = "node_id, plan, state, " + RunTable.WARNINGS + " > 0, finished_at / " + HOUR_MILLIS;
        String sums = sumOfOthers("bytes") + sumOfOthers("scanned") + sumOfOthers("transferred");
        db.update(
                "UPDATE task SET folded = alike.runs - 1" + sums
                        + ", folded_millis = alike.millis - (finished_at - " + BEGAN + ")"
                        + " FROM (SELECT max(id) AS newest, sum(1 + folded) AS runs, sum(bytes + folded_bytes) AS bytes,"
                        + " sum(coalesce(scanned, 0) + folded_scanned) AS scanned,"
                        + " sum(coalesce(transferred, 0) + folded_transferred) AS transferred,"
                        + " sum(finished_at - " + BEGAN + " + folded_millis) AS millis FROM task WHERE " + which
                        + " GROUP BY " + alike + " HAVING count(*) > 1) AS alike WHERE task.id = alike.newest",
                from,
                moment);
        db.update(
                "DELETE FROM task WHERE id IN (SELECT id FROM (SELECT id, max(id) OVER (PARTITION BY " + alike
                        + ") AS newest FROM task WHERE " + which + ") WHERE id < newest)",
                from,
                moment);
    }

    private static String sumOfOthers(String figure) {
        return ", folded_" + figure + " = alike." + figure + " - coalesce(task." + figure + ", 0)";
    }
}
