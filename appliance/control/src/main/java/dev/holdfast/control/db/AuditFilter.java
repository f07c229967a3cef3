package dev.holdfast.control.db;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which entries of the audit log are asked for: those that fit all of it.
 *
 * @param text part of the actor, the action, the object or the outcome; empty for all
 * @param since null for all
 */
public record AuditFilter(String text, @Nullable Instant since) {
    public static final AuditFilter ALL = new AuditFilter("", null);

    Conditions conditions() {
        return new Conditions()
                .where("at >= ?", since == null ? null : since.toEpochMilli())
                .contain(text, "actor", "action", "object", "outcome");
    }
}
