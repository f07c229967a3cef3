package dev.holdfast.control.calendar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MomentsTest {
    private static final ObjectMapper JSON = new ObjectMapper().registerModule(Moments.module());

    record Held(Instant at, List<Instant> more) {}

    @ParameterizedTest
    @CsvSource({
        "0, 1970-01-01T00:00:00.000Z",
        "1700000000000, 2023-11-14T22:13:20.000Z",
        "1700000000007, 2023-11-14T22:13:20.007Z",
        "-1, 1969-12-31T23:59:59.999Z",
        "253402300799999, 9999-12-31T23:59:59.999Z"
    })
    void writtenTimesHaveMillisecondsAndAreReadBack(long millis, String text) {
        Instant moment = Instant.ofEpochMilli(millis);
        assertThat(Moments.text(moment)).isEqualTo(text);
        assertThat(Moments.parse(text)).isEqualTo(moment);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-23T07:15:00Z, 2026-11-23T07:15:00.000Z",
        "2026-11-23T08:15:00+01:00, 2026-11-23T07:15:00.000Z",
        "2026-11-23T07:15Z, 2026-11-23T07:15:00.000Z",
        "2026-11-23T07:15:00.123999Z, 2026-11-23T07:15:00.123Z"
    })
    void otherOffsetsAndPrecisionsAreRead(String text, String same) {
        assertThat(Moments.text(Moments.parse(text))).isEqualTo(same);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1700000000000",
                "2026-11-23",
                "2026-11-23T07:15:00",
                "2026-11-23T08:15:00 01:00",
                "2026-02-30T07:15:00Z",
                "2026-13-01T07:15:00Z",
                "2026-11-23T25:15:00Z",
                "+10000-01-01T00:00:00Z",
                "-0001-12-31T23:59:59Z",
                "9999-12-31T23:59:59-01:00",
                "tomorrow"
            })
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> Moments.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'" + text + "' is no time; write ISO 8601 with an offset, such as 2026-11-23T07:15:00Z");
    }

    @Test
    void jsonHasTextAndNoNumbers() throws Exception {
        String json = "{\"at\":\"2023-11-14T22:13:20.000Z\",\"more\":[\"1970-01-01T00:00:00.000Z\"]}";
        Held held = JSON.readValue(json, Held.class);
        assertThat(held).isEqualTo(new Held(Instant.ofEpochSecond(1_700_000_000), List.of(Instant.EPOCH)));
        assertThat(JSON.writeValueAsString(held)).isEqualTo(json);
        assertThatThrownBy(() -> JSON.readValue("{\"at\":1700000000000}", Held.class))
                .isInstanceOf(JacksonException.class)
                .hasMessageContaining("'1700000000000' is no time");
        assertThatThrownBy(() -> JSON.readValue("{\"at\":{\"x\":1}}", Held.class))
                .isInstanceOf(JacksonException.class);
    }

    @Test
    void foreignTimesThatHaveNoSuchTextAreLeftOut() {
        assertThat(Moments.ofForeign(1_700_000_000, 5)).isEqualTo(Instant.ofEpochSecond(1_700_000_000, 5));
        assertThat(Moments.ofForeign(-1, 999_999_999)).isEqualTo(Instant.ofEpochSecond(-1, 999_999_999));
        for (long seconds : new long[] {Long.MIN_VALUE, -62_167_219_201L, 253_402_300_800L, Long.MAX_VALUE}) {
            assertThat(Moments.ofForeign(seconds, 0)).as("%d", seconds).isNull();
        }
    }
}
