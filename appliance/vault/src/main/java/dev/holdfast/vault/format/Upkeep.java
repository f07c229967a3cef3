package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Looks after the small objects of a vault, on which all others depend: roots, control data, segments, catalogues and
 * inventories. What has a second copy is restored from that; what is lost is told, so that it is made anew. Needs no
 * keys. Used by one thread.
 */
public final class Upkeep {
    private final ObjectStore store;
    private final Consumer<Phrase> told;
    private long budget;

    /**
     * What came of it.
     *
     * @param restored keys that were stored again
     * @param lost ids of parts and control data of which no copy is whole
     */
    public record Result(List<String> restored, Set<UUID> lost) {}

    /**
     * @param told what was found
     * @param budget bytes to read at most; of what is beyond it only the sizes are compared
     */
    public Upkeep(ObjectStore store, Consumer<Phrase> told, long budget) {
        this.store = store;
        this.told = told;
        this.budget = budget;
    }

    /** @param encoded the newest root as it was written */
    public Result run(Root root, byte[] encoded) throws IOException {
        List<String> restored = new ArrayList<>(Roots.restore(store, root.sequence(), encoded));
        Set<UUID> lost = new HashSet<>();
        Map<String, StoredObject> listed = new HashMap<>();
        for (ObjectKind kind : List.of(ObjectKind.SEGMENT, ObjectKind.CATALOGUE, ObjectKind.CONTROL)) {
            store.each(kind.prefix(), "", each -> listed.put(each.key(), each));
        }
        store.each(ObjectKind.SECOND, "", each -> listed.put(each.key(), each));
        for (SmallObject each : SmallObject.of(root)) {
            if (!look(each, listed, restored)) {
                lost.add(each.id());
            }
        }
        restored.stream()
                // An older release stored no second copies.
                .filter(key -> root.twice() || !key.startsWith(ObjectKind.SECOND))
                .forEach(key -> told.accept(Phrase.of("vault.healed").with("object", key)));
        return new Result(List.copyOf(restored), Set.copyOf(lost));
    }

    /** Returns whether a copy is whole, after the others were restored from it. */
    private boolean look(SmallObject small, Map<String, StoredObject> listed, List<String> restored)
            throws IOException {
        List<String> bad = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        byte @Nullable [] whole = null;
        for (String key : small.keys()) {
            StoredObject object = listed.get(key);
            if (object != null && object.bytes() > budget) {
                // Only its size is compared, unless it is needed.
                if (whole(small, key, object, false) == null) {
                    bad.add(key);
                } else {
                    unread.add(key);
                }
                continue;
            }
            budget -= object == null ? 0 : object.bytes();
            byte[] found = whole(small, key, object, true);
            if (found == null) {
                bad.add(key);
            } else {
                whole = found;
            }
        }
        if (bad.isEmpty()) {
            return true;
        }
        for (String key : unread) {
            whole = whole == null ? whole(small, key, listed.get(key), true) : whole;
        }
        if (whole == null) {
            Phrase lost = small.keys().size() > 1 ? Phrase.of("vault.both-lost") : Phrase.of("vault.lost");
            told.accept(lost.with("object", small.keys().getFirst()));
            return false;
        }
        for (String key : bad) {
            restore(key, whole, restored);
        }
        return true;
    }

    /** What the store keeps from being replaced, by a retention of the bucket, must not keep uploads from going on. */
    private void restore(String key, byte[] whole, List<String> restored) throws IOException {
        try {
            store.put(key, Body.of(whole), PutOptions.REPLACE);
            restored.add(key);
        } catch (ObjectStoreException e) {
            if (e.kind() != Kind.REFUSED && e.kind() != Kind.DENIED && e.kind() != Kind.EXISTS) {
                throw e;
            }
            told.accept(Phrase.of("vault.not-replaced").with("object", key).with("reason", e));
        }
    }

    /** A copy, or nothing of it where it is not read; null where it is missing or damaged. */
    private byte @Nullable [] whole(SmallObject small, String key, @Nullable StoredObject object, boolean read)
            throws IOException {
        try {
            small.requireListed(object);
            return read && object != null ? small.read(store, key, object.bytes()) : new byte[0];
        } catch (IOException e) {
            if (!Reread.damaged(e) && !(e instanceof FormatException)) {
                throw e;
            }
            return null;
        }
    }
}
