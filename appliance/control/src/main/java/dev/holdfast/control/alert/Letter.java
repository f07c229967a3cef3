package dev.holdfast.control.alert;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A mail to be sent.
 *
 * @param to whom
 * @param at when what it tells of happened
 * @param html the same as {@code text}, for programs that show it; null for text alone
 */
public record Letter(
        List<String> to,
        String subject,
        Instant at,
        String text,
        @Nullable String html) {}
