package dev.holdfast.control.db;

import java.util.Set;

/** Kinds of events: programs know them by their stored text, people by words. */
public final class EventKinds {
    /** Stored, and sent to webhooks, as earlier releases called it: receivers may filter by it. */
    public static final String RETENTION_PAUSE = "brake";

    /** A backup by order failed. */
    public static final String BACKUP_FAILED = "backup-failed";

    public static final String NODE_SUSPENDED = "node-suspended";
    public static final String VAULT_REFUSED = "vault-refused";
    public static final String UPLOAD_FAILED = "upload-failed";

    /** Something that is stored is damaged. */
    public static final String DAMAGE = "damage";

    /** A volume was lost with what no vault has. */
    public static final String VOLUME_LOST = "volume-lost";

    /** What {@link dev.holdfast.control.health} derives from the state of nodes, plans and vaults for as long as it is so. */
    public static final Set<String> DERIVED =
            Set.of(PlanTable.OVERDUE, BACKUP_FAILED, NODE_SUSPENDED, RETENTION_PAUSE, VAULT_REFUSED, UPLOAD_FAILED);

    /** What is derived where damage is recorded and hurts machines. */
    public static final Set<String> DERIVED_FROM_DAMAGE = Set.of(DAMAGE, VOLUME_LOST);

    private EventKinds() {}

    /** The kind in the words of the glossary. */
    public static String words(String kind) {
        return kind.equals(RETENTION_PAUSE) ? "retention pause" : kind;
    }
}
