package dev.holdfast.api;

import com.fasterxml.jackson.databind.JsonMappingException;
import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.fair.AddressBlock;
import dev.holdfast.control.fair.BusyException;
import dev.holdfast.control.fair.FairQueue;
import dev.holdfast.control.fair.RateLimiter;
import dev.holdfast.control.fair.Workers;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.CallRecords;
import dev.holdfast.control.usecase.ClientAddress;
import dev.holdfast.control.usecase.SignIn;
import dev.holdfast.control.usecase.UseCases;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
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
    private static final String COOKIE = "__Host-holdfast";
    private static final int HEADER_BYTES = 8 << 10;
    private static final int SIGN_INS_A_MINUTE = 20;
    private static final int STRANGERS_A_MINUTE = 600;
    private static final int CALLS_A_MINUTE = 1200;
    private static final int REMEMBERED_CALLERS = 10_000;
    private static final int ANSWER_BYTES = 4 << 20;
    private static final int KEPT_ANSWER_CHARACTERS = 16 << 10;
    private static final int AUDITED_CHARACTERS = 300;

    /** Memory of bodies and answers is dealt in pieces of so many bytes. */
    private static final int PIECE_BYTES = 64 << 10;

    private static final int MOST_MEMORY_BYTES = 128 << 20;
    private static final int LEAST_MEMORY_BYTES = 32 << 20;
    private static final int LEAST_ANSWERS_OF_USER = 4;
    private static final int MEMORY_SHARE_OF_HEAP = 6;
    private static final Pattern CLASS_NAME = Pattern.compile("\\b(?:[a-z_]\\w*\\.){2,}[A-Z][\\w$]*");

    private final Access access;
    private final CallRecords records;
    private final RateLimiter<String> signIns = perMinute(SIGN_INS_A_MINUTE);
    private final RateLimiter<String> strangers = perMinute(STRANGERS_A_MINUTE);
    private final RateLimiter<String> calls = perMinute(CALLS_A_MINUTE);
    private final Connections connections = new Connections(Connections.Limits.DEFAULT);
    private final Workers quick = new Workers("calls", new FairQueue.Limits(4, 2, 512, 64, Duration.ofSeconds(20)));
    private final Workers searches = new Workers("searches", new FairQueue.Limits(3, 1, 64, 8, Duration.ofSeconds(20)));
    private final Workers downloads =
            new Workers("downloads", new FairQueue.Limits(8, 2, 64, 8, Duration.ofSeconds(20)));
    private final FairQueue bodies = new FairQueue("calls with a body of this size", ofBodies());
    private final FairQueue answers = new FairQueue("answers that have not been taken", ofAnswers());
    private final Live live;
    private final ConsoleFiles console;
    private final Javalin javalin;

    private static RateLimiter<String> perMinute(int calls) {
        return new RateLimiter<>(REMEMBERED_CALLERS, calls, calls / 60.0, System::nanoTime);
    }

    /** Begins to listen. */
    public ApiServer(InetSocketAddress address, SSLContext tls, UseCases use, SignIn signIn, ClientAddress clients)
            throws IOException {
        this.access = signIn.access();
        this.records = signIn.records();
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
                problem(
                        context,
                        405,
                        "method",
                        "this is not done at " + context.path() + "; the header Allow says what is");
            }
        });
        config.routes.error(404, context -> {
            if (context.attribute("answered") == null && !serveConsole(context)) {
                problem(context, 404, "not-found", "there is nothing at " + context.path());
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
            if (route.guard() == Route.Guard.OPEN) {
                requireSameSite(context);
            }
            // Who comes back from the provider signs in.
            boolean looking = route.method() == Route.Method.GET && route.guard() == Route.Guard.OPEN;
            if (!(looking ? strangers : signIns).take(AddressBlock.of(context.ip()))) {
                throw new Problem(429, "too-many", "too many attempts; wait a minute");
            }
            if (!isHead(context)) {
                byte[] body = Bodies.read(context, route.bodyBytes());
                write(context, run(route, Call.over(new HttpRequest(context), null, body)));
            }
            return;
        }
        Principal principal = who(context);
        if (!connections.identified(Connections.peer(context), principal.user())) {
            context.header("Connection", "close");
            throw new Problem(
                    429,
                    "too-many",
                    "user '" + principal.user() + "' has " + Connections.Limits.DEFAULT.ofUser()
                            + " connections with calls that have not ended, the most; let some end first");
        }
        if (!calls.take(principal.user())) {
            throw new Problem(429, "too-many", "more than " + CALLS_A_MINUTE + " calls in a minute");
        }
        if (!principal.byToken() && route.method() != Route.Method.GET) {
            requireOwnPage(context, principal);
        }
        if (route.permission() != null && !principal.may(route.permission())) {
            records.refused(
                    Actor.of(principal),
                    route.method() + " " + route.path(),
                    Call.cut(context.path(), AUDITED_CHARACTERS),
                    principal.role().text());
            throw new Problem(403, "forbidden", "your role, " + principal.role().text() + ", may not do this");
        }
        guard(route, context, principal);
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
            case DOWNLOAD -> downloads;
            case OWN -> null;
        };
        try (FairQueue.Turn _ = bodies.take(user, pieces(expectedBytes(route, context)), false)) {
            Call call = Call.over(new HttpRequest(context), principal, Bodies.read(context, route.bodyBytes()));
            if (workers == null) {
                write(context, run(route, call));
                return;
            }
            int answerBytes = route.lane() == Route.Lane.DOWNLOAD ? PIECE_BYTES : ANSWER_BYTES;
            // What waits for a thread holds no memory for its answer: else a user's searches would take that of his
            // other calls.
            try (Workers.Seat seat = workers.take(user);
                    FairQueue.Turn room = answers.takeBeside(user, pieces(answerBytes))) {
                byte @Nullable [] answer = seat.run(() -> run(route, call));
                room.shrink(pieces(answer == null ? 0 : answer.length));
                write(context, answer);
            }
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
        int least = LEAST_ANSWERS_OF_USER * pieces(ANSWER_BYTES);
        return new FairQueue.Limits(pieces, Math.max(pieces / 4, least), 64, 8, Duration.ofSeconds(5));
    }

    private static int memoryPieces() {
        long bytes = Math.clamp(
                Runtime.getRuntime().maxMemory() / MEMORY_SHARE_OF_HEAP, (long) LEAST_MEMORY_BYTES, MOST_MEMORY_BYTES);
        return (int) (bytes / PIECE_BYTES);
    }

    private void guard(Route route, Context context, Principal principal) throws IOException {
        boolean person = route.guard() == Route.Guard.PERSON || route.guard() == Route.Guard.PROOF;
        String why = null;
        if (person && principal.byToken()) {
            why = "people do this, not tokens";
        } else if (route.guard() == Route.Guard.ALL_NODES && !principal.seesAll()) {
            why = "you see some nodes only, and this is about more";
        }
        if (why != null) {
            records.refused(
                    Actor.of(principal),
                    route.method() + " " + route.path(),
                    Call.cut(context.path(), AUDITED_CHARACTERS),
                    why);
            throw new Problem(403, "forbidden", why);
        }
        if (route.guard() == Route.Guard.PROOF && !access.sessions().freshlyProved(principal)) {
            throw new Problem(403, "proof", "this cannot be undone: give your password and code once more");
        }
    }

    private static void requireSameSite(Context context) throws Problem {
        String site = context.header("Sec-Fetch-Site");
        if (site != null && !site.equals("same-origin") && !site.equals("none")) {
            throw new Problem(403, "csrf", "this call did not come from the console's own page");
        }
    }

    private Principal who(Context context) throws IOException {
        String authorization = context.header("Authorization");
        Optional<Principal> found;
        if (authorization != null) {
            found = authorization.startsWith("Bearer ")
                    ? access.tokens().find(authorization.substring(7))
                    : Optional.empty();
        } else {
            String cookie = context.cookie(COOKIE);
            // What a console asks for by itself is no sign that somebody is there.
            boolean active =
                    context.header("X-Background") == null && !context.path().equals(ROOT + "/live");
            found = cookie == null ? Optional.empty() : access.sessions().find(cookie, active);
        }
        if (found.isEmpty() && !strangers.take(AddressBlock.of(context.ip()))) {
            throw new Problem(429, "too-many", "too many calls of somebody unknown; wait a minute");
        }
        return found.orElseThrow(() -> new Problem(401, "unauthenticated", "sign in first, or send a token"));
    }

    /** A browser sends its cookie for any page's sake, this header for our own pages' only. */
    private void requireOwnPage(Context context, Principal principal) throws IOException {
        String sent = context.header("X-CSRF-Token");
        boolean same = sent != null
                && MessageDigest.isEqual(
                        sent.getBytes(StandardCharsets.UTF_8), principal.csrf().getBytes(StandardCharsets.UTF_8));
        String site = context.header("Sec-Fetch-Site");
        boolean other = site != null && !site.equals("same-origin") && !site.equals("none");
        if (!same || other) {
            records.refused(Actor.of(principal), "csrf", Call.cut(context.path(), AUDITED_CHARACTERS), "another page");
            throw new Problem(403, "csrf", "this call did not come from the console's own page");
        }
    }

    /** Returns what is answered as JSON; null for nothing, or where the answer is written. */
    private byte @Nullable [] run(Route route, Call call) throws IOException {
        Context context = call.context();
        String key = context.header("Idempotency-Key");
        // Secrets are told once, and nowhere kept.
        boolean once = key != null
                && route.method() == Route.Method.POST
                && (route.guard() == Route.Guard.NONE || route.guard() == Route.Guard.ALL_NODES);
        if (key != null && key.length() > 200) {
            throw Problem.invalid("an Idempotency-Key has 200 characters at most");
        }
        if (!once) {
            Object answer = route.action().run(call);
            if (answer.equals(Route.STREAMED)) {
                context.attribute("answered", true);
                return null;
            }
            return bytes(answer);
        }
        // Under one key one thing: another body is another wish, and is refused below.
        String scope = route.method() + " " + context.path() + " " + key;
        String wish = hash(call.bodyBytes()) + call.principal().scope();
        // One at a time for one key: the second finds what the first did.
        synchronized (locks[Math.floorMod((call.principal().user() + scope).hashCode(), locks.length)]) {
            Optional<String> before = records.answered(call.actor(), scope);
            if (before.isPresent() && !before.get().startsWith(wish + "\n")) {
                throw new Problem(422, "idempotency", "this Idempotency-Key was used for something else");
            }
            byte @Nullable [] body = before.isPresent()
                    ? before.get().substring(wish.length() + 1).getBytes(StandardCharsets.UTF_8)
                    : bytes(route.action().run(call));
            String text = body == null ? "" : new String(body, StandardCharsets.UTF_8);
            if (before.isEmpty() && text.length() <= KEPT_ANSWER_CHARACTERS) {
                records.answer(call.actor(), scope, wish + "\n" + text);
            }
            return body == null || body.length == 0 ? null : body;
        }
    }

    private final Object[] locks =
            Arrays.stream(new int[64]).mapToObj(i -> new Object()).toArray();

    private static byte @Nullable [] bytes(Object answer) throws IOException {
        if (answer.equals(Route.DONE)) {
            return null;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int offset, int length) {
                if (count + length > ANSWER_BYTES) {
                    throw new UncheckedIOException(new Problem(
                            422, "too-large", "the answer has more than 4 MiB; ask for less with a smaller limit"));
                }
                super.write(bytes, offset, length);
            }
        };
        try {
            Call.JSON.writeValue(out, answer);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (JsonMappingException e) {
            throw e.getCause() instanceof UncheckedIOException told ? told.getCause() : e;
        }
        return out.toByteArray();
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
            String tag = '"' + hash(body) + '"';
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

    private static String hash(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Sets, or with an empty secret takes back, the cookie of a session. */
    static void cookie(Context context, String secret) {
        context.header("Set-Cookie", sessionCookie(secret));
    }

    static String sessionCookie(String secret) {
        return COOKIE + "=" + secret + "; Path=/; Secure; HttpOnly; SameSite=Strict"
                + (secret.isEmpty() ? "; Max-Age=0" : "");
    }

    static String secret(Context context) {
        String cookie = context.cookie(COOKIE);
        return cookie == null ? "" : cookie;
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
            problem(context, refused.status(), refused.type(), String.valueOf(refused.getMessage()));
        } else if (e instanceof HttpResponseException h) {
            problem(context, h.getStatus(), "http", String.valueOf(h.getMessage()));
        } else {
            LOG.log(System.Logger.Level.ERROR, "a call of " + context.path() + " failed", e);
            problem(context, 500, "internal", "the appliance failed; its log says why");
        }
    }

    private static void problem(Context context, int status, String type, String detail) {
        Bodies.discard(context);
        context.attribute("answered", true);
        context.status(status);
        context.contentType(Errors.TYPE);
        // Whatever a library says, names of classes are nobody's business.
        context.result(Errors.problem(status, type, CLASS_NAME.matcher(detail).replaceAll("a value")));
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
