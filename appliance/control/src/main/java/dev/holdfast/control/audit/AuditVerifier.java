package dev.holdfast.control.audit;

import dev.holdfast.control.audit.AuditReport.Finding;
import dev.holdfast.control.db.AuditTable;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads the whole audit log, files and database, and compares it with every anchor. The log is as it was written if entries
 * have consecutive numbers, each hash fits the entry and the hash before, and every anchor's entry has the anchor's hash.
 * One thread's.
 */
final class AuditVerifier {
    private static final int PART = 1000;
    /** More are no help. */
    private static final int MAX_FINDINGS = 50;

    private static final Comparator<Anchor> NEWER =
            Comparator.comparingLong(Anchor::id).thenComparingLong(Anchor::at);

    private final AuditTable table;
    private final Path directory;
    private final X509Certificate authority;

    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    /** By the entry's number, those that no entry was compared with yet. */
    private final TreeMap<Long, List<Anchor>> anchors = new TreeMap<>();

    private final List<AuditHead> restorations = new ArrayList<>();
    private final List<MissingSegment> missing = new ArrayList<>();
    private long start;
    private long entries;
    private int segments;
    private int compared;
    /** Of those that name the entry that is there. */
    private @Nullable Anchor newest;
    /** Texts outside the file of heads that look like one. */
    private int unsigned;

    private String firstUnsigned = "";
    /** The last entry that was read, or that is known to be in a file that is missing. */
    private long last;
    /** Its hash; null where it is not known, so that the next entry cannot be checked. */
    private @Nullable String hash = "";

    AuditVerifier(AuditTable table, Path directory, X509Certificate authority) {
        this.table = table;
        this.directory = directory;
        this.authority = authority;
    }

    /** @param checked anchors whose signatures were checked by whoever found them */
    AuditReport verify(AuditAnchors.Search found, List<Anchor> checked) throws IOException {
        start = table.start();
        long begun = table.head().id();
        notes.addAll(found.notes());
        missing.addAll(found.missing());
        for (AuditAnchors.Found each : found.heads()) {
            accept(each);
        }
        if (unsigned > 0) {
            notes.add(unsigned + " texts outside audit/heads look like a head and are not signed by this appliance's"
                    + " authority, the first for entry " + firstUnsigned + "; anybody can write such a text");
        }
        checked.forEach(this::expect);
        readSegments();
        readDatabase(begun);
        anchors.tailMap(last, false).values().forEach(each -> each.forEach(this::cut));
        Anchor anchor = newest;
        if (anchor == null) {
            notes.add(
                    "no anchor was found that names an entry of the log: the chain fits, and nothing shows that it was not rewritten as a whole or cut"
                            + " at its end. The running appliance writes anchors to audit/heads, its log and its vaults");
        }
        return new AuditReport(
                entries,
                last,
                segments,
                compared,
                anchor == null ? "" : describe(anchor).english(),
                anchor == null ? last : Math.max(0, last - anchor.id()),
                List.copyOf(findings),
                List.copyOf(notes));
    }

    private void accept(AuditAnchors.Found found) {
        AuditHead head = found.head();
        if (!head.signedBy(authority)) {
            if (!found.own()) {
                firstUnsigned = unsigned == 0 ? head.id() + " in " + found.where() : firstUnsigned;
                unsigned++;
                return;
            }
            find(
                    head.id(),
                    Phrase.of("audit.head-forged").with("entry", head.id()).with("place", found.where()));
            return;
        }
        if (head.start() != start) {
            find(
                    head.start(),
                    Phrase.of("audit.chain-began")
                            .with("signed", head.start())
                            .with("place", found.where())
                            .with("start", start));
            start = Math.min(start, head.start());
        }
        if (head.kind() == AuditHead.Kind.RESTORED) {
            restorations.add(head);
        }
        expect(new Anchor(found.where(), head.id(), head.hash(), head.at()));
    }

    private void expect(Anchor anchor) {
        if (anchor.id() > 0) {
            anchors.computeIfAbsent(anchor.id(), id -> new ArrayList<>()).add(anchor);
        }
    }

    private void find(long entry, Phrase message) {
        if (findings.size() < MAX_FINDINGS) {
            findings.add(new Finding(entry, message));
        }
    }

    private static Phrase describe(Anchor anchor) {
        return Phrase.of("audit.anchor")
                .with("at", Instant.ofEpochMilli(anchor.at()))
                .with("entry", anchor.id())
                .with("place", anchor.where());
    }

    private void readSegments() throws IOException {
        Map<Long, AuditTable.Segment> absent = new TreeMap<>();
        table.segments().forEach(each -> absent.put(each.first(), each));
        for (Path file : AuditSegment.files(directory)) {
            long[] range = AuditSegment.range(file);
            if (range[1] <= last) {
                absent.remove(range[0]);
                continue;
            }
            skipMissing(absent, range[0]);
            absent.remove(range[0]);
            AuditSegment.Read read;
            try {
                read = AuditSegment.read(file, authority);
            } catch (FormatException e) {
                find(
                        range[0],
                        Phrase.of("audit.unreadable")
                                .with("first", range[0])
                                .with("last", range[1])
                                .with("reason", e));
                pass(range[1], null);
                continue;
            }
            segments++;
            for (AuditTable.Entry each : read.entries()) {
                if (each.id() > last) {
                    check(each, Phrase.plain(file.getFileName().toString()));
                }
            }
        }
        skipMissing(absent, Long.MAX_VALUE);
    }

