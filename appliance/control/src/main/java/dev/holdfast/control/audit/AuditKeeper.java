package dev.holdfast.control.audit;

import dev.holdfast.control.audit.AuditAnchors.Found;
import dev.holdfast.control.db.AuditTable;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the audit log of a running appliance provable and small: signs heads, moves old entries to files. Safe for use by
 * several threads; other processes may append to the log meanwhile.
 */
public final class AuditKeeper {
    private static final System.Logger LOG = System.getLogger(AuditAnchors.LOGGER);
    private static final long HEAD_MILLIS = Duration.ofMinutes(30).toMillis();
    /** So many new entries get a head ahead of time. */
    private static final int HEAD_ENTRIES = 500;

    private static final int PART = 1000;

    private final ControlDb control;
    private final AuditTable table;
    private final Path data;
    private final Authority authority;
    private final InstantSource clock;
    private @Nullable AuditHead signed;
    /** The last entry when the size was looked at. */
    private long lookedAt = -PART;

    /** @param data the data directory */
    public AuditKeeper(ControlDb control, Path data, Authority authority, InstantSource clock) throws IOException {
        this.control = control;
        this.table = control.audit();
        this.data = data;
        this.authority = authority;
        this.clock = clock;
        AtomicFile.createDirectory(AuditAnchors.directory(data));
    }

    /**
     * Verifies an audit log, beside a running appliance or without one.
     *
     * @param data the data directory
     * @param files of text that may have heads, such as an exported journal
     * @param anchors from elsewhere, whose signatures were checked
     */
    public static AuditReport verify(
            ControlDb control, Path data, X509Certificate authority, List<Path> files, List<Anchor> anchors)
            throws IOException {
        List<Found> heads = new ArrayList<>();
        for (Path file : files) {
            heads.addAll(AuditAnchors.in(file, file.toString()));
        }
        return verify(control, data, authority, heads, anchors, true);
    }

    /** @param unsigned whether heads that nobody signed are looked at too */
    private static AuditReport verify(
            ControlDb control,
            Path data,
            X509Certificate authority,
            List<Found> heads,
            List<Anchor> anchors,
            boolean unsigned)
            throws IOException {
        while (true) {
            List<AuditTable.Segment> before = control.audit().segments();
            AuditAnchors.Search own = AuditAnchors.own(data);
            // Most are in the file and in the log.
            Map<AuditHead, Found> distinct = new LinkedHashMap<>();
            own.heads().forEach(each -> distinct.putIfAbsent(each.head(), each));
            heads.forEach(each -> distinct.putIfAbsent(each.head(), each));
            if (!unsigned) {
                distinct.keySet().removeIf(each -> !each.signedBy(authority));
            }
            AuditReport report = new AuditVerifier(control.audit(), AuditAnchors.directory(data), authority)
                    .verify(
                            new AuditAnchors.Search(List.copyOf(distinct.values()), own.missing(), own.notes()),
                            anchors);
            // Entries that were moved to a file meanwhile were seen in neither place.
            if (report.intact() || control.audit().segments().equals(before)) {
                return report;
            }
        }
    }

    /** As {@link #verify(ControlDb, Path, X509Certificate, List, List)}, of this appliance. */
    public AuditReport verify(List<Anchor> anchors) throws IOException {
        return verify(control, data, authority.certificate(), List.of(), anchors);
    }

    /** At start: raises an event where the log is not as it was written. */
    public void verifyAtStart(List<Anchor> anchors) throws IOException {
        AuditReport report = verify(anchors);
        if (!report.intact()) {
            tellBroken(report);
        }
    }

    private void tellBroken(AuditReport report) throws IOException {
        control.events()
                .raise(
                        Events.Severity.ALERT,
                        "audit-broken",
                        null,
                        Phrase.of("event.audit-broken")
                                .with("first", report.findings().getFirst().phrase())
                                .with("count", report.findings().size())
                                .with("command", control.command("audit", "--verify")));
    }

    /** Signs a head where entries are new and the last head is old; called often. */
    public synchronized void tick() throws IOException {
        long id = table.head().id();
        if (signed == null
                || id - signed.id() >= HEAD_ENTRIES
                || id > signed.id() && clock.millis() - signed.at() >= HEAD_MILLIS) {
            head();
        }
    }

    /** A head for the log as it is now, in the file of heads and in the appliance's log; empty where there is no entry. */
    public synchronized Optional<AuditHead> head() throws IOException {
        AuditTable.Head now = table.head();
        if (now.id() == 0) {
            return Optional.empty();
        }
        if (signed == null || signed.id() != now.id()) {
            signed = sign(now, AuditHead.Kind.HEAD);
        }
        return Optional.of(signed);
    }

