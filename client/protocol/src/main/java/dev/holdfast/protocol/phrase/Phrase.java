package dev.holdfast.protocol.phrase;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A text as a code and its parameters. {@code phrases.properties} beside this class has the English template of each code, and
 * {@code phrases_zh.properties} the Chinese one. Immutable.
 *
 * @param code as {@code room.nearly-full}
 * @param args by name: a {@link String}, a {@link Long}, a {@link Phrase} or a {@link List} of phrases. Points in time are ISO 8601
 *     in UTC. The template says how a parameter is formatted; the parameter {@code count} selects singular or plural.
 */
public record Phrase(String code, Map<String, Object> args) {
    public Phrase {
        args = Collections.unmodifiableMap(new LinkedHashMap<>(args));
    }

    public static Phrase of(String code) {
        return new Phrase(code, Map.of());
    }

    /** A text that has no code: what a user wrote, or another program said. */
    public static Phrase plain(String text) {
        return Phrase.of("plain").with("text", text);
    }

    /** Whether it has no code. */
    @JsonIgnore
    public boolean isPlain() {
        return code.equals("plain");
    }

    /** Why something failed: its phrase where it has one, or else its message as plain text. */
    public static Phrase why(Throwable failure) {
        return failure instanceof Phrased phrased ? phrased.phrase() : plain(String.valueOf(failure.getMessage()));
    }

    public Phrase with(String name, String value) {
        return adding(name, value);
    }

    public Phrase with(String name, long value) {
        return adding(name, value);
    }

    /** To the second. */
    public Phrase with(String name, Instant value) {
        return adding(name, value.truncatedTo(ChronoUnit.SECONDS).toString());
    }

    public Phrase with(String name, Phrase value) {
        return adding(name, value);
    }

    public Phrase with(String name, List<Phrase> value) {
        return adding(name, List.copyOf(value));
    }

    /** Why something failed: its phrase where it has one, or else its message. */
    public Phrase with(String name, Throwable why) {
        return switch (why) {
            case Phrased phrased -> adding(name, phrased.phrase());
            default -> adding(name, String.valueOf(why.getMessage()));
        };
    }

    private Phrase adding(String name, Object value) {
        Map<String, Object> all = new LinkedHashMap<>(args);
        all.put(name, value);
        return new Phrase(code, all);
    }

    /** In English; a code that this release does not know is its own text. */
    public String english() {
        return Catalogue.ENGLISH.text(this, null);
    }

    /** For a letter to somebody: in a language, with points in time as a clock in a zone shows them. */
    public String in(Language language, ZoneId zone) {
        return switch (language) {
            case EN -> Catalogue.ENGLISH.text(this, zone);
            case ZH -> Catalogue.Chinese.TEXTS.text(this, zone);
        };
    }

    @Override
    public String toString() {
        return english();
    }
}
