package dev.holdfast.agent.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;

/** One object whose values are texts and whole numbers. */
public final class FlatJson {
    private static final JsonFactory FACTORY = new JsonFactory();

    private FlatJson() {}

    /** @param values texts, and numbers of up to 64 bits, in the order in which they are written */
    public static String write(Map<String, ?> values, boolean pretty) throws IOException {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = FACTORY.createGenerator(out)) {
            if (pretty) {
                json.useDefaultPrettyPrinter();
            }
            json.writeStartObject();
            for (Map.Entry<String, ?> each : values.entrySet()) {
                switch (each.getValue()) {
                    case Number number -> json.writeNumberField(each.getKey(), number.longValue());
                    case String text -> json.writeStringField(each.getKey(), text);
                    default -> throw new IllegalArgumentException(each.getKey() + " is neither text nor number");
                }
            }
            json.writeEndObject();
        }
        return out.toString();
    }

    /**
     * The values as texts.
     *
     * @throws IOException where it is anything else than one such object
     */
    public static Map<String, String> read(byte[] bytes) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        try (JsonParser json = FACTORY.createParser(bytes)) {
            boolean good = json.nextToken() == JsonToken.START_OBJECT;
            while (good && json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                JsonToken value = json.nextToken();
                good = (value == JsonToken.VALUE_STRING || value == JsonToken.VALUE_NUMBER_INT)
                        && values.put(name, json.getText()) == null;
            }
            if (!good || json.currentToken() != JsonToken.END_OBJECT || json.nextToken() != null) {
                throw new IOException("no JSON object of texts and numbers alone");
            }
        }
        return values;
    }
}
