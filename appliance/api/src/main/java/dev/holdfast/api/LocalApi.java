package dev.holdfast.api;

import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.ClientAddress;
import dev.holdfast.control.usecase.UseCases;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The API on the machine itself: the same routes as over the network, except those that sign in, or follow what happens. The
 * caller has been authenticated before. Safe for use by several threads.
 */
public final class LocalApi {
    private static final System.Logger LOG = System.getLogger(LocalApi.class.getName());

    private final List<Route> routes;

    /**
     * What is answered.
     *
     * @param status of HTTP
     * @param body JSON, empty where there is none
     */
    public record Answer(int status, byte[] body) {}

    /** A route, and the parts of a path that its names stand for. */
    private record Match(Route route, Map<String, String> names) {}

    @SuppressWarnings("NullAway") // Only downloads, which are left out, use connections.
    public LocalApi(UseCases useCases, ClientAddress clients) {
        this.routes = Routes.local(useCases, clients, null).stream()
                .filter(Route::local)
                .toList();
    }

    /**
     * Does what is asked.
     *
     * @param target path below {@code /api/v1}, and query, encoded as in a URL
     */
    public Answer call(Actor actor, String method, String target, byte[] body) {
        return call(actor, method, target, body, new Streaming(() -> {
            throw Problem.notFound(
                    Phrase.of("api.nothing-on-machine").with("method", method).with("path", target));
        }));
    }

    /** Where an answer goes that is written as it is taken. One call's. */
    public static final class Streaming {
        private final Opening opening;
        private boolean opened;

        /** Called once at most, when it is known that there is something to write. */
        public interface Opening {
            OutputStream open() throws IOException;
        }

        public Streaming(Opening opening) {
            this.opening = opening;
        }

        private OutputStream open() throws IOException {
            OutputStream out = opening.open();
            opened = true;
            return out;
        }

        /** Whether the answer was written so; then the one that is returned says only whether all of it was. */
        public boolean opened() {
            return opened;
        }
    }

    /** Does what is asked, which may be a download. */
    public Answer call(Actor actor, String method, String target, byte[] body, Streaming streaming) {
        try {
            return run(actor, method, target, body, streaming);
        } catch (IOException | RuntimeException e) {
            Problem refused = Problem.of(e);
            if (refused == null) {
                LOG.log(System.Logger.Level.WARNING, "a call of " + target + " failed", e);
                refused = new Problem(500, "internal", Phrase.why(e));
            }
            return problem(refused);
        }
    }

    private Answer run(Actor actor, String method, String target, byte[] body, Streaming streaming) throws IOException {
        int mark = target.indexOf('?');
        Match match = find(method, mark < 0 ? target : target.substring(0, mark));
        Map<String, List<String>> queries = queries(mark < 0 ? "" : target.substring(mark + 1));
        if (body.length > match.route.bodyBytes()) {
            throw new Problem(413, "too-large", Phrase.of("api.too-large-here").with("most", match.route.bodyBytes()));
        }
        Object answer =
                match.route.action().run(Call.on(new LocalRequest(match.names, queries, streaming), actor, body));
        return answer.equals(Route.DONE) || answer.equals(Route.STREAMED)
                ? new Answer(204, new byte[0])
                : new Answer(200, Call.JSON.writeValueAsBytes(answer));
    }

    private Match find(String method, String path) throws Problem {
        String[] parts = path.substring(1).split("/", -1);
        Match found = null;
        for (Route each : routes) {
            Map<String, String> names = each.method().name().equals(method) ? names(each.path(), parts) : null;
            // A path without names says more than one with them.
            if (names != null && (found == null || names.size() < found.names.size())) {
                found = new Match(each, names);
            }
        }
        if (found == null) {
            throw Problem.notFound(
                    Phrase.of("api.nothing-on-machine").with("method", method).with("path", path));
        }
        return found;
    }

    private static @Nullable Map<String, String> names(String route, String[] parts) {
        String[] wanted = route.substring(1).split("/", -1);
        if (wanted.length != parts.length) {
            return null;
        }
        Map<String, String> names = new HashMap<>();
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].startsWith("{")) {
                names.put(wanted[i].substring(1, wanted[i].length() - 1), decode(parts[i].replace("+", "%2B")));
            } else if (!wanted[i].equals(parts[i])) {
                return null;
            }
        }
        return names;
    }

    private static Map<String, List<String>> queries(String text) {
        Map<String, List<String>> queries = new HashMap<>();
        for (String each : text.isEmpty() ? new String[0] : text.split("&")) {
            int equals = each.indexOf('=');
            String name = decode(equals < 0 ? each : each.substring(0, equals));
            queries.computeIfAbsent(name, key -> new ArrayList<>())
                    .add(equals < 0 ? "" : decode(each.substring(equals + 1)));
        }
        return queries;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static Answer problem(Problem problem) {
        return new Answer(
                problem.status(),
                Errors.problem(
                        problem.status(), problem.type(), String.valueOf(problem.getMessage()), problem.phrase()));
    }

    /** What is asked on the machine itself. */
    private record LocalRequest(Map<String, String> names, Map<String, List<String>> all, Streaming streaming)
            implements Request {
        @Override
        public String path(String name) {
            return names.getOrDefault(name, "");
        }

        @Override
        public @Nullable String query(String name) {
            List<String> values = all.get(name);
            return values == null ? null : values.getFirst();
        }

        @Override
        public List<String> queries(String name) {
            return all.getOrDefault(name, List.of());
        }

        @Override
        public @Nullable String header(String name) {
            return null;
        }

        @Override
        public String address() {
            return "";
        }

        @Override
        public String host() {
            return "";
        }

        @Override
        public String base() {
            return "";
        }

        @Override
        public OutputStream stream(String contentType, Map<String, String> headers) throws IOException {
            return streaming.open();
        }
    }
}
