package dev.holdfast.api;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.AuditLimiter;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.limit.Bounds;
import io.javalin.http.Context;
import java.io.IOException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A call as routes see it: who calls, and what was sent. */
final class Call {
    static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(32)
                            .maxNumberLength(100)
                            .maxNameLength(1000)
                            .maxStringLength(1 << 20)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .registerModule(Moments.module());
    private static final int DEFAULT_LIMIT = 100;
    private static final int MOST = 1000;
    static final int MOST_QUERY_CHARACTERS = 4096;

    private final Context context;
    private final @Nullable Principal principal;
    private final byte[] body;

    /** @param body all of it: reading it from a slow caller must not hold a thread that others wait for */
    Call(Context context, @Nullable Principal principal, byte[] body) {
        this.context = context;
        this.principal = principal;
        this.body = body;
    }

    byte[] bodyBytes() {
        return body;
    }

    Context context() {
        return context;
    }

    Principal principal() {
        Principal known = principal;
        if (known == null) {
            throw new IllegalStateException("an open route asks who calls");
        }
        return known;
    }

    /** For the audit log. */
    String actor() {
        return "user " + principal().user() + (principal().byToken() ? " by token" : "");
    }

    /** Whose entries of the audit log are counted together. */
    AuditLimiter.Source source() {
        return AuditLimiter.Source.user(principal().user());
    }

    String address() {
        return context.ip();
    }

    /** What the reader speaks, of those that there are texts in. */
    Locale language() {
        String accepted = context.header("Accept-Language");
        return accepted != null && accepted.toLowerCase(Locale.ROOT).startsWith("zh")
                ? Locale.SIMPLIFIED_CHINESE
                : Locale.ENGLISH;
    }

    String path(String name) {
        return context.pathParam(name);
    }

    String query(String name, String otherwise) throws Problem {
        String value = context.queryParam(name);
        if (value != null && (value.length() > MOST_QUERY_CHARACTERS || value.indexOf('\0') >= 0)) {
            throw Problem.invalid(
                    "'" + name + "' has at most " + MOST_QUERY_CHARACTERS + " characters, none of them NUL");
        }
        return value == null ? otherwise : value;
    }

    long number(String name, long otherwise) throws Problem {
        try {
            String value = context.queryParam(name);
            return value == null ? otherwise : Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw Problem.invalid("'" + name + "' is no number");
        }
    }

    /** Null where nobody asks for it. */
    @Nullable
    Instant moment(String name) throws Problem {
        String value = query(name, "");
        try {
            return value.isEmpty() ? null : Moments.parse(value);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid(name + ": " + e.getMessage());
        }
    }

    long id(String name) throws Problem {
        try {
            return Long.parseLong(path(name));
        } catch (NumberFormatException e) {
            throw Problem.notFound("'" + path(name) + "' is no number");
        }
    }

    int limit() throws Problem {
        return Math.clamp(number("limit", DEFAULT_LIMIT), 1, MOST);
    }

    /** For lists that are short as a rule: all of it, unless it is longer than a page. */
    int pageLimit() throws Problem {
        return Math.clamp(number("limit", MOST), 1, MOST);
    }

    /** What was sent, within the limits that its type declares; where nothing of it is required, it may be left out. */
    <T extends Record> T body(Class<T> type) throws IOException {
        T parsed;
        try {
            parsed = body.length == 0 && Route.isOptional(type)
                    ? JSON.convertValue(Map.of(), type)
                    : JSON.readValue(body, type);
        } catch (JacksonException e) {
            throw Problem.invalid(Bodies.explain(e));
        }
        if (parsed == null) {
            throw Problem.invalid("the body is empty");
        }
        Bounds.check(parsed);
        return parsed;
    }

    /** The beginning of a text that others wrote. */
    static String cut(String text, int characters) {
        return text.length() <= characters ? text : text.substring(0, characters) + "…";
    }

    /** Somebody who may not see a node is told that there is none. */
    Node node(ControlDb control, String name) throws IOException {
        return control.nodes()
                .findByName(name)
                .filter(node -> principal().sees(node.name()))
                .orElseThrow(() -> Problem.notFound("there is no node '" + name + "'"));
    }
}
