package dev.holdfast.api;

import io.javalin.http.Context;
import org.jspecify.annotations.Nullable;

/** The cookie that carries the secret of a session. */
final class SessionCookie {
    private static final String NAME = "__Host-holdfast";

    private SessionCookie() {}

    /** The secret that a call carries; null for none. */
    static @Nullable String of(Context context) {
        return context.cookie(NAME);
    }

    /** Sets, or with an empty secret takes back, the cookie of a session. */
    static void set(Context context, String secret) {
        context.header("Set-Cookie", header(secret));
    }

    static String header(String secret) {
        return NAME + "=" + secret + "; Path=/; Secure; HttpOnly; SameSite=Strict"
                + (secret.isEmpty() ? "; Max-Age=0" : "");
    }

    static String secret(Context context) {
        String cookie = context.cookie(NAME);
        return cookie == null ? "" : cookie;
    }
}
