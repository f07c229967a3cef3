package dev.holdfast.control.db;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A node of this appliance.
 *
 * @param fingerprint of its certificate in use, SHA-256 in hexadecimal
 * @param certificateEndsAt when that certificate ends
 * @param revokedAt null while it is active
 * @param retiredAt since when it is kept for its snapshots only; null where it is not retired
 * @param removedAt since when its snapshots are forgotten and it is listed no more; null before
 * @param software what its client called itself when it connected last; empty where it is not known
 * @param protocol the newest version of the protocol that this client speaks; 0 where it is not known
 */
public record Node(
        int id,
        String name,
        String platform,
        String fingerprint,
        Instant enrolledAt,
        Instant certificateEndsAt,
        @Nullable Instant seenAt,
        @Nullable Instant revokedAt,
        @Nullable Instant retiredAt,
        @Nullable Instant removedAt,
        String software,
        int protocol) {
    public boolean active() {
        return revokedAt == null;
    }
}
