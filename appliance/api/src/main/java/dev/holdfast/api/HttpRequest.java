package dev.holdfast.api;

import io.javalin.http.Context;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One over the network. */
record HttpRequest(Context context) implements Request {
    @Override
    public String path(String name) {
        return context.pathParam(name);
    }

    @Override
    public @Nullable String query(String name) {
        return context.queryParam(name);
    }

    @Override
    public List<String> queries(String name) {
        return context.queryParams(name);
    }

    @Override
    public @Nullable String header(String name) {
        return context.header(name);
    }

    @Override
    public String address() {
        return context.ip();
    }

    @Override
    public String host() {
        return context.req().getServerName();
    }

    @Override
    public String base() {
        return "https://" + host() + ":" + context.req().getServerPort();
    }

    @Override
    public OutputStream stream(String contentType, Map<String, String> headers) {
        context.contentType(contentType);
        headers.forEach(context::header);
        context.disableCompression();
        return context.outputStream();
    }
}
