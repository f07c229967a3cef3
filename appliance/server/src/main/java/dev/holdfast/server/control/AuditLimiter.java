package dev.holdfast.server.control;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * Keeps others from filling the audit log. The first entry of a kind from a source is written at once; those that follow
 * within a minute are counted, and told by one entry at its end. How many entries may be written at once, and how many
 * sources are told apart, is bounded as well: what is beyond counts as one source. Nothing is left out: every entry is
 * written or counted. Safe for use by several threads; the owner calls {@link #flush} every few seconds.
 */
public final class AuditLimiter implements AutoCloseable {
    private static final long INTERVAL_NANOS = 60_000_000_000L;
    private static final int MAX_KINDS = 1024;
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");
    private static final int MAX_TEXT_CHARACTERS = 200;
    /** Entries of kinds not seen during the last minute: so many at once, and so many a second. */
    private static final int BURST = 400;

    private static final int PER_SECOND = 20;

    private final ControlDb control;
    private final LongSupplier nanos;
    private final Map<Kind, Count> counts = new LinkedHashMap<>();
    private double tokens = BURST;
    private long refilledAt;

    /** What counts as the same. */
    private record Kind(String source, String action, String object, String outcome) {}

    private static final class Count {
        final String actor;
        /** Of the first of them. */
        final String outcome;

        long since;
        long more;

        Count(String actor, String outcome, long since) {
            this.actor = actor;
            this.outcome = outcome;
            this.since = since;
        }
    }

    private record Row(String actor, String action, String object, String outcome) {}

    public AuditLimiter(ControlDb control, LongSupplier nanos) {
        this.control = control;
        this.nanos = nanos;
        this.refilledAt = nanos.getAsLong();
    }

    /**
     * Audits something refused, whatever it was about.
     *
     * @param source who is behind it, for example a node or an address without its port
     * @param object of the first entry
     * @return whether an entry was written, rather than counted
     */
    public boolean refused(String source, String actor, String action, String object, String outcome)
            throws IOException {
        // Numbers vary with what was sent: whoever sends them at random is told once all the same.
        return note(
                new Kind(source, action, "", NUMBER.matcher(brief(outcome)).replaceAll("#")), actor, object, outcome);
    }

    /** Audits something that was done to an object; the same once more within a minute is counted. */
    public boolean done(String source, String actor, String action, String object, String outcome) throws IOException {
        return note(new Kind(source, brief(action), object, brief(outcome)), actor, object, outcome);
    }

    private synchronized boolean note(Kind kind, String actor, String object, String outcome) throws IOException {
        long now = nanos.getAsLong();
        Count count = counts.get(kind);
        if (count != null) {
            count.more++;
            return false;
        }
        tokens = Math.min(BURST, tokens + (now - refilledAt) / 1e9 * PER_SECOND);
        refilledAt = now;
        if (counts.size() >= MAX_KINDS || tokens < 1) {
            counts.computeIfAbsent(
                            new Kind(
                                    "",
                                    kind.action.split(":", 2)[0],
                                    "",
                                    kind.outcome.split(":", 2)[0]),
                            key -> new Count("several", kind.outcome.split(":", 2)[0], now))
                    .more++;
            return false;
        }
        tokens--;
        counts.put(kind, new Count(brief(actor), brief(outcome), now));
        control.audit(brief(actor), kind.action, brief(object), brief(outcome));
        return true;
    }

    private static String brief(String text) {
        return text.length() <= MAX_TEXT_CHARACTERS ? text : text.substring(0, MAX_TEXT_CHARACTERS) + "…";
    }

    /** Writes what was counted during minutes that are over. */
    public void flush() throws IOException {
        flush(false);
    }

    private void flush(boolean all) throws IOException {
        for (Row row : due(all)) {
            control.audit(row.actor, row.action, row.object, row.outcome);
        }
    }

    private synchronized List<Row> due(boolean all) {
        long now = nanos.getAsLong();
        List<Row> rows = new ArrayList<>();
        for (Iterator<Map.Entry<Kind, Count>> each = counts.entrySet().iterator(); each.hasNext(); ) {
            Map.Entry<Kind, Count> entry = each.next();
            Count count = entry.getValue();
            if (!all && now - count.since < INTERVAL_NANOS) {
                continue;
            }
            if (count.more == 0) {
                each.remove();
                continue;
            }
            Kind kind = entry.getKey();
            rows.add(new Row(
                    count.actor,
                    kind.action,
                    kind.object,
                    count.outcome + " (" + count.more + " more within "
                            + Math.max(1, (now - count.since) / 1_000_000_000) + " s)"));
            count.more = 0;
            count.since = now;
        }
        return rows;
    }

    /** Writes everything that was counted. */
    @Override
    public void close() throws IOException {
        flush(true);
    }
}
