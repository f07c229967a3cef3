package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The appliance's API as commands call it, by whichever way: the administration socket, HTTPS, or in this process where no
 * appliance runs. What the API refuses becomes an exception with the exit code of its kind. One thread's.
 */
final class ApiClient implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper().registerModule(Moments.module());
    private static final byte[] NOTHING = new byte[0];
    /** Of one page of a list, as the API limits it. */
    static final int PAGE = 1000;

    private final Transport transport;
    private final Commands commands;

    /** How calls reach the API. */
    interface Transport extends AutoCloseable {
        /** @param target path below {@code /api/v1}, and query, encoded */
        Answer call(String method, String target, byte[] body) throws IOException;

        /**
         * Gets what is written as it is taken.
         *
         * @param out gets the content where the status is 200
         * @throws IOException also where the content breaks off
         */
        Answer download(String target, OutputStream out) throws IOException;

        /** Whether an appliance runs behind it. */
        boolean running();

        @Override
        void close() throws IOException;
    }

    /** @param status of HTTP */
    record Answer(int status, byte[] body) {}

    /** Commands on the same appliance, as people enter them. */
    interface Commands {
        String of(String... words);
    }

    ApiClient(Transport transport, Commands commands) {
        this.transport = transport;
        this.commands = commands;
    }

    boolean running() {
        return transport.running();
    }

    /** A command on the same appliance, as it is entered. */
    String command(String... words) {
        return commands.of(words);
    }

    /** @throws IOException where no appliance runs */
    void requireRunning() throws IOException {
        if (!running()) {
            throw new IOException("the appliance is not running; start it with: " + command("run"));
        }
    }

    /** A path of the API from its parts, each encoded. */
    static String path(String... parts) {
        StringBuilder path = new StringBuilder();
        for (String each : parts) {
            path.append('/').append(encode(each));
        }
        return path.toString();
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    JsonNode get(String path) throws IOException {
        return call("GET", path, null);
    }

    JsonNode post(String path, @Nullable Object body) throws IOException {
        return call("POST", path, body);
    }

    JsonNode put(String path, @Nullable Object body) throws IOException {
        return call("PUT", path, body);
    }

    JsonNode delete(String path) throws IOException {
        return call("DELETE", path, null);
    }

    /** How the next page of a list is asked for: by what. */
    enum Paging {
        /** Each page has {@code next}, to be given as {@code before}; 0 or null at the end. */
        BEFORE,
        /** Each page has {@code next}, to be given as {@code after}; empty at the end. */
        AFTER,
        /** There is one page. */
        ONE
    }

    /**
     * A list of the API, page by page.
     *
     * @param query further parameters, such as {@code node}
     * @param most elements at most
     */
    List<JsonNode> list(String path, String field, Paging paging, Map<String, String> query, int most)
            throws IOException {
        List<JsonNode> found = new ArrayList<>();
        String next = "";
        do {
            StringBuilder target = new StringBuilder(path + "?limit=" + Math.clamp(most - found.size(), 1, PAGE));
            query.forEach(
                    (name, value) -> target.append('&').append(name).append('=').append(encode(value)));
            if (!next.isEmpty()) {
                target.append('&')
                        .append(paging == Paging.AFTER ? "after" : "before")
                        .append('=')
                        .append(encode(next));
            }
            JsonNode page = get(target.toString());
            page.path(field).forEach(found::add);
            next = next(paging, page.path("next"));
        } while (!next.isEmpty() && found.size() < most);
        return found.size() > most ? found.subList(0, most) : found;
    }

    private static String next(Paging paging, JsonNode next) {
        boolean end =
                paging == Paging.ONE || next.isMissingNode() || next.isNull() || next.isNumber() && next.asLong() == 0;
        return end ? "" : next.asText();
    }

    /** Gets a file or an archive. */
    void download(String path, OutputStream out) throws IOException {
        Answer answer = transport.download(path, out);
        if (answer.status / 100 != 2) {
            throw refused(answer);
        }
    }

    private JsonNode call(String method, String target, @Nullable Object body) throws IOException {
        Answer answer = transport.call(method, target, body == null ? NOTHING : JSON.writeValueAsBytes(body));
        if (answer.status / 100 != 2) {
            throw refused(answer);
        }
        return answer.body.length == 0 ? JSON.missingNode() : JSON.readTree(answer.body);
    }

    /** What was refused, as commands fail: {@link Failure} has the exit codes. */
    private static IOException refused(Answer answer) {
        JsonNode problem;
        try {
            problem = JSON.readTree(answer.body);
        } catch (IOException e) {
            problem = JSON.missingNode();
        }
        String detail = problem.path("detail").asText("the appliance answered with HTTP status " + answer.status);
        String type = problem.path("type").asText();
        return switch (answer.status) {
            case 404 -> new Failure.NotFoundException(detail);
            case 409 -> conflict(type, detail);
            case 401, 403 -> new Failure.RefusedException(detail);
            case 400, 413, 422 -> new Failure.UsageException(detail);
            case 500 -> type.equals("urn:holdfast:damaged") ? FormatException.corrupt(detail) : new IOException(detail);
            default -> new IOException(detail);
        };
    }

    private static IOException conflict(String type, String detail) {
        return switch (type) {
            case "urn:holdfast:unchanged" -> new Failure.NotFoundException(detail);
            case "urn:holdfast:not-running" -> new IOException(detail);
            case "urn:holdfast:in-use" -> new Failure.InUseException(detail);
            default -> new Failure.RefusedException(detail);
        };
    }

    @Override
    public void close() throws IOException {
        transport.close();
    }
}
