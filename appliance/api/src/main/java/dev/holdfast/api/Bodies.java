package dev.holdfast.api;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import dev.holdfast.protocol.phrase.Phrase;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpException;

/** Bodies of requests: read within limits of size and time, refused in words of ours. */
final class Bodies {
    /** What is read of a refused body at most. */
    private static final long MOST_DISCARDED = 2 << 20;

    private static final long DISCARD_NANOS = 2_000_000_000L;
    /** A body takes so long, and a second more for every so many bytes. */
    private static final Duration GRACE = Duration.ofSeconds(10);

    private static final int LEAST_BYTES_PER_SECOND = 16 << 10;
    private static final int BUFFER = 16 << 10;

    private Bodies() {}

    /**
     * All of the body, which says that it is JSON: a form of another site can post text that looks like JSON, but not say that
     * it is.
     */
    static byte[] read(Context context, int mostBytes) throws IOException {
        if (context.method().equals(HandlerType.GET) || context.method().equals(HandlerType.HEAD)) {
            return new byte[0];
        }
        if (context.req().getContentLengthLong() > mostBytes) {
            throw tooLarge(mostBytes);
        }
        boolean json = isJson(context.contentType());
        long begun = System.nanoTime();
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        byte[] buffer = new byte[BUFFER];
        InputStream in = context.req().getInputStream();
        for (int got = next(in, buffer); got >= 0; got = next(in, buffer)) {
            if (got > 0 && !json) {
                throw new Problem(415, "media-type", Phrase.of("api.media-type"));
            }
            if (body.size() + got > mostBytes) {
                throw tooLarge(mostBytes);
            }
            body.write(buffer, 0, got);
            long allowed = GRACE.toNanos() + body.size() * 1_000_000_000L / LEAST_BYTES_PER_SECOND;
            if (System.nanoTime() - begun > allowed) {
                throw new Problem(408, "slow", Phrase.of("api.slow").with("least", LEAST_BYTES_PER_SECOND));
            }
        }
        return body.toByteArray();
    }

    /** Reads on for a moment, before a refusal: a caller that is cut off while it still sends does not get to see why. */
    static void discard(Context context) {
        InputStream in;
        try {
            in = context.req().getInputStream();
        } catch (IOException | IllegalStateException e) {
            return;
        }
        long begun = System.nanoTime();
        byte[] buffer = new byte[BUFFER];
        long left = MOST_DISCARDED;
        while (left > 0 && System.nanoTime() - begun < DISCARD_NANOS) {
            int got;
            try {
                got = in.read(buffer);
            } catch (IOException | HttpException.RuntimeException e) {
                return;
            }
            if (got < 0) {
                return;
            }
            left -= got;
        }
    }

    private static int next(InputStream in, byte[] buffer) throws Problem {
        try {
            return in.read(buffer);
        } catch (IOException | HttpException.RuntimeException e) {
            // Broken off, idle for too long, or not as HTTP has it: all of it the caller's doing.
            throw new Problem(400, "http", Phrase.of("api.broken-off"));
        }
    }

    private static boolean isJson(@org.jspecify.annotations.Nullable String type) {
        if (type == null) {
            return false;
        }
        int end = type.indexOf(';');
        return (end < 0 ? type : type.substring(0, end))
                .strip()
                .toLowerCase(Locale.ROOT)
                .equals("application/json");
    }

    private static Problem tooLarge(int mostBytes) {
        return new Problem(413, "too-large", Phrase.of("api.too-large").with("most", mostBytes));
    }

    /** What is wrong with a body, without names of our classes. */
    static Phrase explain(JacksonException e) {
        Phrase what = what(e);
        JsonLocation at = e.getLocation();
        // What has a field is found by its name.
        return at == null || e instanceof JsonMappingException
                ? what
                : Phrase.of("body.where")
                        .with("what", what)
                        .with("line", at.getLineNr())
                        .with("character", at.getColumnNr());
    }

    private static Phrase what(JacksonException e) {
        return switch (e) {
            case StreamConstraintsException _ -> Phrase.of("body.constraints");
            case StreamReadException _ -> Phrase.of("body.no-json");
            case UnrecognizedPropertyException u ->
                Phrase.of("body.unknown-field").with("field", field(u));
            case ValueInstantiationException v
            when v.getCause() instanceof IllegalArgumentException told && told.getMessage() != null ->
                Phrase.of("body.field").with("field", field(v)).with("reason", told);
            case InvalidFormatException i
            when i.getTargetType() != null && i.getTargetType().isEnum() ->
                Phrase.of("body.choice").with("field", field(i)).with("choices", constants(i.getTargetType()));
            case JsonMappingException m
            when !m.getPath().isEmpty() -> Phrase.of("body.kind").with("field", field(m));
            default -> Phrase.of("body.unexpected");
        };
    }

    /** As JSON has them. */
    private static String constants(Class<?> type) {
        return Arrays.stream(type.getEnumConstants())
                .map(each -> Call.JSON.convertValue(each, String.class))
                .collect(Collectors.joining(", "));
    }

    private static String field(JsonMappingException e) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference each : e.getPath()) {
            String name = each.getFieldName();
            if (name == null) {
                path.append('[').append(each.getIndex()).append(']');
            } else {
                path.append(path.isEmpty() ? "" : ".").append(name, 0, Math.min(100, name.length()));
            }
        }
        return path.toString();
    }
}
