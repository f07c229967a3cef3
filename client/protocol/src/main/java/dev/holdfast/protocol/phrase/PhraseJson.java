package dev.holdfast.protocol.phrase;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Phrases as JSON: <code>{"code": …, "args": {…}}</code>. What is read may come from another release, or from a hostile client: a
 * phrase that is read has each parameter of its text, in the type that the text shows, and no other one.
 */
public final class PhraseJson {
    /** Longer ones are not read. */
    private static final int MOST_CHARACTERS = 16_000;

    private static final int MOST_ARGS = 20;
    private static final int MOST_NESTED = 8;
    /** Browsers know no times beyond it. */
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59Z");

    private static final ObjectMapper JSON = new ObjectMapper();

    private PhraseJson() {}

    public static String write(Phrase phrase) {
        try {
            return JSON.writeValueAsString(phrase);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("a phrase cannot be written: " + phrase.code(), e);
        }
    }

    /** Empty for null, and for what is not a phrase, or not one that this release knows: its text stands for it. */
    public static Optional<Phrase> read(@Nullable String json) {
        if (json == null || json.isEmpty() || json.length() > MOST_CHARACTERS) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable(phrase(JSON.readTree(json), 0));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static @Nullable Phrase phrase(JsonNode node, int depth) {
        JsonNode args = node.path("args");
        String code = node.path("code").asText();
        if (depth > MOST_NESTED || !Catalogue.ENGLISH.knows(code) || !args.isObject() || args.size() > MOST_ARGS) {
            return null;
        }
        Map<String, String> places = Catalogue.ENGLISH.places(code);
        Map<String, Object> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> each : args.properties()) {
            String format = places.remove(each.getKey());
            if (format == null) {
                continue;
            }
            @Nullable Object value = value(each.getValue(), format, depth);
            if (value == null || each.getKey().equals("count") && !(value instanceof Long)) {
                return null;
            }
            values.put(each.getKey(), value);
        }
        return places.isEmpty() ? new Phrase(code, values) : null;
    }

    private static @Nullable Object value(JsonNode node, String format, int depth) {
        return switch (format) {
            case "bytes" -> number(node);
            case "time", "day" -> node.isTextual() && isTime(node.asText()) ? node.asText() : null;
            case "phrase" -> node.isTextual() ? node.asText() : phrase(node, depth + 1);
            case "phrases" -> phrases(node, depth + 1);
            default -> node.isTextual() ? node.asText() : number(node);
        };
    }

    private static @Nullable Long number(JsonNode node) {
        return node.isIntegralNumber() && node.canConvertToLong() ? node.asLong() : null;
    }

    private static boolean isTime(String text) {
        try {
            return !Instant.parse(text).isAfter(LAST);
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    private static @Nullable List<Phrase> phrases(JsonNode node, int depth) {
        if (!node.isArray()) {
            return null;
        }
        List<Phrase> all = new ArrayList<>();
        for (JsonNode each : node) {
            @Nullable Phrase one = phrase(each, depth);
            if (one == null) {
                return null;
            }
            all.add(one);
        }
        return List.copyOf(all);
    }
}
