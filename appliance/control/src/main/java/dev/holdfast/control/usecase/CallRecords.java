package dev.holdfast.control.usecase;

import dev.holdfast.control.db.ControlDb;
import java.io.IOException;
import java.util.Optional;

/** What is remembered of calls: those that were refused, in the audit log, and answers that a program may ask for again. */
public final class CallRecords {
    private static final int KEPT_ANSWERS_OF_USER = 1000;

    private final ControlDb control;

    CallRecords(ControlDb control) {
        this.control = control;
    }

    /** Counted by actor where there are many. */
    public void refused(Actor actor, String action, String object, String why) throws IOException {
        control.auditLimiter().refused(actor.source(), actor.text(), action, object, "refused: " + why);
    }

    /** What was answered before to a call with this key. */
    public Optional<String> answered(Actor actor, String key) throws IOException {
        return control.users().answered(actor.name(), key);
    }

    public void answer(Actor actor, String key, String answer) throws IOException {
        control.users().answered(actor.name(), key, answer, KEPT_ANSWERS_OF_USER);
    }
}
