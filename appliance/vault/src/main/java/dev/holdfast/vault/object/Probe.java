package dev.holdfast.vault.object;

import dev.holdfast.vault.object.ObjectStoreException.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * Tries what a vault needs of a store: to store an object, to refuse another under its key, to read it back, to delete it.
 *
 * @param locks whether the store keeps objects from being deleted until a moment
 */
public record Probe(boolean locks) {
    /** Long enough for the store to take it for a moment to come, whatever its clock says. */
    private static final Duration LOCK = Duration.ofMinutes(1);

    /** @throws ObjectStoreException where the store lacks one of them; what was stored is gone then too */
    public static Probe of(ObjectStore store) throws IOException {
        Exclusive.require(store);
        String key = "t/" + UUID.randomUUID();
        byte[] written = key.getBytes(StandardCharsets.UTF_8);
        store.put(key, Body.of(written), PutOptions.NEW);
        boolean locks = false;
        try {
            if (!Arrays.equals(written, store.bytes(key, 0, written.length))) {
                throw new ObjectStoreException(
                        Kind.CORRUPT,
                        store.url() + " answers other bytes than were stored a moment ago; check the disk or the server"
                                + " behind it, and whether a proxy changes answers");
            }
            locks = store.retain(key, Instant.now().plus(LOCK));
        } finally {
            delete(store, key, locks);
        }
        return new Probe(locks);
    }

    /** What was locked for a minute may stay for that minute, and counts as nothing in a vault. */
    private static void delete(ObjectStore store, String key, boolean locked) throws IOException {
        try {
            store.delete(List.of(key));
        } catch (ObjectStoreException e) {
            if (!locked) {
                throw e;
            }
        }
    }
}
