package dev.holdfast.vault.object;

import dev.holdfast.vault.object.ObjectStoreException.Kind;
import java.io.IOException;
import java.util.List;
import java.util.UUID;

/**
 * Tests that a store refuses to create an object that exists. Fencing rests on that, and a bucket may not do it: with
 * versioning the service takes the second object for another version of the first.
 */
public final class Exclusive {
    private Exclusive() {}

    /** @throws ObjectStoreException where the store does not refuse; leaves nothing behind */
    public static void require(ObjectStore store) throws IOException {
        String key = "t/" + UUID.randomUUID();
        store.put(key, Body.of(new byte[] {1}), PutOptions.NEW);
        try {
            store.put(key, Body.of(new byte[] {2}), PutOptions.NEW);
        } catch (ObjectStoreException e) {
            if (e.kind() == Kind.EXISTS) {
                return;
            }
            throw e;
        } finally {
            store.delete(List.of(key));
        }
        throw new ObjectStoreException(
                Kind.REFUSED,
                store.url()
                        + " lets an object be created twice, so that two appliances could write to one vault without noticing;"
                        + " switch the bucket's versioning off");
    }
}
