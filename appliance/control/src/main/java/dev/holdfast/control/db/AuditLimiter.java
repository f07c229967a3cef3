package dev.holdfast.control.db;

import dev.holdfast.control.fair.TokenBucket;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * Keeps others from filling the audit log, and from hiding what somebody else does. The first entry of a kind from a source is
 * written at once; those that follow within a minute are counted, and told by one entry at its end. Each source may have so
 * many entries written at once; what is beyond is counted by source and action. All sources together are bounded as well, and
 * what is beyond that is counted in the same way, so that an entry always names who acts and how. Only strangers, of whom
 * there may be any number, are counted together where they are too many. Nothing is left out: every entry is written or
 * counted. Safe for use by several threads; the owner calls {@link #flush} every few seconds.
 */
public final class AuditLimiter implements AutoCloseable {
    private static final long INTERVAL_NANOS = 60_000_000_000L;
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");
    private static final int MAX_TEXT_CHARACTERS = 200;
    private static final int MAX_OBJECT_CHARACTERS = 1000;
    /** Entries of one source: so many at once, and so many a second. */
    static final int SOURCE_BURST = 20;

    private static final int SOURCE_PER_SECOND = 1;
    /** Entries of all known sources together; strangers have half as much for themselves. */
    private static final int BURST = 400;

    private static final int PER_SECOND = 20;
    /** Strangers who are told apart. */
    private static final int MAX_STRANGERS = 1024;
    /** Kinds of overflow of one source that are told apart: more than there are actions and outcomes as a rule. */
    private static final int MAX_OVERFLOWS = 64;

    private static final Source MANY = new Source("strangers", false);

    private final ControlDb control;
    private final LongSupplier nanos;
    private final Map<Source, Counts> sources = new LinkedHashMap<>();
    private final TokenBucket known;
    private final TokenBucket unknown;
    private int strangers;

    /**
     * Who is behind an entry.
     *
     * @param name such as a node, a user, or a block of addresses without ports
     * @param known whether it was enrolled or added here, so that there are only so many
     */
    public record Source(String name, boolean known) {
        public static Source node(int id) {
            return new Source("node " + id, true);
        }

        public static Source user(String name) {
            return new Source("user " + name, true);
        }

        /** @param address or block of addresses, without a port */
        public static Source stranger(String address) {
            return new Source(address, false);
        }
    }

    /** What counts as the same of one source. */
    private record Kind(String action, String object, String outcome) {}

    private record Row(String actor, String action, String object, String outcome) {}

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

    private static final class Counts {
        final TokenBucket bucket;
        final Map<Kind, Count> kinds = new LinkedHashMap<>();
        final Map<Kind, Count> overflow = new HashMap<>();

        Counts(long now) {
            bucket = new TokenBucket(SOURCE_BURST, SOURCE_PER_SECOND, now);
        }
    }

    public AuditLimiter(ControlDb control, LongSupplier nanos) {
        this.control = control;
        this.nanos = nanos;
        this.known = new TokenBucket(BURST, PER_SECOND, nanos.getAsLong());
        this.unknown = new TokenBucket(BURST / 2, PER_SECOND / 2, nanos.getAsLong());
    }

    /**
     * Audits something refused, whatever it was about.
     *
     * @param action as {@link #done}
     * @param object of the first entry
     * @return whether an entry was written, rather than counted
     */
    public boolean refused(Source source, String actor, String action, String object, String outcome)
            throws IOException {
        // Numbers vary with what was sent: whoever sends them at random is told once all the same.
        Kind kind = new Kind(action, "", NUMBER.matcher(brief(outcome)).replaceAll("#"));
        return note(source, kind, actor, "", object, outcome);
    }

    /**
     * Audits something about an object; the same once more within a minute is counted.
     *
     * @param action a fixed word: what others wrote belongs to the object or to the detail
     */
    public boolean done(Source source, String actor, String action, String object, String outcome) throws IOException {
        return done(source, actor, action, "", object, outcome);
    }

    /** @param detail free text that the first entry has behind its action; entries that differ in it alone count as the same */
    public boolean done(Source source, String actor, String action, String detail, String object, String outcome)
            throws IOException {
        return note(
                source,
                new Kind(action, brief(object, MAX_OBJECT_CHARACTERS), brief(outcome)),
                actor,
                detail,
                object,
                outcome);
    }

    private boolean note(Source source, Kind kind, String actor, String detail, String object, String outcome)
            throws IOException {
        if (!counted(source, kind, actor, outcome)) {
            control.audit()
                    .append(
                            brief(actor),
                            brief(kind.action + detail),
                            brief(object, source.known ? MAX_OBJECT_CHARACTERS : MAX_TEXT_CHARACTERS),
                            brief(outcome));
            return true;
        }
        return false;
    }

    private synchronized boolean counted(Source given, Kind kind, String actor, String outcome) {
        long now = nanos.getAsLong();
        Source source = given;
        if (!given.known && !sources.containsKey(given) && strangers >= MAX_STRANGERS) {
            source = MANY;
        }
        Counts counts = sources.get(source);
        if (counts == null) {
            counts = new Counts(now);
            sources.put(source, counts);
            strangers += source.known ? 0 : 1;
        }
        Count count = counts.kinds.get(kind);
        if (count != null) {
            count.more++;
            return true;
        }
        TokenBucket all = source.known ? known : unknown;
        String name = brief(source.equals(MANY) ? "several strangers" : actor);
        if (!counts.bucket.has(now) || !all.has(now)) {
            Kind coarse = new Kind(kind.action, "", kind.outcome.split(":", 2)[0]);
            if (!counts.overflow.containsKey(coarse) && counts.overflow.size() >= MAX_OVERFLOWS) {
                coarse = new Kind("several", "", "");
            }
            counts.overflow.computeIfAbsent(coarse, key -> new Count(name, key.outcome, now)).more++;
            return true;
        }
        counts.bucket.take();
        all.take();
        counts.kinds.put(kind, new Count(name, brief(outcome), now));
        return false;
    }

    private static String brief(String text) {
        return brief(text, MAX_TEXT_CHARACTERS);
    }

    private static String brief(String text, int characters) {
        return text.length() <= characters ? text : text.substring(0, characters) + "…";
    }

    /** Writes what was counted during minutes that are over. */
    public void flush() throws IOException {
        flush(false);
    }

    private void flush(boolean all) throws IOException {
        for (Row row : due(all)) {
            control.audit().append(row.actor, row.action, row.object, row.outcome);
        }
    }

    private synchronized List<Row> due(boolean all) {
        long now = nanos.getAsLong();
        List<Row> rows = new ArrayList<>();
        for (Iterator<Map.Entry<Source, Counts>> each = sources.entrySet().iterator(); each.hasNext(); ) {
            Map.Entry<Source, Counts> entry = each.next();
            Counts counts = entry.getValue();
            due(counts.kinds, now, all, rows);
            due(counts.overflow, now, all, rows);
            if (counts.kinds.isEmpty() && counts.overflow.isEmpty() && counts.bucket.full(now)) {
                each.remove();
                strangers -= entry.getKey().known ? 0 : 1;
            }
        }
        return rows;
    }

    private static void due(Map<Kind, Count> counts, long now, boolean all, List<Row> rows) {
        counts.entrySet().removeIf(entry -> {
            Count count = entry.getValue();
            if (!all && now - count.since < INTERVAL_NANOS) {
                return false;
            }
            if (count.more == 0) {
                return true;
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
            return false;
        });
    }

    /** Writes everything that was counted. */
    @Override
    public void close() throws IOException {
        flush(true);
    }
}
