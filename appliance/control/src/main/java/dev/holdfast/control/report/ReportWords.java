package dev.holdfast.control.report;

import dev.holdfast.control.health.Verdict;
import dev.holdfast.control.report.Report.Attention;
import dev.holdfast.protocol.phrase.Language;
import dev.holdfast.protocol.phrase.Phrase;
import java.time.ZoneId;

/**
 * What reports say, in the words of the console.
 *
 * @param zone in which points in time are told
 */
public record ReportWords(Language language, ZoneId zone) {
    private static final int MOST_CHARACTERS = 300;

    /** As HTML names the language. */
    String tag() {
        return switch (language) {
            case EN -> "en";
            case ZH -> "zh-CN";
        };
    }

    String say(Phrase phrase) {
        return phrase.in(language, zone);
    }

    /** All in one sentence, as the overview says it. */
    public String verdict(Verdict verdict) {
        int machines = verdict.machines();
        int attention = verdict.attention();
        Phrase said;
        if (machines == 0) {
            said = Phrase.of("report.no-machine");
        } else if (attention == 0) {
            said = Phrase.of("report.protected").with("count", machines);
        } else if (machines == 1) {
            said = Phrase.of("report.machine-needs-attention");
        } else {
            said = Phrase.of("report.machines-need-attention")
                    .with("count", attention)
                    .with("machines", machines);
        }
        return say(
                verdict.appliance() == 0
                        ? said
                        : Phrase.of("report.and-appliance").with("machines", said));
    }

    /** What is wrong. */
    Phrase title(Attention of) {
        return switch (of.kind()) {
            case "damaged" -> Phrase.of("report.damaged").with("node", of.node());
            case "failing" ->
                Phrase.of("report.failing").with("node", of.node()).with("plan", of.plan());
            case "suspended" -> Phrase.of("report.suspended").with("node", of.node());
            case "overdue" ->
                Phrase.of("report.overdue").with("node", of.node()).with("plan", of.plan());
            case "never-backed-up" -> Phrase.of("report.never-backed-up").with("node", of.node());
            case "no-plan" -> Phrase.of("report.no-plan").with("node", of.node());
            case "retention-paused" ->
                of.about().equals("confirmed")
                        ? Phrase.of("report.attack-confirmed").with("node", of.node())
                        : Phrase.of("report.attack-suspected").with("node", of.node());
            case "incomplete" ->
                Phrase.of("report.incomplete").with("node", of.node()).with("plan", of.plan());
            case "no-vault" -> Phrase.of("report.no-vault");
            case "vault-error" -> Phrase.of("report.vault-error").with("vault", of.about());
            case "nearly-full" -> Phrase.of("report.nearly-full");
            case "almost-full" -> Phrase.of("report.almost-full");
            case "full" -> Phrase.of("report.full");
            default ->
                of.node().isEmpty()
                        ? reason(of)
                        : Phrase.of("report.event-of-node")
                                .with("node", of.node())
                                .with("text", reason(of));
        };
    }

    private Phrase reason(Attention of) {
        Phrase phrase = of.phrase();
        return cut(phrase == null ? Phrase.plain(of.text()) : phrase);
    }

    /** Its beginning: what others wrote may be long. */
    Phrase cut(Phrase phrase) {
        String said = say(phrase);
        return said.length() <= MOST_CHARACTERS ? phrase : Phrase.plain(said.substring(0, MOST_CHARACTERS) + "…");
    }

    /** Why; may be empty. */
    Phrase cause(Attention of) {
        return switch (of.kind()) {
            case "damaged" -> Phrase.of("report.damaged-files").with("files", of.about());
            case "failing" ->
                of.about().equals("1")
                        ? reason(of)
                        : Phrase.of("report.failing-in-a-row")
                                .with("reason", reason(of))
                                .with("runs", of.about());
            case "overdue" ->
                switch (of.about()) {
                    case "offline" -> Phrase.of("report.overdue-offline");
                    case "paused" -> Phrase.of("report.overdue-paused");
                    default -> Phrase.of("report.overdue-online");
                };
            case "never-backed-up" -> Phrase.of("report.plan-not-run").with("plan", of.plan());
            case "no-plan" -> Phrase.of("report.unprotected");
            case "incomplete" -> Phrase.of("report.unread-files").with("files", of.about());
            case "no-vault" -> Phrase.of("report.no-copies");
            case "event" -> Phrase.plain("");
            default -> reason(of);
        };
    }
}
