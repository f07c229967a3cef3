package dev.holdfast.api;

import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The console's files, from the class path, where {@code web} puts them with a list of their names. They are held in memory,
 * with what the build compressed; nothing outside the list can be asked for. Whatever is no file is a page of the console, which finds its way
 * itself.
 */
final class ConsoleFiles {
    private static final String ROOT = "/dev/holdfast/console/";
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "svg", "image/svg+xml",
            "woff2", "font/woff2",
            "json", "application/json",
            "txt", "text/plain; charset=utf-8");

    private record Asset(String type, byte[] plain, byte @Nullable [] brotli, byte @Nullable [] gzip) {}

    private final Map<String, Asset> files = new HashMap<>();

    /** Without a console in the class path, there is none to be served. */
    ConsoleFiles() throws IOException {
        byte[] list = read("files.txt");
        if (list == null) {
            return;
        }
        for (String name : new String(list, StandardCharsets.UTF_8).lines().toList()) {
            byte[] plain = read(name);
            if (plain == null) {
                throw new IOException("the console lacks its file " + name);
            }
            String type = TYPES.getOrDefault(
                    name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT), "application/octet-stream");
            files.put("/" + name, new Asset(type, plain, read(name + ".br"), read(name + ".gz")));
        }
    }

    private static byte @Nullable [] read(String name) throws IOException {
        try (InputStream in = ConsoleFiles.class.getResourceAsStream(ROOT + name)) {
            return in == null ? null : in.readAllBytes();
        }
    }

    /** Returns whether there was something to serve. */
    boolean serve(Context context) {
        String path = context.path();
        Asset file = files.get(path);
        if (file == null) {
            boolean page = !path.startsWith(ApiServer.ROOT) && !path.startsWith("/assets/");
            file = page ? files.get("/index.html") : null;
        } else if (path.startsWith("/assets/")) {
            // Their names change with their content.
            context.header("Cache-Control", "public, max-age=31536000, immutable");
        }
        if (file == null) {
            return false;
        }
        context.contentType(file.type);
        context.disableCompression();
        context.header("Vary", "Accept-Encoding");
        String accepted = Objects.requireNonNullElse(context.header("Accept-Encoding"), "");
        if (file.brotli != null && accepted.contains("br")) {
            context.header("Content-Encoding", "br");
            context.result(file.brotli);
        } else if (file.gzip != null && accepted.contains("gzip")) {
            context.header("Content-Encoding", "gzip");
            context.result(file.gzip);
        } else {
            context.result(file.plain);
        }
        return true;
    }
}
