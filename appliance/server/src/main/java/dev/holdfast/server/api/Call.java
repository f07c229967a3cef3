package dev.holdfast.server.api;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.server.access.Principal;
import dev.holdfast.server.control.ControlDb;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A call as routes see it: who calls, and what was sent. */
final class Call {
    static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES);
    private static final int DEFAULT_LIMIT = 100;
    private static final int MOST = 1000;

    private final Context context;
    private final @Nullable Principal principal;

    Call(Context context, @Nullable Principal principal) {
        this.context = context;
        this.principal = principal;
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

    String query(String name, String otherwise) {
        String value = context.queryParam(name);
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

    <T> T body(Class<T> type) throws IOException {
        try {
            T body = JSON.readValue(context.bodyAsBytes(), type);
            if (body == null) {
                throw Problem.invalid("the body is empty");
            }
            return body;
        } catch (JacksonException e) {
            throw Problem.invalid("the body is no such JSON: " + e.getOriginalMessage());
        }
    }

    /** Somebody who may not see a node is told that there is none. */
    ControlDb.Node node(ControlDb control, String name) throws IOException {
        return control.nodeByName(name)
                .filter(node -> principal().sees(node.name()))
                .orElseThrow(() -> Problem.notFound("there is no node '" + name + "'"));
    }
}
