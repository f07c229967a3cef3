package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.audit.AuditLimits;
import dev.holdfast.control.audit.AuditReport;
import dev.holdfast.control.db.AuditEntry;
import dev.holdfast.control.db.AuditFilter;
import dev.holdfast.control.db.AuditTable;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Part;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The audit log: read, verified, and exported. */
public final class AuditUseCases {
    private static final int PART = 100;
    private static final long MEGABYTE = 1_000_000;

    private final ControlDb control;
    private final Verification verification;
    private final AuditTrail audit;

    /** Verifies the audit log. */
    public interface Verification {
        AuditReport verify() throws IOException;
    }

    AuditUseCases(ControlDb control, Verification verification) {
        this.control = control;
        this.verification = verification;
        this.audit = new AuditTrail(control);
    }

    /**
     * A page of the log.
     *
     * @param next to be given as 'before' for older entries, 0 at the end
     * @param broken the first entry that is not as it was written, 0 where none is or nobody asked for a verification
     * @param report null where nobody asked for a verification
     */
    public record Page(
            List<AuditEntry> entries,
            long next,
            long broken,
            @Nullable AuditReport report) {}

    /** An entry of the export; its hash covers {@code at} as ms since 1970. */
    public record Exported(
            long id, Instant at, String actor, String action, String object, String outcome, String hash) {
        static Exported of(AuditTable.Entry entry) {
            return new Exported(
                    entry.id(),
                    Instant.ofEpochMilli(entry.at()),
                    entry.actor(),
                    entry.action(),
                    entry.object(),
                    entry.outcome(),
                    entry.hash());
        }
    }

    /**
     * Which entries a list has.
     *
     * @param text part of the actor, the action, the object or the outcome; empty for all
     * @param since null for all
     */
    public record Filter(String text, @Nullable Instant since) {
        private AuditFilter asked() {
            return new AuditFilter(text, since);
        }
    }

    public Page list(Actor actor, Filter filter, ListPart part, boolean verify) throws IOException {
        actor.require(Permission.AUDIT);
        // Read first, so that the list does not begin with its own reading.
        List<AuditEntry> entries = control.audit().page(filter.asked(), part.part());
        audit.read(actor, "read audit", "", verify ? "and verified" : "allowed");
        AuditReport report = verify ? verification.verify() : null;
        return new Page(
                entries,
                entries.size() < part.limit() ? 0 : entries.getLast().id(),
                report == null || report.intact()
                        ? 0
                        : Math.max(1, report.findings().getFirst().entry()),
                report);
    }

    /**
     * How much of the log stays in the control database; older entries go to files.
     *
     * @param days 1 to 10,000
     * @param entries 1,000 to 10,000,000
     * @param megabytes 1 to 4,000 of text
     */
    public record Limits(int days, long entries, int megabytes) {}

    public Limits limits(Actor actor) throws IOException {
        actor.require(Permission.AUDIT);
        AuditLimits now = AuditLimits.load(control);
        return new Limits(now.days(), now.entries(), (int) (now.bytes() / MEGABYTE));
    }

    public void setLimits(Actor actor, Limits wanted) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        try {
            AuditLimits limits = new AuditLimits(wanted.days, wanted.entries, wanted.megabytes * MEGABYTE);
            limits.save(control);
            audit.note(actor, "audit keep", limits.toString(), "allowed");
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
    }

    /** An entry of a list that is exported as it is shown: long texts are cut. */
    public record Listed(long id, Instant at, String actor, String action, String object, String outcome) {
        static Listed of(AuditEntry entry) {
            return new Listed(entry.id(), entry.at(), entry.actor(), entry.action(), entry.object(), entry.outcome());
        }
    }

    /** All entries of a list that the control database keeps. */
    public void export(Actor actor, Filter filter, boolean oldest, ListSink<Listed> sink) throws IOException {
        actor.require(Permission.AUDIT);
        audit.read(actor, "export audit", "");
        Part part = new ListPart(oldest, null, PART).part();
        List<AuditEntry> page = control.audit().page(filter.asked(), part);
        while (!page.isEmpty()) {
            for (AuditEntry each : page) {
                sink.take(Listed.of(each));
            }
            page = control.audit()
                    .page(filter.asked(), part.behind(page.getLast().id()));
        }
    }

    /** What the control database keeps of the log, the oldest first. */
    public void export(Actor actor, ListSink<Exported> sink) throws IOException {
        actor.require(Permission.AUDIT);
        audit.read(actor, "export audit", "");
        List<AuditTable.Entry> part = control.audit().after(0, PART);
        while (!part.isEmpty()) {
            for (AuditTable.Entry each : part) {
                sink.take(Exported.of(each));
            }
            part = control.audit().after(part.getLast().id(), PART);
        }
    }
}
