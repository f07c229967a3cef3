package dev.holdfast.api;

import dev.holdfast.control.access.Access;
import dev.holdfast.control.access.Oidc;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.access.SignInRefusedException;
import dev.holdfast.control.access.SignedIn;
import dev.holdfast.protocol.phrase.Phrase;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Signing in by an OpenID provider: the browser goes there, and comes back. */
final class OidcRoutes {
    private static final String COOKIE = "__Host-holdfast-oidc";

    private static final int AUDITED_CHARACTERS = 300;

    private final Access access;
    private final Oidc oidc;

    OidcRoutes(Access access, Oidc oidc) {
        this.access = access;
        this.oidc = oidc;
    }

    /** @param issuer empty where there is none */
    record Offered(String issuer) {}

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/oidc",
                                Permission.VIEW,
                                "Tells whether one may sign in by an OpenID provider",
                                Offered.class,
                                call -> new Offered(oidc.provider()
                                        .map(Oidc.Provider::issuer)
                                        .orElse("")))
                        .open(),
                Route.get(
                                "/oidc/begin",
                                Permission.VIEW,
                                "Sends the browser to the OpenID provider; with ?again=true it asks for the password in any case",
                                Void.class,
                                this::begin)
                        .query("again")
                        .open(),
                Route.get(
                                "/oidc/callback",
                                Permission.VIEW,
                                "Where the OpenID provider sends the browser back to",
                                Void.class,
                                this::callback)
                        .query("code", "state", "error")
                        .returning());
    }

    private Object begin(Call call) throws IOException {
        Oidc.Begun begun = oidc.begin(call.query("again", "false").equals("true"), call.address());
        cookie(call.context(), begun.state(), "; Max-Age=600");
        call.context().redirect(begun.address().toString());
        return Route.STREAMED;
    }

    /** Lax, since it must come along when the provider sends the browser back. */
    private static void cookie(Context context, String state, String more) {
        context.res().addHeader("Set-Cookie", COOKIE + "=" + state + "; Path=/; Secure; HttpOnly; SameSite=Lax" + more);
    }

    private Object callback(Call call) throws IOException {
        Context context = call.context();
        String state = call.query("state", "");
        @Nullable String begun = context.cookie(COOKIE);
        cookie(context, "", "; Max-Age=0");
        try {
            // The one that began: else somebody could sign others in as himself.
            if (begun == null
                    || !MessageDigest.isEqual(
                            begun.getBytes(StandardCharsets.UTF_8), state.getBytes(StandardCharsets.UTF_8))) {
                throw Problem.invalid(Phrase.of("sign-in.other-browser"));
            }
            if (!call.query("error", "").isEmpty()) {
                throw Problem.invalid(Phrase.of("sign-in.provider-says").with("error", call.query("error", "")));
            }
            SignedIn signed = access.providerSignIn().signIn(oidc.end(state, call.query("code", "")), call.address());
            context.res().addHeader("Set-Cookie", SessionCookie.header(signed.secret()));
            context.redirect("/");
        } catch (Problem | SignInRefusedException e) {
            access.providerSignIn()
                    .refused(call.address(), Call.cut(String.valueOf(e.getMessage()), AUDITED_CHARACTERS));
            context.redirect("/?refused=provider");
        }
        return Route.STREAMED;
    }
}
