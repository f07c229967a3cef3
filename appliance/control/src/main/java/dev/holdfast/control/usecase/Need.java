package dev.holdfast.control.usecase;

import dev.holdfast.control.health.Trouble;
import dev.holdfast.control.health.TroubleKind;
import dev.holdfast.protocol.phrase.Phrase;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that is wrong until it is mended.
 *
 * @param kind the name of a {@link TroubleKind}
 * @param severity warning or alert
 * @param node whose it is; empty for the appliance itself
 * @param title in a few words, in English
 * @param about a vault, the kind of an event, or a number of runs or files, by kind
 * @param text why, where there is a reason
 * @param phrase the same for other languages; null where it has no code
 * @param plan whose runs it is about, empty for none
 * @param task that tells more, 0 for none
 * @param event to acknowledge, 0 for none
 */
public record Need(
        String kind,
        String severity,
        String node,
        String title,
        String about,
        String text,
        @Nullable Phrase phrase,
        String plan,
        long task,
        long event,
        @Nullable Instant since) {
    static Need of(Trouble trouble) {
        return new Need(
                trouble.kind().text(),
                trouble.severity().name().toLowerCase(Locale.ROOT),
                trouble.node(),
                trouble.title(),
                trouble.about(),
                trouble.text(),
                trouble.phrase(),
                trouble.plan(),
                trouble.task(),
                trouble.event(),
                trouble.since());
    }
}
