package dev.holdfast.vault.format;

import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.object.ObjectStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Reads the parts that a root refers to, with the vault's keys; what is lost of one is derived from the other. */
public final class Parts {
    private static final UUID UNKNOWN = new UUID(0, 0);
    private static final int AT_ONCE = 8;

    private final ObjectStore store;
    private final VaultKeys keys;

    public Parts(ObjectStore store, VaultKeys keys) {
        this.store = store;
        this.keys = keys;
    }

    /** Visits the records of a part, in their order. */
    public void each(ObjectKind kind, Root.Part part, Records.Visitor visitor) throws IOException {
        Records.each(SealedReader.open(store, keys, kind, part.id(), part.bytes()), visitor);
    }

    /** The records of one part, which its first request has been made for. */
    public interface Open {
        /** Visits them, in their order. */
        void each(Records.Visitor visitor) throws IOException;
    }

    /** Opens parts, several ahead of the taker. */
    public void each(ObjectKind kind, List<Root.Part> all, Ahead.Taker<Root.Part, Open> taker) throws IOException {
        Ahead.each(
                all,
                AT_ONCE,
                part -> {
                    SealedReader reader = SealedReader.open(store, keys, kind, part.id(), part.bytes());
                    return visitor -> Records.each(reader, visitor);
                },
                taker);
    }

    /** The inventories of parts, several of them fetched ahead. */
    public void inventories(ObjectKind kind, List<Root.Part> all, Ahead.Taker<Root.Part, Inventory> taker)
            throws IOException {
        Ahead.each(all, AT_ONCE, part -> inventory(kind, part), taker);
    }

    /** Ordinals of the containers that segments list as being no more. */
    public Set<Integer> gone(List<Root.Part> segments) throws IOException {
        Set<Integer> gone = new HashSet<>();
        inventories(ObjectKind.SEGMENT, segments, (part, inventory) -> {
            inventory.get().entries().stream()
                    .filter(each -> each.bytes() == 0)
                    .forEach(each -> gone.add(each.ordinal()));
            return true;
        });
        return gone;
    }

    /**
     * The inventory of a part. Where it is lost it is made anew of the records, which tell the ordinals of containers
     * that are no more but not their ids: those are zero then.
     */
    public Inventory inventory(ObjectKind kind, Root.Part part) throws IOException {
        try {
            return Roots.inventory(store, kind, part);
        } catch (IOException e) {
            if (!damaged(e)) {
                throw e;
            }
            try {
                return derived(kind, part);
            } catch (IOException also) {
                e.addSuppressed(also);
                throw e;
            }
        }
    }

    private Inventory derived(ObjectKind kind, Root.Part part) throws IOException {
        List<Inventory.Entry> entries = new ArrayList<>();
        each(kind, part, new Records.Visitor() {
            @Override
            public void container(VaultContainer container) {
                entries.add(container.inventory());
            }

            @Override
            public void snapshot(VaultSnapshot snapshot) {
                entries.add(snapshot.inventory());
            }

            @Override
            public void snapshotGone(UUID id) {
                entries.add(Inventory.Entry.gone(id, ObjectKind.MANIFEST, 0));
            }

            @Override
            public void containerGone(int ordinal) {
                entries.add(Inventory.Entry.gone(UNKNOWN, ObjectKind.CONTAINER, ordinal));
            }
        });
        return new Inventory(keys.hash(), List.copyOf(entries));
    }

    /** Whether a failure tells that an object is missing or damaged, rather than that the store cannot be reached. */
    public static boolean damaged(IOException e) {
        return Reread.damaged(e);
    }
}