    /**
     * Says that the database was replaced by an older copy: what anchors say of entries behind its end is no contradiction.
     * Called before anything is appended to the copy. Files with entries behind its end are set aside, since their numbers are
     * given again; files that are not there, as after a recovery from a vault, are written down as missing from now on.
     */
    public synchronized void restored() throws IOException {
        AuditTable.Head end = table.head();
        for (AuditTable.Segment each : table.segments()) {
            if (!Files.exists(AuditSegment.file(AuditAnchors.directory(data), each.first(), each.last()))) {
                AuditAnchors.append(
                        data,
                        MissingSegment.sign(each.first(), each.last(), clock.millis(), authority::sign)
                                .text());
            }
        }
        signed = sign(end, AuditHead.Kind.RESTORED);
        for (Path file : AuditSegment.files(AuditAnchors.directory(data))) {
            if (AuditSegment.range(file)[1] > end.id()) {
                Files.move(file, file.resolveSibling(file.getFileName() + ".before-" + signed.at()));
            }
        }
    }

    private AuditHead sign(AuditTable.Head head, AuditHead.Kind kind) throws IOException {
        AuditHead made = AuditHead.sign(head.id(), head.hash(), clock.millis(), table.start(), kind, authority::sign);
        AuditAnchors.append(data, made.text());
        LOG.log(System.Logger.Level.INFO, AuditAnchors.LOGGED + made.text());
        return made;
    }

    /** What pruning did. */
    public record Pruned(int segments, long entries, long last) {}

    /**
     * Moves entries to files as far as the limits ask for it. An entry leaves the database once its file is on stable storage
     * and was read again.
     *
     * @throws IOException where the log is not as it was written: nothing is moved then
     */
    public synchronized Pruned prune(AuditLimits limits) throws IOException {
        long through = table.dispensable(
                clock.millis() - Duration.ofDays(limits.days()).toMillis(), limits.entries(), limits.bytes());
        List<AuditTable.Segment> known = table.segments();
        long first = known.isEmpty() ? 0 : known.getLast().last();
        if (through <= first) {
            return new Pruned(0, 0, first);
        }
        // What nobody signed proves nothing of the log, and must not keep it from being pruned.
        AuditReport report = verify(control, data, authority.certificate(), List.of(), List.of(), false);
        if (report.findings().stream().anyMatch(each -> each.entry() > first)) {
            tellBroken(report);
            throw new IOException("nothing was moved out of the audit log, since it is not as it was written: "
                    + report.findings().getFirst().message());
        }
        int segments = 0;
        long moved = 0;
        while (through
                > table.segments().stream()
                        .mapToLong(AuditTable.Segment::last)
                        .max()
                        .orElse(0)) {
            AuditSegment.Header made = moveFirst(through);
            segments++;
            moved += made.entries();
        }
        control.audit()
                .append("appliance", "audit prune", moved + " entries", segments + " files, up to entry " + through);
        head();
        return new Pruned(segments, moved, through);
    }

    private AuditSegment.Header moveFirst(long through) throws IOException {
        AuditTable.Segment last =
                table.segments().isEmpty() ? null : table.segments().getLast();
        long after = last == null ? 0 : last.last();
        List<AuditTable.Entry> entries = next(after, through);
        AuditSegment.Header made = AuditSegment.write(
                AuditAnchors.directory(data),
                last == null ? "" : last.hash(),
                entries,
                authority::sign,
                authority.certificate());
        table.moved(made.row());
        return made;
    }

    /** What the next file takes. */
    private List<AuditTable.Entry> next(long after, long through) throws IOException {
        List<AuditTable.Entry> entries = new ArrayList<>();
        long characters = 0;
        while (true) {
            List<AuditTable.Entry> part =
                    table.after(entries.isEmpty() ? after : entries.getLast().id(), PART);
            if (part.isEmpty()) {
                return entries;
            }
            for (AuditTable.Entry each : part) {
                if (each.id() > through
                        || entries.size() >= AuditSegment.MAX_ENTRIES
                        || characters >= AuditSegment.MAX_TEXT_CHARS) {
                    return entries;
                }
                entries.add(each);
                characters += each.textChars();
            }
        }
    }

    /**
     * Whether more than a tenth over the limits of number or size is in the database, so that pruning cannot wait for its day.
     * Looks at the database once in a thousand entries; may be called often.
     */
    public synchronized boolean overdue() throws IOException {
        long id = table.head().id();
        if (id < lookedAt + PART) {
            return false;
        }
        lookedAt = id;
        AuditLimits limits = AuditLimits.load(control);
        List<AuditTable.Segment> known = table.segments();
        return table.dispensable(Long.MIN_VALUE, limits.entries() / 10 * 11, limits.bytes() / 10 * 11)
                > (known.isEmpty() ? 0 : known.getLast().last());
    }
}
