package dev.holdfast.agent.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FlatJsonTest {
    @Test
    void whatIsWrittenIsRead() throws IOException {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("text", "a \"b\"\n\\ ü 漢");
        values.put("number", Long.MIN_VALUE);
        values.put("small", 7);
        String line = FlatJson.write(values, false);
        assertThat(line).doesNotContain("\n").startsWith("{\"text\":");
        for (String json : List.of(line, FlatJson.write(values, true))) {
            assertThat(FlatJson.read(json.getBytes(StandardCharsets.UTF_8)))
                    .containsExactly(
                            Map.entry("text", "a \"b\"\n\\ ü 漢"),
                            Map.entry("number", "" + Long.MIN_VALUE),
                            Map.entry("small", "7"));
        }
    }

    @Test
    void anythingElseIsRefused() {
        for (String json : List.of(
                "",
                "{",
                "[]",
                "1",
                "{\"a\":{}}",
                "{\"a\":null}",
                "{\"a\":1.5}",
                "{\"a\":1,\"a\":2}",
                "{} {}",
                "{\"a\":1")) {
            assertThatThrownBy(() -> FlatJson.read(json.getBytes(StandardCharsets.UTF_8)))
                    .as(json)
                    .isInstanceOf(IOException.class);
        }
    }
}
