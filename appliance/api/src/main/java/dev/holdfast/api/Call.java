package dev.holdfast.api;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.limit.Bounds;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.ListPart;
import dev.holdfast.protocol.phrase.Phrase;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
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

    private final Request request;
    private final @Nullable Actor actor;
    private final @Nullable Principal principal;
    private final byte[] body;

    private Call(Request request, @Nullable Actor actor, @Nullable Principal principal, byte[] body) {
        this.request = request;
        this.actor = actor;
        this.principal = principal;
        this.body = body;
    }

    /**
     * One over the network.
     *
     * @param principal null for an open route
     * @param body all of it: reading it from a slow caller must not hold a thread that others wait for
     */
    static Call over(HttpRequest request, @Nullable Principal principal, byte[] body) {
        return new Call(request, principal == null ? null : Actor.of(principal), principal, body);
    }

    /** One on the machine itself. */
    static Call on(Request request, Actor actor, byte[] body) {
        return new Call(request, actor, null, body);
    }

    byte[] bodyBytes() {
        return body;
    }

    /** Overwrites what was sent, once nothing reads it any more: it may hold a secret. */
    void forgetBody() {
        Arrays.fill(body, (byte) 0);
    }

    /** Of a route that is only served over the network. */
    Context context() {
        if (request instanceof HttpRequest(Context context)) {
            return context;
        }
        throw new IllegalStateException("only a call over the network has a connection");
    }

    /**
     * Begins an answer that is written as it is taken, and that ends where the caller takes it too slowly.
     *
     * @param connections are not used for a call on the machine itself
     * @param headers besides the content type
     */
    OutputStream stream(Connections connections, String contentType, Map<String, String> headers) throws IOException {
        OutputStream out = request.stream(contentType, headers);
        return request instanceof HttpRequest(Context context) ? connections.paced(context, out) : out;
    }

    Principal principal() {
        Principal known = principal;
        if (known == null) {
            throw new IllegalStateException("an open route asks who calls");
        }
        return known;
    }

    Actor actor() {
        Actor known = actor;
        if (known == null) {
            throw new IllegalStateException("an open route asks who calls");
        }
        return known;
    }

    /** The name of this machine as the caller used it; empty where he used none. */
    String host() {
        return request.host();
    }

    /** Where the caller reached the API, such as {@code https://backup:8808}; empty on the machine itself. */
    String base() {
        return request.base();
    }

    String address() {
        return request.address();
    }

    /** What the reader speaks, of those that there are texts in. */
    Locale language() {
        String accepted = request.header("Accept-Language");
        return accepted != null && accepted.toLowerCase(Locale.ROOT).startsWith("zh")
                ? Locale.SIMPLIFIED_CHINESE
                : Locale.ENGLISH;
    }

    String path(String name) {
        return request.path(name);
    }

    String query(String name, String otherwise) throws Problem {
        String value = request.query(name);
        if (value != null && (value.length() > MOST_QUERY_CHARACTERS || value.indexOf('\0') >= 0)) {
            throw Problem.invalid(Phrase.of("api.parameter").with("name", name).with("most", MOST_QUERY_CHARACTERS));
        }
        return value == null ? otherwise : value;
    }

    /** All that were given. */
    List<String> queries(String name) {
        return request.queries(name);
    }

    long number(String name, long otherwise) throws Problem {
        try {
            String value = request.query(name);
            return value == null ? otherwise : Long.parseLong(value);
        } catch (NumberFormatException e) {
            throw Problem.invalid(Phrase.of("api.no-number").with("text", name));
        }
    }

    /** Null where nobody asks for it. */
    @Nullable
    Instant moment(String name) throws Problem {
        String value = query(name, "");
        try {
            return value.isEmpty() ? null : Moments.parse(value);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid(
                    Phrase.of("api.parameter-wrong").with("name", name).with("reason", e));
        }
    }

    long id(String name) throws Problem {
        try {
            return Long.parseLong(path(name));
        } catch (NumberFormatException e) {
            throw Problem.notFound(Phrase.of("api.no-number").with("text", path(name)));
        }
    }

    int limit() throws Problem {
        return Math.clamp(number("limit", DEFAULT_LIMIT), 1, MOST);
    }

    /** Whether a list is to begin with the oldest. */
    boolean oldestFirst() throws Problem {
        return switch (query("order", "newest")) {
            case "newest" -> false;
            case "oldest" -> true;
            default -> throw Problem.invalid(Phrase.of("api.order"));
        };
    }

    /** Which part of a list: behind ?before=, or with ?order=oldest behind ?after=. */
    ListPart part() throws Problem {
        boolean oldest = oldestFirst();
        String cursor = oldest ? "after" : "before";
        return new ListPart(oldest, request.query(cursor) == null ? null : number(cursor, 0), limit());
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
            throw Problem.invalid(Phrase.of("body.empty"));
        }
        Bounds.check(parsed);
        return parsed;
    }

    /** The beginning of a text that others wrote. */
    static String cut(String text, int characters) {
        return text.length() <= characters ? text : text.substring(0, characters) + "…";
    }
}
