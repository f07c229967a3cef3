package dev.holdfast.vault.remote;

import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/** Makes containers readable that a snapshot needs and that are in a frozen class. Metadata never is. */
public final class Thaw {
    private final ObjectStore store;
    private final Journal journal;

    /**
     * What a snapshot needs to be thawed.
     *
     * @param frozen containers by class whose thaw was not requested yet, and {@code frozenBytes} of them
     * @param underWay containers that are thawing
     * @param bytes of both
     */
    public record Plan(
            Map<StorageClass, Integer> frozen, Map<StorageClass, Long> frozenBytes, int underWay, long bytes) {
        public boolean ready() {
            return frozen.isEmpty() && underWay == 0;
        }
    }

    public Thaw(ObjectStore store, Journal journal) {
        this.store = store;
        this.journal = journal;
    }

    /**
     * Examines a snapshot's containers, one request each, and requests a thaw of those that are frozen.
     *
     * @param containers their ordinals
     * @param onVolume containers that have a copy on a volume; they need not thaw
     * @param days how long they stay readable; 0 to request nothing
     */
    public Plan request(BitSet containers, IntPredicate onVolume, int days) throws IOException {
        Map<StorageClass, Integer> frozen = new EnumMap<>(StorageClass.class);
        Map<StorageClass, Long> frozenBytes = new EnumMap<>(StorageClass.class);
        int underWay = 0;
        long bytes = 0;
        for (int ordinal : containers.stream().toArray()) {
            OptionalInt number = journal.containers().number(ordinal);
            if (number.isPresent() && onVolume.test(number.getAsInt())) {
                continue;
            }
            StoredContainer container = journal.containers()
                    .find(number.orElseThrow(() ->
                            new IOException("container " + ordinal + " is not known here yet; wait for the recovery")))
                    .orElseThrow();
            String key = ObjectKind.CONTAINER.key(container.id());
            StoredObject object = store.head(key);
            if (object.readable()) {
                continue;
            }
            bytes += object.bytes();
            if (object.thaw() == StoredObject.Thaw.UNDER_WAY) {
                underWay++;
            } else {
                frozen.merge(object.storageClass(), 1, Integer::sum);
                frozenBytes.merge(object.storageClass(), object.bytes(), Long::sum);
                if (days > 0) {
                    store.thaw(key, days);
                }
            }
        }
        return new Plan(frozen, frozenBytes, underWay, bytes);
    }
}
