package dev.holdfast.protocol.config;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.toml.TomlMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A configuration file in TOML: keys with a string, a number, a boolean, or a list of these. Tables are not used.
 *
 * @param file where it is, or would be
 * @param values of each key, in the file's order; empty where there is no file
 */
public record ConfigFile(Path file, Map<String, List<String>> values) {
    private static final int MAX_BYTES = 64 << 10;

    public ConfigFile {
        values = Map.copyOf(values);
    }

    /**
     * Reads the file; a missing one has no values.
     *
     * @throws IllegalArgumentException if it is not valid; the message has the file and the line
     */
    public static ConfigFile read(Path file) throws IOException {
        byte[] text;
        try (InputStream in = Files.newInputStream(file)) {
            text = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException e) {
            return new ConfigFile(file, Map.of());
        }
        if (text.length > MAX_BYTES) {
            throw new IllegalArgumentException(file + " is larger than " + MAX_BYTES + " bytes");
        }
        String content;
        try {
            content = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(text))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + " is not a text in UTF-8", e);
        }
        if (content.lines().allMatch(ConfigFile::saysNothing)) {
            // As installed. Loading the parser would take longer than many a command.
            return new ConfigFile(file, Map.of());
        }
        JsonNode root;
        try {
            root = new TomlMapper().readTree(content);
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw new IllegalArgumentException(
                    file + (line > 0 ? ", line " + line : "") + ": " + e.getOriginalMessage()
                            + "; write KEY = \"VALUE\", or KEY = [\"VALUE\", \"VALUE\"]",
                    e);
        }
        Map<String, List<String>> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> each : root.properties()) {
            values.put(each.getKey(), texts(file, each.getKey(), each.getValue()));
        }
        return new ConfigFile(file, values);
    }

    private static boolean saysNothing(String line) {
        return line.isBlank() || line.stripLeading().startsWith("#");
    }

    private static List<String> texts(Path file, String key, JsonNode value) {
        List<String> texts = new ArrayList<>();
        for (JsonNode each : value.isArray() ? value : List.of(value)) {
            if (!each.isValueNode()) {
                throw new IllegalArgumentException(file + ": the value of '" + key
                        + "' is neither a text, a number, true or false, nor a list of these");
            }
            texts.add(each.asText());
        }
        return List.copyOf(texts);
    }
}
