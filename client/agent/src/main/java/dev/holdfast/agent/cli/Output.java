package dev.holdfast.agent.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.text.ForeignText;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** How commands print sizes, times and JSON. */
final class Output {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ssxx", Locale.ROOT).withZone(ZoneId.systemDefault());

    private Output() {}

    static void json(PrintWriter out, Object value) {
        write(out, jsonText(value, true));
    }

    /** One object on one line. */
    static void jsonLine(PrintWriter out, Object value) {
        write(out, jsonText(value, false));
    }

    private static void write(PrintWriter out, String json) {
        out.write(ForeignText.inJson(json));
        out.println();
    }

    private static String jsonText(Object value, boolean pretty) {
        try {
            return pretty
                    ? JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value)
                    : JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Local time with its offset from UTC: {@code 2026-11-23 08:15:00+0100}. */
    static String time(Instant instant) {
        return TIME.format(instant);
    }

    static String bytes(long bytes) {
        return ByteText.of(bytes);
    }

    static String rate(long bytes, long millis) {
        return bytes(millis <= 0 ? bytes : bytes * 1000 / millis) + "/s";
    }

    static String duration(long millis) {
        Duration duration = Duration.ofMillis(millis);
        if (duration.toMinutes() == 0) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1000.0);
        }
        return duration.toHours() > 0
                ? String.format(Locale.ROOT, "%d h %02d min", duration.toHours(), duration.toMinutesPart())
                : String.format(Locale.ROOT, "%d min %02d s", duration.toMinutes(), duration.toSecondsPart());
    }
}
