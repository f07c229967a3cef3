package dev.holdfast.control.calendar;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdScalarSerializer;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Times in all JSON that leaves the appliance, and in what is asked of it: ISO 8601 as RFC 3339 has it. Written in UTC and with
 * milliseconds, as {@code 2026-11-23T07:15:00.000Z}, so that they sort as text; read with any offset. Never is null.
 */
public final class Moments {
    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final Instant FIRST = Instant.parse("0000-01-01T00:00:00Z");
    private static final Instant BEYOND = Instant.parse("+10000-01-01T00:00:00Z");

    private Moments() {}

    public static String text(Instant moment) {
        return FORMAT.format(moment);
    }

    /**
     * What {@link #text} writes, or the same with another offset than Z.
     *
     * @return whole milliseconds; a fraction is cut off
     * @throws IllegalArgumentException saying what is wrong
     */
    public static Instant parse(String text) {
        try {
            Instant moment = OffsetDateTime.parse(text).toInstant();
            if (isWritable(moment)) {
                return moment.truncatedTo(ChronoUnit.MILLIS);
            }
        } catch (DateTimeException e) {
            // Told below.
        }
        throw new PhrasedArgumentException(
                Phrase.of("field.time").with("text", text.length() <= 40 ? text : text.substring(0, 40) + "…"));
    }

    private static boolean isWritable(Instant moment) {
        return !moment.isBefore(FIRST) && moment.isBefore(BEYOND);
    }

    /** As databases have it: ms since 1970, 0 for never. */
    public static @Nullable Instant ofMillis(long millis) {
        return millis == 0 ? null : Instant.ofEpochMilli(millis);
    }

    /** As databases have it: ms since 1970, null for never. */
    public static @Nullable Instant ofMillis(@Nullable Long millis) {
        return millis == null ? null : Instant.ofEpochMilli(millis);
    }

    /** A time that somebody else set: null where its year has not four digits. */
    public static @Nullable Instant ofForeign(long seconds, int nanos) {
        if (seconds < FIRST.getEpochSecond() || seconds >= BEYOND.getEpochSecond()) {
            return null;
        }
        return Instant.ofEpochSecond(seconds, Math.clamp(nanos, 0, 999_999_999));
    }

    /** Has a mapper write and read {@link Instant} so. */
    public static Module module() {
        return new SimpleModule("moments")
                .addSerializer(Instant.class, new Writer())
                .addDeserializer(Instant.class, new Reader());
    }

    private static final class Writer extends StdScalarSerializer<Instant> {
        private static final long serialVersionUID = 1;

        Writer() {
            super(Instant.class);
        }

        @Override
        public void serialize(Instant moment, JsonGenerator out, SerializerProvider provider) throws IOException {
            out.writeString(text(moment));
        }
    }

    private static final class Reader extends StdScalarDeserializer<Instant> {
        private static final long serialVersionUID = 1;

        Reader() {
            super(Instant.class);
        }

        @Override
        public Instant deserialize(JsonParser in, DeserializationContext context) throws IOException {
            String text = in.currentToken().isScalarValue() ? in.getText() : "{…}";
            try {
                return parse(text);
            } catch (IllegalArgumentException e) {
                throw ValueInstantiationException.from(
                        in, String.valueOf(e.getMessage()), context.constructType(Instant.class), e);
            }
        }
    }
}
