package dev.holdfast.api;

import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** What the server below says of requests that never become calls, in the form of all our problems. */
final class Errors extends ErrorHandler {
    static final String TYPE = "application/problem+json; charset=utf-8";

    /** @param phrase the detail for other languages */
    static byte[] problem(int status, String type, String detail, Phrase phrase) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "urn:holdfast:" + type);
        problem.put("title", type);
        problem.put("status", status);
        problem.put("detail", detail);
        if (!phrase.isPlain()) {
            problem.put("phrase", phrase);
        }
        try {
            return Call.JSON.writeValueAsBytes(problem);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] problem(int status) {
        Phrase detail = switch (status) {
            case HttpStatus.URI_TOO_LONG_414 -> Phrase.of("api.address-too-long");
            case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 -> Phrase.of("api.headers-too-large");
            case HttpStatus.REQUEST_TIMEOUT_408 -> Phrase.of("api.timeout");
            case HttpStatus.HTTP_VERSION_NOT_SUPPORTED_505 -> Phrase.of("api.http-version");
            default -> status >= 500 ? Phrase.of("api.failed") : Phrase.of("api.no-http");
        };
        return problem(status, status >= 500 && status != 505 ? "internal" : "http", detail.english(), detail);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        respond(response, response.getStatus(), callback);
        return true;
    }

    @Override
    protected void generateResponse(
            Request request,
            Response response,
            int code,
            String message,
            @Nullable Throwable cause,
            Callback callback) {
        respond(response, code, callback);
    }

    private static void respond(Response response, int given, Callback callback) {
        int status = given < 400 ? 500 : given;
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, TYPE);
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.getHeaders().put("X-Content-Type-Options", "nosniff");
        Content.Sink.write(response, true, new String(problem(status), StandardCharsets.UTF_8), callback);
    }
}
