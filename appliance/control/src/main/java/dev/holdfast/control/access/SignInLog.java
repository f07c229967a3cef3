package dev.holdfast.control.access;

import dev.holdfast.control.db.AuditLimiter;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.fair.AddressBlock;
import java.io.IOException;

/** Sign-ins in the audit log. */
final class SignInLog {
    private final ControlDb control;

    SignInLog(ControlDb control) {
        this.control = control;
    }

    void allowed(String user, String address, String action, String outcome) throws IOException {
        control.audit().append("user " + user + " at " + address, action, "", outcome);
    }

    /** A caller who is not signed in may try often; callers are distinguished by the name that they claim. */
    void stranger(String who, String address, String action, String outcome) throws IOException {
        control.auditLimiter()
                .done(
                        AuditLimiter.Source.stranger(AddressBlock.of(address)),
                        who + " at " + address,
                        action,
                        who,
                        outcome);
    }
}
