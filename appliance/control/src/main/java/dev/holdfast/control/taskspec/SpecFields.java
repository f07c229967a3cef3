package dev.holdfast.control.taskspec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a stored specification. A field that is missing or null has its default; one of another type is damage,
 * because a default in its place might do more than was asked: all files rather than one. Methods throw {@link
 * IllegalArgumentException} saying what is wrong.
 */
final class SpecFields {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private final JsonNode object;

    private SpecFields(JsonNode object) {
        this.object = object;
    }

    static SpecFields parse(String text) {
        try {
            JsonNode object = JSON.readTree(text);
            if (!object.isObject()) {
                throw new IllegalArgumentException("it is not a JSON object");
            }
            return new SpecFields(object);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "it is not valid JSON"
                            + (e.getLocation() == null
                                    ? ""
                                    : ": column " + e.getLocation().getColumnNr() + " breaks its form"),
                    e);
        }
    }

    /** Null where it is missing. */
    private @Nullable JsonNode find(String name, String type, Predicate<JsonNode> check) {
        JsonNode value = object.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        return require(name, value, type, check);
    }

    private static JsonNode require(String name, JsonNode value, String type, Predicate<JsonNode> check) {
        if (!check.test(value)) {
            throw new IllegalArgumentException("'" + name + "' is not " + type);
        }
        return value;
    }

    private static <T> T required(String name, @Nullable T value) {
        if (value == null) {
            throw new IllegalArgumentException("'" + name + "' is missing");
        }
        return value;
    }

    boolean flag(String name) {
        JsonNode value = find(name, "true or false", JsonNode::isBoolean);
        return value != null && value.booleanValue();
    }

    /** Null where it is missing. */
    @Nullable
    Integer integer(String name) {
        JsonNode value = find(name, "a whole number", SpecFields::isInt);
        return value == null ? null : value.intValue();
    }

    int requiredInteger(String name) {
        return required(name, integer(name));
    }

    /** 0 where it is missing. */
    long number(String name) {
        JsonNode value = find(name, "a whole number", each -> each.isIntegralNumber() && each.canConvertToLong());
        return value == null ? 0 : value.longValue();
    }

    /** Empty where it is missing. */
    String text(String name) {
        JsonNode value = find(name, "a text", JsonNode::isTextual);
        return value == null ? "" : value.textValue();
    }

    String requiredText(String name) {
        return required(name, find(name, "a text", JsonNode::isTextual)).textValue();
    }

    UUID requiredId(String name) {
        return id(name, requiredText(name));
    }

    private static UUID id(String name, String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + name + "' is not a snapshot's identifier", e);
        }
    }

    private @Nullable List<JsonNode> elements(String name, String type, Predicate<JsonNode> check) {
        JsonNode array = find(name, "a list", JsonNode::isArray);
        if (array == null) {
            return null;
        }
        List<JsonNode> elements = new ArrayList<>();
        array.forEach(each -> elements.add(require(name, each, type, check)));
        return elements;
    }

    List<UUID> requiredIds(String name) {
        return required(name, elements(name, "a list of texts", JsonNode::isTextual)).stream()
                .map(each -> id(name, each.textValue()))
                .toList();
    }

    /** Empty where it is missing. */
    List<String> texts(String name) {
        List<JsonNode> elements = elements(name, "a list of texts", JsonNode::isTextual);
        return elements == null
                ? List.of()
                : elements.stream().map(JsonNode::textValue).toList();
    }

    /** Empty where it is missing. */
    List<Integer> integers(String name) {
        List<JsonNode> elements = elements(name, "a list of whole numbers", SpecFields::isInt);
        return elements == null
                ? List.of()
                : elements.stream().map(JsonNode::intValue).toList();
    }

    private static boolean isInt(JsonNode value) {
        return value.isIntegralNumber() && value.canConvertToInt();
    }
}
