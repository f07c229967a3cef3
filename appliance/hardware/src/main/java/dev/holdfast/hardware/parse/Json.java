package dev.holdfast.hardware.parse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.util.Iterator;

/** JSON of tools. */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    /** Missing where it is no JSON. */
    static JsonNode read(byte[] output) {
        try {
            JsonNode root = MAPPER.readTree(output);
            return root == null ? MissingNode.getInstance() : root;
        } catch (IOException e) {
            return MissingNode.getInstance();
        }
    }

    /** The value of a property in a list of {@code {"Property": …, "Value": …}}; empty for none. */
    static String property(JsonNode list, String name) {
        for (JsonNode each : list) {
            if (each.path("Property").asText().strip().equalsIgnoreCase(name)) {
                return each.path("Value").asText().strip();
            }
        }
        return "";
    }

    static Iterable<String> names(JsonNode node) {
        Iterator<String> names = node.fieldNames();
        return () -> names;
    }
}
