package dev.holdfast.control.health;

import dev.holdfast.control.db.Events;
import dev.holdfast.protocol.phrase.Phrase;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that is wrong until it is mended.
 *
 * @param node whose it is; empty for the appliance itself
 * @param plan whose runs it is about, empty for none
 * @param task that tells more; 0 for none
 * @param event to acknowledge; 0 for none
 * @param since null where it is not known
 * @param about a vault, the kind of an event, a number of files or of runs, {@code offline} where the client is not
 *     connected, {@code paused} where the plan is, {@code confirmed} for an attack, by kind; may be empty
 * @param text why, as the client or the appliance says it; may be empty
 * @param phrase the same for other languages; null where it has no code
 */
public record Trouble(
        TroubleKind kind,
        Events.Severity severity,
        String node,
        String plan,
        long task,
        long event,
        @Nullable Instant since,
        String about,
        String text,
        @Nullable Phrase phrase) {
    /** What an overdue plan is about where the client's service is not connected. */
    static final String OFFLINE = "offline";
    /** The same where the plan is paused. */
    static final String PAUSED = "paused";

    /** What a retention pause is about once a user has said that it was an attack. */
    static final String CONFIRMED = "confirmed";

    static Trouble of(TroubleKind kind, String node, String plan, @Nullable Instant since, String about, String text) {
        return new Trouble(kind, kind.severity(), node, plan, 0, 0, since, about, text, null);
    }

    /** Of the appliance itself. */
    public static Trouble ofAppliance(TroubleKind kind, @Nullable Instant since, String about, @Nullable Phrase why) {
        return of(kind, "", "", since, about, "").because(why == null ? "" : why.english(), why);
    }

    /** In a few words, with the machine where it is one's. */
    public String title() {
        String what = switch (kind) {
            case DAMAGED -> about + " files of its snapshots are damaged";
            case FAILING -> "plan " + plan + " fails" + (about.equals("1") ? "" : ", " + about + " runs in a row");
            case SUSPENDED -> "backups are suspended";
            case OVERDUE ->
                "the backup of plan " + plan + " is overdue"
                        + (about.equals(OFFLINE) ? "; the client is offline" : "")
                        + (about.equals(PAUSED) ? "; the plan is paused" : "");
            case NEVER_BACKED_UP -> "it has no snapshot yet";
            case NO_PLAN -> "it has no plan";
            case RETENTION_PAUSED ->
                about.equals(CONFIRMED)
                        ? "an attack was confirmed; retention is paused"
                        : "a backup looks like an attack; retention is paused";
            case INCOMPLETE ->
                "the newest snapshot of plan " + plan + " is incomplete; files that could not be read: " + about;
            case NO_VAULT -> "no vault is configured, so there are no off-site copies";
            case VAULT_ERROR -> "uploads to vault " + about + " fail";
            case NEARLY_FULL -> "the volumes are nearly full";
            case ALMOST_FULL -> "the volumes are almost full; backups will soon be refused";
            case FULL -> "the volumes are full; backups are refused";
            case EVENT -> text;
        };
        return node.isEmpty() ? what : node + ": " + what;
    }

    Trouble withTask(long number) {
        return new Trouble(kind, severity, node, plan, number, event, since, about, text, phrase);
    }

    Trouble because(String reason, @Nullable Phrase inOtherLanguages) {
        return new Trouble(kind, severity, node, plan, task, event, since, about, reason, inOtherLanguages);
    }
}
