package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.audit.AuditReport;
import dev.holdfast.control.db.AuditEntry;
import dev.holdfast.control.db.AuditTable;
import dev.holdfast.control.db.ControlDb;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The audit log: read, verified, and exported. */
public final class AuditUseCases {
    private static final int PART = 100;

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
     * @param broken the first entry that is not as it was written, 0 where none is or nobody asked for a verification
     * @param report null where nobody asked for a verification
     */
    public record Page(
            List<AuditEntry> entries, long broken, @Nullable AuditReport report) {}

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
     * The newest first.
     *
     * @param before only entries with smaller numbers
     */
    public Page list(Actor actor, long before, int limit, boolean verify) throws IOException {
        actor.require(Permission.AUDIT);
        audit.read(actor, "read audit", "", verify ? "and verified" : "allowed");
        AuditReport report = verify ? verification.verify() : null;
        return new Page(
                control.audit().newest(before, limit),
                report == null || report.intact()
                        ? 0
                        : Math.max(1, report.findings().getFirst().entry()),
                report);
    }

    /** Takes an entry. */
    public interface Sink {
        void take(Exported entry) throws IOException;
    }

    /** What the control database keeps of the log, the oldest first. */
    public void export(Actor actor, Sink sink) throws IOException {
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
