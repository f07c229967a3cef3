package dev.holdfast.api;

import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Principal;
import dev.holdfast.control.fair.AddressBlock;
import dev.holdfast.control.fair.RateLimiter;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.CallRecords;
import dev.holdfast.protocol.phrase.Phrase;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;

/** Says who calls, and whether he may: rates, permissions, guards of routes, the console's own pages. Safe for use by several threads. */
final class Callers {
    private static final int SIGN_INS_A_MINUTE = 20;
    private static final int STRANGERS_A_MINUTE = 600;
    private static final int CALLS_A_MINUTE = 1200;
    private static final int REMEMBERED_CALLERS = 10_000;
    private static final int AUDITED_CHARACTERS = 300;

    private final Access access;
    private final CallRecords records;
    private final Connections connections;
    private final RateLimiter<String> signIns = perMinute(SIGN_INS_A_MINUTE);
    private final RateLimiter<String> strangers = perMinute(STRANGERS_A_MINUTE);
    private final RateLimiter<String> calls = perMinute(CALLS_A_MINUTE);

    Callers(Access access, CallRecords records, Connections connections) {
        this.access = access;
        this.records = records;
        this.connections = connections;
    }

    private static RateLimiter<String> perMinute(int calls) {
        return new RateLimiter<>(REMEMBERED_CALLERS, calls, calls / 60.0, System::nanoTime);
    }

    /** For routes that ask for no sign-in. */
    void admitStranger(Route route, Context context) throws Problem {
        if (route.guard() == Route.Guard.OPEN) {
            requireSameSite(context);
        }
        // Who comes back from the provider signs in.
        boolean looking = route.method() == Route.Method.GET && route.guard() == Route.Guard.OPEN;
        if (!(looking ? strangers : signIns).take(AddressBlock.of(context.ip()))) {
            throw new Problem(429, "too-many", Phrase.of("api.attempts"));
        }
    }

    /** Returns who calls, and may. */
    Principal admit(Route route, Context context) throws IOException {
        Principal principal = who(context);
        if (!connections.identified(Connections.peer(context), principal.user())) {
            context.header("Connection", "close");
            throw new Problem(
                    429,
                    "too-many",
                    Phrase.of("api.connections")
                            .with("user", principal.user())
                            .with("most", Connections.Limits.DEFAULT.ofUser()));
        }
        if (!calls.take(principal.user())) {
            throw new Problem(429, "too-many", Phrase.of("api.calls").with("most", CALLS_A_MINUTE));
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
            Phrase who = principal.byToken()
                    ? Phrase.of("api.token-may-not")
                    : Phrase.of("api.role-may-not")
                            .with("role", principal.role().text());
            throw new Problem(
                    403, "forbidden", who.with("what", route.permission().words()));
        }
        guard(route, context, principal);
        return principal;
    }

    private void guard(Route route, Context context, Principal principal) throws IOException {
        boolean person = route.guard() == Route.Guard.PERSON || route.guard() == Route.Guard.PROOF;
        Phrase why = null;
        if (person && principal.byToken()) {
            why = Phrase.of("api.people-only");
        } else if (route.guard() == Route.Guard.ALL_NODES && !principal.seesAll()) {
            why = Phrase.of("refused.all-nodes");
        }
        if (why != null) {
            records.refused(
                    Actor.of(principal),
                    route.method() + " " + route.path(),
                    Call.cut(context.path(), AUDITED_CHARACTERS),
                    why.english());
            throw new Problem(403, "forbidden", why);
        }
        if (route.guard() == Route.Guard.PROOF && !access.sessions().freshlyProved(principal)) {
            throw new Problem(403, "proof", Phrase.of("api.proof"));
        }
    }

    private static void requireSameSite(Context context) throws Problem {
        String site = context.header("Sec-Fetch-Site");
        if (site != null && !site.equals("same-origin") && !site.equals("none")) {
            throw otherPage();
        }
    }

    private static Problem otherPage() {
        return new Problem(403, "csrf", Phrase.of("api.other-page"));
    }

    private Principal who(Context context) throws IOException {
        String authorization = context.header("Authorization");
        Optional<Principal> found;
        if (authorization != null) {
            found = authorization.startsWith("Bearer ")
                    ? access.tokens().find(authorization.substring(7))
                    : Optional.empty();
        } else {
            String cookie = SessionCookie.of(context);
            // What a console asks for by itself is no sign that somebody is there.
            boolean active =
                    context.header("X-Background") == null && !context.path().equals(ApiServer.ROOT + "/live");
            found = cookie == null ? Optional.empty() : access.sessions().find(cookie, active);
        }
        if (found.isEmpty() && !strangers.take(AddressBlock.of(context.ip()))) {
            throw new Problem(429, "too-many", Phrase.of("api.strangers"));
        }
        return found.orElseThrow(() -> new Problem(401, "unauthenticated", Phrase.of("api.unauthenticated")));
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
            throw otherPage();
        }
    }
}
