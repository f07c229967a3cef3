package dev.holdfast.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.server.Progress;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How commands print. */
final class Output {
    private static final ObjectMapper JSON = new ObjectMapper().registerModule(Moments.module());
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ssxx", Locale.ROOT).withZone(ZoneId.systemDefault());

    private Output() {}

    static void json(PrintWriter out, Object value) {
        try {
            out.write(ForeignText.inJson(JSON.writerWithDefaultPrettyPrinter().writeValueAsString(value)));
            out.println();
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Where a client or a browser reaches what listens there: one that listens everywhere is reached by its own name. */
    static String authority(String host, int port) {
        String name =
                host.equals("0.0.0.0") || host.equals("::") || host.equals("0:0:0:0:0:0:0:0") ? HostName.own() : host;
        return (name.contains(":") ? "[" + name + "]" : name) + ":" + port;
    }

    /** Local time with its offset from UTC: {@code 2026-11-23 08:15:00+0100}. */
    static String time(Instant moment) {
        return TIME.format(moment);
    }

    /** @param moment null for never */
    static String time(@Nullable Instant moment, String never) {
        return moment == null ? never : time(moment);
    }

    /** @param moment as the API has it, null for never */
    static String time(JsonNode moment, String never) {
        return moment.isTextual() ? time(Moments.parse(moment.asText())) : never;
    }

    static String bytes(long bytes) {
        return ByteText.of(bytes);
    }

    static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    static String duration(long seconds) {
        if (seconds < 120) {
            return seconds + " s";
        }
        if (seconds < 2 * 3600) {
            return seconds / 60 + " min";
        }
        return seconds < 2 * 86_400 ? seconds / 3600 + " h" : seconds / 86_400 + " d";
    }

    /** Steps and warnings on standard error, at most a few lines a second. */
    static Progress progress(PrintWriter err) {
        return new Progress() {
            private long last;

            @Override
            public void step(String what, long done, long total) {
                long now = System.nanoTime();
                if (now - last > 2_000_000_000L) {
                    if (last != 0) {
                        err.println("reading " + what + ": " + done + " of " + total);
                        err.flush();
                    }
                    last = now;
                }
            }

            @Override
            public void warning(String what) {
                err.println("warning: " + what);
                err.flush();
            }
        };
    }

    /** How many there are. */
    static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