    private void skipMissing(Map<Long, AuditTable.Segment> absent, long before) {
        for (AuditTable.Segment each : List.copyOf(absent.values())) {
            if (each.first() < before && each.last() > last && goneWithTheAppliance(each)) {
                pass(each.last(), each.hash());
            } else if (each.first() < before && each.last() > last) {
                find(
                        each.first(),
                        Phrase.of("audit.file-missing")
                                .with(
                                        "file",
                                        String.valueOf(AuditSegment.file(directory, each.first(), each.last())
                                                .getFileName()))
                                .with("first", each.first())
                                .with("last", each.last()));
                pass(each.last(), each.hash());
            }
        }
    }

    /** Vaults have no segments: an appliance that was recovered from one does without those of its predecessor. */
    private boolean goneWithTheAppliance(AuditTable.Segment segment) {
        boolean gone = missing.stream()
                .anyMatch(each ->
                        each.first() == segment.first() && each.last() == segment.last() && each.signedBy(authority));
        if (gone) {
            notes.add(
                    "entries " + segment.first() + " to " + segment.last() + " are in the file "
                            + AuditSegment.file(directory, segment.first(), segment.last())
                                    .getFileName()
                            + ", which was not there when the control database was replaced or recovered; bring it back if it was kept");
        }
        return gone;
    }

    /** Goes on behind entries that cannot be read. */
    private void pass(long id, @Nullable String itsHash) {
        anchors.subMap(last, false, id, itsHash == null).clear();
        last = id;
        hash = itsHash;
        if (itsHash != null) {
            compare(id, itsHash, Phrase.of("audit.in-record"));
        }
    }

    /** @param begun the last entry when the verification began: what comes meanwhile is not waited for */
    private void readDatabase(long begun) throws IOException {
        List<AuditTable.Entry> part = table.after(last, PART);
        while (!part.isEmpty()) {
            for (AuditTable.Entry each : part) {
                check(each, Phrase.of("audit.in-database"));
            }
            part = last >= begun ? List.of() : table.after(last, PART);
        }
    }

    private void check(AuditTable.Entry entry, Phrase where) {
        entries++;
        if (entry.id() != last + 1) {
            find(
                    last + 1,
                    last + 2 == entry.id()
                            ? Phrase.of("audit.missing").with("entry", last + 1)
                            : Phrase.of("audit.missing-range")
                                    .with("first", last + 1)
                                    .with("last", entry.id() - 1));
            hash = entry.id() < start ? "" : null;
        }
        boolean chained = entry.id() >= start;
        if (chained && entry.hash().isEmpty()) {
            find(
                    entry.id(),
                    Phrase.of("audit.no-hash")
                            .with("entry", entry.id())
                            .with("place", where)
                            .with("start", start));
        } else if (chained
                && hash != null
                && !entry.hash().equals(entry.expectedHash(entry.id() == start ? "" : hash))) {
            find(
                    entry.id(),
                    Phrase.of("audit.wrong-hash").with("entry", entry.id()).with("place", where));
        }
        last = entry.id();
        hash = entry.hash();
        compare(entry.id(), entry.hash(), where);
    }

    private void compare(long id, String itsHash, Phrase where) {
        List<Anchor> expected = anchors.remove(id);
        if (expected == null) {
            return;
        }
        for (Anchor each : expected) {
            compared++;
            if (each.hash().equals(itsHash)) {
                newest = newest == null || NEWER.compare(each, newest) > 0 ? each : newest;
            } else if (!lostByRestoration(each)) {
                find(
                        id,
                        Phrase.of("audit.replaced")
                                .with("entry", id)
                                .with("place", where)
                                .with("anchor", describe(each)));
            }
        }
    }

    private void cut(Anchor anchor) {
        if (!lostByRestoration(anchor)) {
            find(
                    last + 1,
                    Phrase.of("audit.cut")
                            .with("entry", last)
                            .with("anchor", describe(anchor))
                            .with(
                                    "cut",
                                    anchor.id() == last + 1
                                            ? Phrase.of("audit.cut-entry").with("entry", anchor.id())
                                            : Phrase.of("audit.cut-range")
                                                    .with("first", last + 1)
                                                    .with("last", anchor.id())));
        }
    }

    private boolean lostByRestoration(Anchor anchor) {
        for (AuditHead each : restorations) {
            if (each.at() >= anchor.at() && each.id() < anchor.id()) {
                String note = "entries behind " + each.id()
                        + " were lost when the control database was replaced by an older copy at "
                        + Instant.ofEpochMilli(each.at()) + ", as the appliance signed then";
                if (!notes.contains(note)) {
                    notes.add(note);
                }
                return true;
            }
        }
        return false;
    }
}
