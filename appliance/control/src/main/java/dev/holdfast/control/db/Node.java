package dev.holdfast.control.db;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A node of this appliance.
 *
 * @param fingerprint of its certificate in use, SHA-256 in hexadecimal
 * @param certificateEndsAt when that certificate ends
 * @param revokedAt null while it is active
 */
public record Node(
        int id,
        String name,
        String platform,
        String fingerprint,
        Instant enrolledAt,
        Instant certificateEndsAt,
        @Nullable Instant seenAt,
        @Nullable Instant revokedAt) {
    public boolean active() {
        return revokedAt == null;
    }
}
