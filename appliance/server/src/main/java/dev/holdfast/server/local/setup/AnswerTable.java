package dev.holdfast.server.local.setup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table of an answer file. Every key must be known, so that a mistyped answer is not taken for the default.
 *
 * @param file as messages name it
 * @param name of the table, empty for the file itself
 */
record AnswerTable(String file, String name, JsonNode content) {
    private static final int MOST_ITEMS = 100;
    private static final int MOST_CHARACTERS = 4096;

    /** @throws IllegalArgumentException where it has another key than these */
    AnswerTable knowing(List<String> keys) {
        content.fieldNames().forEachRemaining(key -> {
            if (!keys.contains(key)) {
                throw wrong(
                        key,
                        "is not known; did you mean '" + nearest(key, keys) + "'? Known are "
                                + String.join(", ", keys));
            }
        });
        return this;
    }

    private static String nearest(String key, List<String> keys) {
        return keys.stream()
                .min(Comparator.comparingInt(each -> distance(key, each)))
                .orElseThrow();
    }

    /** How many letters are to be added, left out or replaced (Levenshtein). */
    static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }

    /** Null where it is missing. */
    @Nullable
    AnswerTable table(String key) {
        JsonNode value = content.path(key);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isObject()) {
            throw wrong(key, "is a table: write [" + key + "] and its keys in the lines below");
        }
        return new AnswerTable(file, key, value);
    }

    /** Null where it is missing. */
    @Nullable
    String text(String key) {
        JsonNode value = content.path(key);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isTextual() || value.asText().isBlank() || value.asText().length() > MOST_CHARACTERS) {
            throw wrong(key, "is a text of 1 to " + MOST_CHARACTERS + " characters: write " + key + " = \"...\"");
        }
        return value.asText();
    }

    String text(String key, String otherwise) {
        String text = text(key);
        return text == null ? otherwise : text;
    }

    String required(String key) {
        String text = text(key);
        if (text == null) {
            throw wrong(key, "is missing");
        }
        return text;
    }

    @Nullable
    Path path(String key) {
        String text = text(key);
        return text == null ? null : Path.of(text);
    }

    /** Empty where it is missing. */
    List<String> texts(String key) {
        JsonNode value = content.path(key);
        if (value.isMissingNode()) {
            return List.of();
        }
        List<String> texts = new ArrayList<>();
        if (!value.isArray() || value.size() > MOST_ITEMS) {
            throw wrong(key, "is a list of at most " + MOST_ITEMS + " texts: write " + key + " = [\"...\", \"...\"]");
        }
        for (JsonNode each : value) {
            if (!each.isTextual() || each.asText().isBlank() || each.asText().length() > MOST_CHARACTERS) {
                throw wrong(key, "is a list of texts: write " + key + " = [\"...\", \"...\"]");
            }
            texts.add(each.asText());
        }
        return texts;
    }

    int number(String key, int otherwise, int least, int most) {
        JsonNode value = content.path(key);
        if (value instanceof MissingNode) {
            return otherwise;
        }
        if (!value.isInt() || value.asInt() < least || value.asInt() > most) {
            throw wrong(key, "is a number from " + least + " to " + most);
        }
        return value.asInt();
    }

    boolean flag(String key) {
        JsonNode value = content.path(key);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw wrong(key, "is true or false");
        }
        return value.asBoolean();
    }

    IllegalArgumentException wrong(String key, String what) {
        return new IllegalArgumentException(
                file + (name.isEmpty() ? "" : ", table [" + name + "]") + ": the key '" + key + "' " + what);
    }
}
