package dev.holdfast.control.usecase;

import dev.holdfast.protocol.phrase.Phrase;
import java.util.Arrays;
import java.util.List;

/** How use cases refuse a word that is none of those that may be written: by naming these. */
final class Choices {
    private static final int MOST_SHOWN = 50;

    private Choices() {}

    /** As they are written where they are written like constants. */
    static List<String> of(Enum<?>[] constants) {
        return Arrays.stream(constants).map(Enum::name).toList();
    }

    static Phrase refusal(String what, String given, List<String> choices) {
        return Phrase.of("refused.choice")
                .with("what", what)
                .with("given", AuditTrail.cut(given, MOST_SHOWN))
                .with("choices", String.join(", ", choices));
    }
}
