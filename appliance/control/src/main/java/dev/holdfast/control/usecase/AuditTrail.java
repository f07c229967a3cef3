package dev.holdfast.control.usecase;

import dev.holdfast.control.db.ControlDb;
import java.io.IOException;

/** How use cases write the audit log. */
record AuditTrail(ControlDb control) {
    void allowed(Actor actor, String action, String object) throws IOException {
        note(actor, action, object, "allowed");
    }

    /** Writes that an act was refused, and returns the refusal. */
    UseCaseException refused(Actor actor, String action, String object, UseCaseException refusal) throws IOException {
        note(actor, action, object, "refused: " + refusal.getMessage());
        return refusal;
    }

    void note(Actor actor, String action, String object, String outcome) throws IOException {
        control.audit().append(actor.text(), action, object, outcome);
    }

    /** For acts that only read: entries of an actor who reads often are counted rather than listed. */
    void read(Actor actor, String action, String object) throws IOException {
        read(actor, action, object, "allowed");
    }

    void read(Actor actor, String action, String object, String outcome) throws IOException {
        control.auditLimiter().done(actor.source(), actor.text(), action, object, outcome);
    }

    /** The beginning of a text that others wrote. */
    static String cut(String text, int characters) {
        return text.length() <= characters ? text : text.substring(0, characters) + "…";
    }
}
