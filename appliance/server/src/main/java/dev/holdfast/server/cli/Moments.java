package dev.holdfast.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Times in the JSON that commands print: ISO 8601 in UTC, as {@code 2026-11-23T07:15:00Z}; null for never. Inside, and in the
 * API, they are ms since 1970, in fields that end in {@code At} or are listed here.
 */
final class Moments {
    private static final Set<String> NAMES = Set.of(
            "at",
            "taken",
            "committed",
            "started",
            "finished",
            "since",
            "until",
            "lockedUntil",
            "excusedUntil",
            "acknowledged",
            "lastSuccess",
            "lastOffsite",
            "doneBy");

    private Moments() {}

    /** Replaces the times in it. */
    static JsonNode asText(JsonNode node) {
        switch (node) {
            case ObjectNode object -> {
                for (Map.Entry<String, JsonNode> field : List.copyOf(object.properties())) {
                    JsonNode value = field.getValue();
                    boolean time =
                            NAMES.contains(field.getKey()) || field.getKey().endsWith("At");
                    if (time && value.isIntegralNumber()) {
                        object.set(
                                field.getKey(),
                                value.asLong() <= 0
                                        ? object.nullNode()
                                        : TextNode.valueOf(Instant.ofEpochMilli(value.asLong())
                                                .toString()));
                    } else {
                        asText(value);
                    }
                }
            }
            case ArrayNode array -> array.forEach(Moments::asText);
            default -> {}
        }
        return node;
    }
}
