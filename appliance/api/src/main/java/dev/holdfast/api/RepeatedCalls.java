package dev.holdfast.api;

import dev.holdfast.control.usecase.CallRecords;
import dev.holdfast.protocol.phrase.Phrase;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs calls; one that is repeated with its Idempotency-Key is answered as before, and not run again. Safe for use by several threads. */
final class RepeatedCalls {
    private static final int KEPT_ANSWER_CHARACTERS = 16 << 10;

    private final CallRecords records;
    private final Object[] locks =
            Arrays.stream(new int[64]).mapToObj(i -> new Object()).toArray();

    RepeatedCalls(CallRecords records) {
        this.records = records;
    }

    /** Returns what is answered as JSON; null for nothing, or where the answer is written. */
    byte @Nullable [] run(Route route, Call call) throws IOException {
        Context context = call.context();
        String key = context.header("Idempotency-Key");
        // Secrets are told once, and nowhere kept.
        boolean once = key != null
                && route.method() == Route.Method.POST
                && (route.guard() == Route.Guard.NONE || route.guard() == Route.Guard.ALL_NODES);
        if (key != null && key.length() > 200) {
            throw Problem.invalid(Phrase.of("api.idempotency-key"));
        }
        if (!once) {
            Object answer = route.action().run(call);
            if (answer.equals(Route.STREAMED)) {
                context.attribute("answered", true);
                return null;
            }
            return JsonAnswer.bytes(answer);
        }
        // Under one key one thing: another body is another wish, and is refused below.
        String scope = route.method() + " " + context.path() + " " + key;
        String wish = JsonAnswer.hash(call.bodyBytes()) + call.principal().scope();
        // One at a time for one key: the second finds what the first did.
        synchronized (locks[Math.floorMod((call.principal().user() + scope).hashCode(), locks.length)]) {
            Optional<String> before = records.answered(call.actor(), scope);
            if (before.isPresent() && !before.get().startsWith(wish + "\n")) {
                throw new Problem(422, "idempotency", Phrase.of("api.idempotency"));
            }
            byte @Nullable [] body = before.isPresent()
                    ? before.get().substring(wish.length() + 1).getBytes(StandardCharsets.UTF_8)
                    : JsonAnswer.bytes(route.action().run(call));
            String text = body == null ? "" : new String(body, StandardCharsets.UTF_8);
            if (before.isEmpty() && text.length() <= KEPT_ANSWER_CHARACTERS) {
                records.answer(call.actor(), scope, wish + "\n" + text);
            }
            return body == null || body.length == 0 ? null : body;
        }
    }
}
