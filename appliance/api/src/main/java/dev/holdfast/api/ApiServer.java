package dev.holdfast.api;

import dev.holdfast.control.access.Principal;
import dev.holdfast.control.fair.BusyException;
import dev.holdfast.control.fair.FairQueue;
import dev.holdfast.control.fair.Workers;
import dev.holdfast.control.usecase.ClientAddress;
import dev.holdfast.control.usecase.SignIn;
import dev.holdfast.control.usecase.UseCases;
import dev.holdfast.protocol.phrase.Phrase;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** The API over HTTPS: who calls is known, what he may is checked, what he did is noted. */
public final class ApiServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ApiServer.class.getName());
    static final String ROOT = "/api/v1";
    private static final int HEADER_BYTES = 8 << 10;

    /** Memory of bodies and answers is dealt in pieces of so many bytes. */
    private static final int PIECE_BYTES = 64 << 10;

    private static final int MOST_MEMORY_BYTES = 128 << 20;
    private static final int LEAST_MEMORY_BYTES = 32 << 20;
    private static final int LEAST_ANSWERS_OF_USER = 4;
    private static final int MEMORY_SHARE_OF_HEAP = 6;
    private static final Pattern CLASS_NAME = Pattern.compile("\\b(?:[a-z_]\\w*\\.){2,}[A-Z][\\w$]*");

    private final Connections connections = new Connections(Connections.Limits.DEFAULT);
    private final Callers callers;
    private final RepeatedCalls repeated;
    private final Workers quick =
            new Workers(Phrase.of("busy.calls"), new FairQueue.Limits(4, 2, 512, 64, Duration.ofSeconds(20)));
    private final Workers searches =
            new Workers(Phrase.of("busy.searches"), new FairQueue.Limits(3, 1, 64, 8, Duration.ofSeconds(20)));
    private final Workers downloads =
            new Workers(Phrase.of("busy.downloads"), new FairQueue.Limits(8, 2, 64, 8, Duration.ofSeconds(20)));
    private final FairQueue bodies = new FairQueue(Phrase.of("busy.bodies"), ofBodies());
    private final FairQueue answers = new FairQueue(Phrase.of("busy.answers"), ofAnswers());
    private final Live live;
    private final ConsoleFiles console;
    private final Javalin javalin;

    /** Begins to listen. */
    public ApiServer(InetSocketAddress address, SSLContext tls, UseCases use, SignIn signIn, ClientAddress clients)
            throws IOException {
        callers = new Callers(signIn.access(), signIn.records(), connections);
        repeated = new RepeatedCalls(signIn.records());
        console = new ConsoleFiles();
        live = new Live(use);
        List<Route> routes = Routes.all(use, signIn, clients, live, connections);
        byte[] description = OpenApi.describe(routes);
        try {
            javalin = Javalin.create(config -> configure(config, address, tls, routes, description))
                    .start();
        } catch (RuntimeException e) {
            closeWorkers();
            throw new IOException("the API cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    public int port() {
        return javalin.port();
    }

    private void configure(
            JavalinConfig config, InetSocketAddress address, SSLContext tls, List<Route> routes, byte[] description) {
        config.startup.showJavalinBanner = false;
        config.http.prefer405over404 = true;
        config.jetty.modifyServer(server -> server.setErrorHandler(new Errors()));
        config.jetty.modifyServletContextHandler(handler -> handler.setErrorHandler(new Errors()));
        // A console that listens holds a thread.
        config.concurrency.useVirtualThreads = true;
        config.jetty.addConnector((server, http) -> connector(server, http, address, tls));
        config.routes.before(ApiServer::headers);
        config.routes.get(ROOT + "/openapi.json", context -> answer(context, description));
        config.routes.head(ROOT + "/openapi.json", context -> context.attribute("answered", true));
        for (Route route : routes) {
            config.routes.addHttpHandler(
                    HandlerType.findOrCreate(route.method().name()),
                    ROOT + route.path(),
                    context -> serve(route, context));
            if (route.method() == Route.Method.GET) {
                // Else it would be answered without asking who calls.
                config.routes.head(ROOT + route.path(), context -> serve(route, context));
            }
        }
        config.routes.exception(Exception.class, (e, context) -> failed(e, context));
        // Else Javalin answers these in its own words.
        config.routes.exception(HttpResponseException.class, (e, context) -> {
            // Pages of the console are no routes of the API.
            if (e.getStatus() != 404 || !serveConsole(context)) {
                failed(e, context);
            }
        });
        config.routes.error(405, context -> {
            if (context.attribute("answered") == null) {
                notDoneThere(context);
            }
        });
        config.routes.error(404, context -> {
            if (context.attribute("answered") == null && !serveConsole(context)) {
                nothingThere(context);
            }
        });
    }

    private ServerConnector connector(
            Server server, HttpConfiguration http, InetSocketAddress address, SSLContext tls) {
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setSslContext(tls);
        factory.setIncludeProtocols("TLSv1.3");
        http.setSendServerVersion(false);
        http.setSendXPoweredBy(false);
        http.setRequestHeaderSize(HEADER_BYTES);
        http.addCustomizer(connections);
        // The appliance is reached by address as often as by name.
        http.addCustomizer(new SecureRequestCustomizer(false));
        ServerConnector connector = connections.connector(
                server, new SslConnectionFactory(factory, "http/1.1"), new HttpConnectionFactory(http));
        connector.setHost(address.getHostString());
        connector.setPort(address.getPort());
        return connector;
    }

    private static void headers(Context context) {
        context.header(
                "Content-Security-Policy",
                "default-src 'self'; img-src 'self' data:; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
                        + " frame-ancestors 'none'");
        context.header("Strict-Transport-Security", "max-age=31536000");
        context.header("X-Content-Type-Options", "nosniff");
        context.header("X-Frame-Options", "DENY");
        context.header("Referrer-Policy", "no-referrer");
        context.header("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
        context.header("Cross-Origin-Opener-Policy", "same-origin");
        context.header("Cross-Origin-Resource-Policy", "same-origin");
        context.header("Cache-Control", "no-store");
    }

    // ---- a call

    private void serve(Route route, Context context) throws IOException {
        if (route.guard() == Route.Guard.OPEN || route.guard() == Route.Guard.RETURNING) {
            callers.admitStranger(route, context);
            if (!isHead(context)) {
                byte[] body = Bodies.read(context, route.bodyBytes());
                write(context, ran(route, Call.over(new HttpRequest(context), null, body)));
            }
            return;
        }
        Principal principal = callers.admit(route, context);
        if (isHead(context)) {
            context.attribute("answered", true);
        } else {
            perform(route, context, principal);
        }
    }

    private static boolean isHead(Context context) {
        return context.method().equals(HandlerType.HEAD);
    }

    /** On the threads that the route wants, with memory for what is sent both ways. */
    private void perform(Route route, Context context, Principal principal) throws IOException {
        String user = principal.user();
        Workers workers = switch (route.lane()) {
            case QUICK -> quick;
            case SEARCH -> searches;
            case DOWNLOAD, STREAM -> downloads;
            case OWN -> null;
        };
        try (FairQueue.Turn _ = bodies.take(user, pieces(expectedBytes(route, context)), false)) {
            Call call = Call.over(new HttpRequest(context), principal, Bodies.read(context, route.bodyBytes()));
            if (workers == null) {
                write(context, ran(route, call));
                return;
            }
            int answerBytes = route.lane() == Route.Lane.DOWNLOAD || route.lane() == Route.Lane.STREAM
                    ? PIECE_BYTES
                    : JsonAnswer.MOST_BYTES;
            // What waits for a thread holds no memory for its answer: else a user's searches would take that of his
            // other calls.
            try (Workers.Seat seat = workers.take(user);
                    FairQueue.Turn room = answers.takeBeside(user, pieces(answerBytes))) {
                byte @Nullable [] answer = seat.run(() -> ran(route, call));
                room.shrink(pieces(answer == null ? 0 : answer.length));
                write(context, answer);
            }
        }
    }

    private byte @Nullable [] ran(Route route, Call call) throws IOException {
        try {
            return repeated.run(route, call);
        } finally {
            call.forgetBody();
        }
    }

    private static int expectedBytes(Route route, Context context) {
        if (route.method() == Route.Method.GET) {
            return 0;
        }
        int told = context.req().getContentLength();
        return told < 0 ? route.bodyBytes() : Math.min(told, route.bodyBytes());
    }

    private static int pieces(int bytes) {
        return Math.ceilDiv(bytes, PIECE_BYTES);
    }

    /** A quarter of the memory; a user may have a quarter of that. */
    private static FairQueue.Limits ofBodies() {
        int pieces = memoryPieces() / 4;
        return new FairQueue.Limits(pieces, pieces / 4, 512, 64, Duration.ofSeconds(20));
    }

    /** The rest of it; a user may have a quarter of that, and enough for a few calls of the greatest size in any case. */
    private static FairQueue.Limits ofAnswers() {
        int pieces = memoryPieces() - memoryPieces() / 4;
        int least = LEAST_ANSWERS_OF_USER * pieces(JsonAnswer.MOST_BYTES);
        return new FairQueue.Limits(pieces, Math.max(pieces / 4, least), 64, 8, Duration.ofSeconds(5));
    }

    private static int memoryPieces() {
        long bytes = Math.clamp(
                Runtime.getRuntime().maxMemory() / MEMORY_SHARE_OF_HEAP, (long) LEAST_MEMORY_BYTES, MOST_MEMORY_BYTES);
        return (int) (bytes / PIECE_BYTES);
    }

    private void write(Context context, byte @Nullable [] body) throws IOException {
        if (context.attribute("answered") == null) {
            answer(context, body);
        }
    }

    private void answer(Context context, byte @Nullable [] body) throws IOException {
        context.attribute("answered", true);
        if (body == null) {
            context.status(204);
            return;
        }
        context.contentType("application/json; charset=utf-8");
        if (context.method().equals(HandlerType.GET)) {
            String tag = '"' + JsonAnswer.hash(body) + '"';
            context.header("ETag", tag);
            if (tag.equals(context.header("If-None-Match"))) {
                context.status(304);
                return;
            }
        }
        if (body.length <= PIECE_BYTES) {
            context.result(body);
            return;
        }
        try (OutputStream out = connections.paced(context, context.outputStream())) {
            for (int at = 0; at < body.length; at += PIECE_BYTES / 4) {
                out.write(body, at, Math.min(PIECE_BYTES / 4, body.length - at));
            }
        }
    }

    private static void failed(Exception e, Context context) {
        if (context.res().isCommitted()) {
            // What was sent must not look whole: the connection breaks instead of ending well.
            LOG.log(System.Logger.Level.WARNING, "an answer to " + context.path() + " broke off", e);
            ServletContextRequest.getServletContextRequest(context.req())
                    .getConnectionMetaData()
                    .getConnection()
                    .getEndPoint()
                    .close();
            return;
        }
        Problem refused = Problem.of(e);
        if (e instanceof BusyException) {
            context.header("Retry-After", "10");
        }
        if (refused != null) {
            problem(context, refused.status(), refused.type(), refused.phrase());
        } else if (e instanceof HttpResponseException h) {
            refused(h.getStatus(), context);
        } else {
            LOG.log(System.Logger.Level.ERROR, "a call of " + context.path() + " failed", e);
            problem(context, 500, "internal", Phrase.of("api.failed"));
        }
    }

    /** What the server itself refused: its reasons are in words of a library. */
    private static void refused(int status, Context context) {
        switch (status) {
            case 404 -> nothingThere(context);
            case 405 -> notDoneThere(context);
            default ->
                problem(context, status, "http", Phrase.of("api.unreadable").with("address", ROOT + "/openapi.json"));
        }
    }

    private static void nothingThere(Context context) {
        problem(context, 404, "not-found", Phrase.of("api.nothing-there").with("path", context.path()));
    }

    private static void notDoneThere(Context context) {
        problem(
                context,
                405,
                "method",
                Phrase.of("api.method").with("method", context.method().name()).with("path", context.path()));
    }

    private static void problem(Context context, int status, String type, Phrase phrase) {
        Bodies.discard(context);
        // The beginning of a download that failed before any of it was sent.
        context.res().resetBuffer();
        context.res().setHeader("Content-Disposition", null);
        context.attribute("answered", true);
        context.status(status);
        context.contentType(Errors.TYPE);
        String problem = new String(Errors.problem(status, type, phrase.english(), phrase), StandardCharsets.UTF_8);
        // Whatever a library says, in whichever part of the phrase, names of classes are nobody's business.
        context.result(CLASS_NAME.matcher(problem).replaceAll("a value"));
    }

    private boolean serveConsole(Context context) {
        if (!context.method().equals(HandlerType.GET) && !isHead(context) || !console.serve(context)) {
            return false;
        }
        context.status(200);
        return true;
    }

    @Override
    public void close() {
        live.close();
        javalin.stop();
        closeWorkers();
    }

    private void closeWorkers() {
        live.close();
        connections.close();
        quick.close();
        searches.close();
        downloads.close();
    }
}
