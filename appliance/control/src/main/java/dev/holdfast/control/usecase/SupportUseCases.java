package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Facts for support about a running appliance. */
public final class SupportUseCases {
    private static final int DEFAULT_DAYS = 3;
    private static final int MOST_DAYS = 90;

    private final Source source;
    private final AuditTrail audit;

    SupportUseCases(ControlDb control, Source source) {
        this.source = source;
        this.audit = new AuditTrail(control);
    }

    /** Writes a bundle, as the command does. */
    public interface Source {
        /**
         * Closes the output.
         *
         * @param days of logs
         * @param fileNames whether names of files stay in it
         */
        void write(OutputStream out, int days, boolean fileNames) throws IOException;
    }

    /** Where a bundle goes to, opened once nothing is refused any more. */
    public interface Target {
        OutputStream open() throws IOException;
    }

    /**
     * What is wanted in a bundle.
     *
     * @param days of logs, 1 to 90; 3 where it is missing
     * @param fileNames whether names of files stay in it; not where it is missing
     */
    public record Wanted(@Nullable Integer days, @Nullable Boolean fileNames) {}

    /** Writes a bundle: a ZIP file of texts, without secrets. */
    public void bundle(Actor actor, Wanted wanted, Target target) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        int days = wanted.days == null ? DEFAULT_DAYS : wanted.days;
        if (days < 1 || days > MOST_DAYS) {
            throw UseCaseException.invalid(
                    Phrase.of("support.days").with("most", MOST_DAYS).with("days", days));
        }
        boolean fileNames = Boolean.TRUE.equals(wanted.fileNames);
        audit.note(actor, "support bundle", "download", fileNames ? "with file names" : "allowed");
        source.write(target.open(), days, fileNames);
    }
}
