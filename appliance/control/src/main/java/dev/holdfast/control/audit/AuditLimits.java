package dev.holdfast.control.audit;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.io.IOException;

/**
 * How much of the audit log stays in the control database; what is more goes to files.
 *
 * @param days 1 to 10,000: older entries go
 * @param entries 1,000 to 10,000,000 stay at most
 * @param bytes of text, and 100 for each entry; 1 MB to 4 GB stay at most
 */
public record AuditLimits(int days, long entries, long bytes) {
    public static final AuditLimits DEFAULT = new AuditLimits(400, 250_000, 64_000_000);

    private static final String DAYS = "audit.days";
    private static final String ENTRIES = "audit.entries";
    private static final String BYTES = "audit.bytes";

    public AuditLimits {
        require(Phrase.of("audit.limit-days"), days, 1, 10_000);
        require(Phrase.of("audit.limit-entries"), entries, 1_000, 10_000_000);
        require(Phrase.of("audit.limit-bytes"), bytes, 1_000_000, 4_000_000_000L);
    }

    private static void require(Phrase otherwise, long value, long least, long most) {
        if (value < least || value > most) {
            throw new PhrasedArgumentException(
                    otherwise.with("least", least).with("most", most).with("value", value));
        }
    }

    public static AuditLimits load(ControlDb control) throws IOException {
        return new AuditLimits(
                Integer.parseInt(control.settings().get(DAYS).orElse(Integer.toString(DEFAULT.days))),
                Long.parseLong(control.settings().get(ENTRIES).orElse(Long.toString(DEFAULT.entries))),
                Long.parseLong(control.settings().get(BYTES).orElse(Long.toString(DEFAULT.bytes))));
    }

    public void save(ControlDb control) throws IOException {
        control.settings().set(DAYS, Integer.toString(days));
        control.settings().set(ENTRIES, Long.toString(entries));
        control.settings().set(BYTES, Long.toString(bytes));
    }
}
