package dev.holdfast.protocol.phrase;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Phrases as JSON: <code>{"code": …, "args": {…}}</code>. What is read may come from another release, or from a hostile client. */
public final class PhraseJson {
    /** Longer ones are not read. */
    private static final int MOST_CHARACTERS = 16_000;

    private static final int MOST_ARGS = 20;
    private static final int MOST_NESTED = 4;
    private static final Pattern NAME = Pattern.compile("[a-zA-Z][a-zA-Z0-9.-]{0,79}");
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
        if (depth > MOST_NESTED || !Catalogue.knows(code) || !args.isObject() || args.size() > MOST_ARGS) {
            return null;
        }
        Map<String, Object> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> each : args.properties()) {
            @Nullable Object value = value(each.getValue(), depth);
            if (value == null || !NAME.matcher(each.getKey()).matches()) {
                return null;
            }
            values.put(each.getKey(), value);
        }
        return new Phrase(code, values);
    }

    private static @Nullable Object value(JsonNode node, int depth) {
        if (node.isTextual()) {
            return node.asText();
        }
        if (node.isIntegralNumber() && node.canConvertToLong()) {
            return node.asLong();
        }
        if (node.isObject()) {
            return phrase(node, depth + 1);
        }
        if (!node.isArray()) {
            return null;
        }
        List<Phrase> all = new ArrayList<>();
        for (JsonNode each : node) {
            @Nullable Phrase one = phrase(each, depth + 1);
            if (one == null) {
                return null;
            }
            all.add(one);
        }
        return List.copyOf(all);
    }
}
