package dev.holdfast.control.alert;

import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events.Event;
import dev.holdfast.control.db.Events.Severity;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Language;
import dev.holdfast.protocol.phrase.Phrase;
import java.time.ZoneId;

/**
 * An event as people read it, in the language of their channel and with times of the appliance's zone.
 *
 * @param appliance how it is called
 */
record AlertText(String appliance, Language language, Event event) {
    private static final int MOST_CHARACTERS = 2000;

    private String say(Phrase phrase) {
        return phrase.in(language, ZoneId.systemDefault());
    }

    String subject() {
        return said(
                event.node().isEmpty()
                        ? Phrase.of("alert.subject")
                        : Phrase.of("alert.subject-of-node").with("node", event.node()));
    }

    /** All in one line. */
    String line() {
        String message = say(event.said());
        Phrase line = event.node().isEmpty()
                ? Phrase.of("alert.line")
                : Phrase.of("alert.line-of-node").with("node", event.node());
        return said(line.with(
                "message",
                message.length() <= MOST_CHARACTERS ? message : message.substring(0, MOST_CHARACTERS) + "…"));
    }

    /** Where to read on. */
    String foot() {
        return say(Phrase.of("alert.foot")
                .with("event", event.id())
                .with("at", event.at())
                .with("command", TypedCommand.elsewhere("appliance", "events", "--data", "DIR")));
    }

    private String said(Phrase open) {
        return say(open.with("appliance", appliance)
                .with("severity", severity(event.severity()))
                .with("kind", EventKinds.phrase(event.kind())));
    }

    private static Phrase severity(Severity severity) {
        return switch (severity) {
            case INFO -> Phrase.of("severity.info");
            case WARNING -> Phrase.of("severity.warning");
            case ALERT -> Phrase.of("severity.alert");
        };
    }
}
