package dev.holdfast.control.health;

import dev.holdfast.control.db.Events.Severity;

/** What can be wrong, with the name that programs know it by. */
public enum TroubleKind {
    /** Files of its snapshots are known to be damaged: what was found could not be healed. */
    DAMAGED("damaged", Severity.ALERT, Health.DAMAGED),
    /** The newest run of a plan failed. */
    FAILING("failing", Severity.ALERT, Health.FAILING),
    /** The appliance takes no backups of the node, since it sent what no client sends. */
    SUSPENDED("suspended", Severity.ALERT, Health.FAILING),
    /** A plan has made no snapshot for longer than it may, although no run failed. */
    OVERDUE("overdue", Severity.ALERT, Health.OVERDUE),
    NEVER_BACKED_UP("never-backed-up", Severity.WARNING, Health.NEVER_BACKED_UP),
    NO_PLAN("no-plan", Severity.WARNING, Health.UNPROTECTED),
    /** A backup looked like an attack: policies forget no snapshot until an administrator has looked. */
    RETENTION_PAUSED("retention-paused", Severity.ALERT, Health.WARNING),
    /** Files were left out of the newest snapshot of a plan since they could not be read. */
    INCOMPLETE("incomplete", Severity.WARNING, Health.WARNING),
    NO_VAULT("no-vault", Severity.WARNING, Health.PROTECTED),
    VAULT_ERROR("vault-error", Severity.ALERT, Health.PROTECTED),
    NEARLY_FULL("nearly-full", Severity.WARNING, Health.PROTECTED),
    ALMOST_FULL("almost-full", Severity.ALERT, Health.PROTECTED),
    FULL("full", Severity.ALERT, Health.PROTECTED),
    /** An open event; its own severity counts. */
    EVENT("event", Severity.WARNING, Health.WARNING);

    private final String text;
    private final Severity severity;
    private final Health health;

    TroubleKind(String text, Severity severity, Health health) {
        this.text = text;
        this.severity = severity;
        this.health = health;
    }

    public String text() {
        return text;
    }

    Severity severity() {
        return severity;
    }

    /** What a machine that has this trouble is at best. */
    public Health health() {
        return health;
    }
}
