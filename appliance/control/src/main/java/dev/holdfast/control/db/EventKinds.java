package dev.holdfast.control.db;

import dev.holdfast.protocol.phrase.Phrase;
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

    /** Only sent, to see whether a channel works. */
    public static final String TEST = "test";

    /** What {@link dev.holdfast.control.health} derives from the state of nodes, plans and vaults for as long as it is so. */
    public static final Set<String> DERIVED =
            Set.of(PlanTable.OVERDUE, BACKUP_FAILED, NODE_SUSPENDED, RETENTION_PAUSE, VAULT_REFUSED, UPLOAD_FAILED);

    /** What is derived where damage is recorded and hurts machines. */
    public static final Set<String> DERIVED_FROM_DAMAGE = Set.of(DAMAGE, VOLUME_LOST);

    private EventKinds() {}

    /** The kind as alerts name it. */
    public static Phrase phrase(String kind) {
        return switch (kind) {
            case RETENTION_PAUSE -> Phrase.of("event-kind.retention-pause");
            case BACKUP_FAILED -> Phrase.of("event-kind.backup-failed");
            case "restore-failed" -> Phrase.of("event-kind.restore-failed");
            case "verify-failed" -> Phrase.of("event-kind.verify-failed");
            case "drill-failed", "drill" -> Phrase.of("event-kind.drill-failed");
            case "drill-frozen" -> Phrase.of("event-kind.drill-frozen");
            case "upgrade-failed" -> Phrase.of("event-kind.upgrade-failed");
            case "upgrade-stopped" -> Phrase.of("event-kind.upgrade-stopped");
            case PlanTable.OVERDUE -> Phrase.of("event-kind.overdue");
            case "caught-up" -> Phrase.of("event-kind.caught-up");
            case NODE_SUSPENDED -> Phrase.of("event-kind.node-suspended");
            case "content-mismatch" -> Phrase.of("event-kind.content-mismatch");
            case HolderTable.COPIED, "identity-moved", "identity-older-copy" -> Phrase.of("event-kind.identity");
            case DAMAGE -> Phrase.of("event-kind.damage");
            default -> ofTheAppliance(kind);
        };
    }

    private static Phrase ofTheAppliance(String kind) {
        return switch (kind) {
            case VAULT_REFUSED -> Phrase.of("event-kind.vault-refused");
            case UPLOAD_FAILED -> Phrase.of("event-kind.upload-failed");
            case "vault-adopted" -> Phrase.of("event-kind.vault-adopted");
            case "vault-damaged" -> Phrase.of("event-kind.vault-damaged");
            case VOLUME_LOST -> Phrase.of("event-kind.volume-lost");
            case "volume-missing" -> Phrase.of("event-kind.volume-missing");
            case "nearly-full", "almost-full", "full", "reserve-reached", "data-directory-nearly-full" ->
                Phrase.of("event-kind.room");
            case "room-again" -> Phrase.of("event-kind.room-again");
            case "certificate-expires", "certificate-refused", "api-certificate-expires", "api-certificate-refused" ->
                Phrase.of("event-kind.certificate");
            case "clock-behind" -> Phrase.of("event-kind.clock");
            case "audit-broken" -> Phrase.of("event-kind.audit-broken");
            case "control-healed" -> Phrase.of("event-kind.control-healed");
            case "sign-in" -> Phrase.of("event-kind.sign-in");
            case "report-failed" -> Phrase.of("event-kind.report-failed");
            case "hardware-mended" -> Phrase.of("event-kind.hardware-mended");
            case TEST -> Phrase.of("event-kind.test");
            default -> kind.startsWith("hardware-") ? Phrase.of("event-kind.hardware") : Phrase.plain(kind);
        };
    }

    /** The kind in the words of the glossary. */
    public static String words(String kind) {
        return kind.equals(RETENTION_PAUSE) ? "retention pause" : kind;
    }
}
