package dev.holdfast.server.api;

import dev.holdfast.server.access.Access;
import dev.holdfast.server.access.Principal;
import dev.holdfast.server.control.ControlDb;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
    private static final long MAX_BODY_BYTES = 1 << 20;
    private static final int SIGN_INS_A_MINUTE = 20;
    private static final int ALL_SIGN_INS_A_MINUTE = 200;
    private static final int STRANGERS_A_MINUTE = 600;
    private static final int CALLS_A_MINUTE = 1200;

    private final Access access;
    private final ControlDb control;
    private final RateLimit signIns = new RateLimit(SIGN_INS_A_MINUTE);
    private final RateLimit allSignIns = new RateLimit(ALL_SIGN_INS_A_MINUTE);
    private final RateLimit strangers = new RateLimit(STRANGERS_A_MINUTE);
    private final RateLimit calls = new RateLimit(CALLS_A_MINUTE);
    private final Live live;
    private final ConsoleFiles console;
    private final Javalin javalin;

    /** Begins to listen. */
    public ApiServer(InetSocketAddress address, SSLContext tls, Backend backend) throws IOException {
        this.access = backend.access();
        this.control = backend.control();
        console = new ConsoleFiles();
        live = new Live(backend);
        List<Route> routes = Routes.all(backend, live);
        byte[] description = OpenApi.describe(routes);
        try {
            javalin = Javalin.create(config -> configure(config, address, tls, routes, description))
                    .start();
        } catch (RuntimeException e) {
            live.close();
            throw new IOException("the API cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    public int port() {
        return javalin.port();
    }

    private void configure(
            JavalinConfig config, InetSocketAddress address, SSLContext tls, List<Route> routes, byte[] description) {
        config.startup.showJavalinBanner = false;
        config.http.maxRequestSize = MAX_BODY_BYTES;
        // A console that listens holds a thread.
        config.concurrency.useVirtualThreads = true;
        config.jetty.addConnector((server, http) -> connector(server, http, address, tls));
        config.routes.before(ApiServer::headers);
        config.routes.get(ROOT + "/openapi.json", context -> answer(context, description));
        for (Route route : routes) {
            config.routes.addHttpHandler(
                    HandlerType.findOrCreate(route.method().name()),
                    ROOT + route.path(),
                    context -> serve(route, context));
        }
        config.routes.exception(Exception.class, (e, context) -> failed(e, context));
        config.routes.error(404, context -> {
            if (context.attribute("answered") == null && !serveConsole(context)) {
                problem(context, 404, "not-found", "there is nothing at " + context.path());
            }
        });
    }

    private static ServerConnector connector(
            Server server, HttpConfiguration http, InetSocketAddress address, SSLContext tls) {
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setSslContext(tls);
        factory.setIncludeProtocols("TLSv1.3");
        http.setSendServerVersion(false);
        // The appliance is reached by address as often as by name.
        http.addCustomizer(new SecureRequestCustomizer(false));
        ServerConnector connector = new ServerConnector(
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
            requireJson(context);
            boolean looking = route.method() == Route.Method.GET;
            if (looking ? !strangers.admit(context.ip()) : !signIns.admit(context.ip()) || !allSignIns.admit("")) {
                throw new Problem(429, "too-many", "too many attempts; wait a minute");
            }
            run(route, new Call(context, null));
            return;
        }
        Principal principal = who(context);
        if (!calls.admit(principal.user())) {
            throw new Problem(429, "too-many", "more than " + CALLS_A_MINUTE + " calls in a minute");
        }
        if (!principal.byToken() && route.method() != Route.Method.GET) {
            requireOwnPage(context, principal);
        }
        if (route.permission() != null && !principal.may(route.permission())) {
            control.audit(
                    "user " + principal.user(),
                    route.method() + " " + route.path(),
                    context.path(),
                    "refused: " + principal.role().text());
            throw new Problem(403, "forbidden", "your role, " + principal.role().text() + ", may not do this");
        }
        guard(route, context, principal);
        requireJson(context);
        run(route, new Call(context, principal));
    }

    private void guard(Route route, Context context, Principal principal) throws IOException {
        boolean person = route.guard() == Route.Guard.PERSON || route.guard() == Route.Guard.PROOF;
        String why = null;
        if (person && principal.byToken()) {
            why = "people do this, not tokens";
        } else if (route.guard() == Route.Guard.ALL_NODES && !principal.nodes().isEmpty()) {
            why = "you see some nodes only, and this is about more";
        }
        if (why != null) {
            control.audit(
                    "user " + principal.user() + (principal.byToken() ? " by token" : ""),
                    route.method() + " " + route.path(),
                    context.path(),
                    "refused: " + why);
            throw new Problem(403, "forbidden", why);
        }
        if (route.guard() == Route.Guard.PROOF && !access.freshlyProved(principal)) {
            throw new Problem(403, "proof", "this cannot be undone: give your password and code once more");
        }
    }

    /** A form of another site can post text that looks like JSON, but not say that it is. */
    private static void requireJson(Context context) throws Problem {
        String type = context.contentType();
        boolean bare = context.method().equals(HandlerType.GET) || context.req().getContentLengthLong() <= 0;
        if (!bare && (type == null || !type.toLowerCase(java.util.Locale.ROOT).startsWith("application/json"))) {
            throw new Problem(415, "media-type", "send application/json");
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
            found = authorization.startsWith("Bearer ") ? access.byToken(authorization.substring(7)) : Optional.empty();
        } else {
            String cookie = context.cookie(COOKIE);
            // What a console asks for by itself is no sign that somebody is there.
            boolean active =
                    context.header("X-Background") == null && !context.path().equals(ROOT + "/live");
            found = cookie == null ? Optional.empty() : access.bySession(cookie, active);
        }
        if (found.isEmpty() && !strangers.admit(context.ip())) {
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
            control.audit("user " + principal.user(), "csrf", context.path(), "refused");
            throw new Problem(403, "csrf", "this call did not come from the console's own page");
        }
    }

    private void run(Route route, Call call) throws IOException {
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
            } else {
                answer(context, bytes(answer));
            }
            return;
        }
        // Under one key one thing: another body is another wish, and is refused below.
        String scope = route.method() + " " + context.path() + " " + key;
        String wish = hash(context.bodyAsBytes())
                + String.join(",", call.principal().nodes().stream().sorted().toList());
        // One at a time for one key: the second finds what the first did.
        synchronized (locks[Math.floorMod((call.principal().user() + scope).hashCode(), locks.length)]) {
            Optional<String> before = control.users().answered(call.principal().user(), scope);
            if (before.isPresent() && !before.get().startsWith(wish + "\n")) {
                throw new Problem(422, "idempotency", "this Idempotency-Key was used for something else");
            }
            byte @Nullable [] body = before.isPresent()
                    ? before.get().substring(wish.length() + 1).getBytes(StandardCharsets.UTF_8)
                    : bytes(route.action().run(call));
            if (before.isEmpty()) {
                String text = body == null ? "" : new String(body, StandardCharsets.UTF_8);
                control.users().answered(call.principal().user(), scope, wish + "\n" + text);
            }
            answer(context, body == null || body.length == 0 ? null : body);
        }
    }

    private final Object[] locks =
            Arrays.stream(new int[64]).mapToObj(i -> new Object()).toArray();

    private static byte @Nullable [] bytes(Object answer) throws IOException {
        return answer.equals(Route.DONE) ? null : Call.JSON.writeValueAsBytes(answer);
    }

    private static void answer(Context context, byte @Nullable [] body) {
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
        context.result(body);
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
        switch (e) {
            case Problem p -> problem(context, p.status(), p.type(), String.valueOf(p.getMessage()));
            case Access.RefusedException r ->
                problem(context, 401, r.secondFactor() ? "second-factor" : "refused", String.valueOf(r.getMessage()));
            case Access.BusyException b -> problem(context, 503, "busy", String.valueOf(b.getMessage()));
            case IllegalArgumentException i -> problem(context, 400, "invalid", String.valueOf(i.getMessage()));
            case io.javalin.http.HttpResponseException h ->
                problem(context, h.getStatus(), "http", String.valueOf(h.getMessage()));
            default -> {
                LOG.log(System.Logger.Level.ERROR, "a call of " + context.path() + " failed", e);
                problem(context, 500, "internal", "the appliance failed; its log says why");
            }
        }
    }

    private static void problem(Context context, int status, String type, String detail) {
        Map<String, Object> problem = new LinkedHashMap<>();
        problem.put("type", "urn:holdfast:" + type);
        problem.put("title", type);
        problem.put("status", status);
        problem.put("detail", detail);
        context.attribute("answered", true);
        context.status(status);
        context.contentType("application/problem+json; charset=utf-8");
        try {
            context.result(Call.JSON.writeValueAsBytes(problem));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean serveConsole(Context context) {
        if (!context.method().equals(HandlerType.GET) || !console.serve(context)) {
            return false;
        }
        context.status(200);
        return true;
    }

    @Override
    public void close() {
        live.close();
        javalin.stop();
    }
}
