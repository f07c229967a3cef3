package dev.holdfast.cloud.vault;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.object.ObjectStoreException;
import dev.holdfast.cloud.object.ObjectStoreException.Kind;
import dev.holdfast.cloud.object.StoredObject;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/** Finds and reads the roots of a vault. */
public final class Roots {
    private Roots() {}

    /** The newest root; empty where there is none: the vault is new, or nothing was ever finished in it. */
    public static Optional<Root.Read> newest(ObjectStore store) throws IOException {
        long newest = newestSequence(store, 0);
        return newest < 0 ? Optional.empty() : Optional.of(read(store, newest));
    }

    /** All roots that are still kept, the oldest first. */
    public static List<Root.Read> all(ObjectStore store) throws IOException {
        List<Root.Read> found = new ArrayList<>();
        long newest = newestSequence(store, 0);
        for (long each = Math.max(0, newest - Publication.KEPT_ROOTS); each <= newest; each++) {
            if (exists(store, Root.key(each))) {
                found.add(read(store, each));
            }
        }
        return found;
    }

    /** The highest sequence from {@code known} on, or -1. A listing that lags behind is not believed. */
    static long newestSequence(ObjectStore store, long known) throws IOException {
        long newest = -1;
        String after = known > 0 ? Root.key(known - 1) : "";
        while (true) {
            ObjectStore.Listing page = store.list(Root.PREFIX, after, 1000);
            for (StoredObject each : page.objects()) {
                newest = Math.max(newest, Root.sequence(each.key()));
                after = each.key();
            }
            if (page.last() || page.objects().isEmpty()) {
                break;
            }
        }
        while (exists(store, Root.key(newest + 1))) {
            newest++;
        }
        return newest;
    }

    private static boolean exists(ObjectStore store, String key) throws IOException {
        try {
            store.head(key);
            return true;
        } catch (ObjectStoreException e) {
            if (e.kind() == Kind.NOT_FOUND) {
                return false;
            }
            throw e;
        }
    }

    public static Root.Read read(ObjectStore store, long sequence) throws IOException {
        return Reread.until(() -> Root.parse(bytes(store, sequence), sequence));
    }

    /** A root as it is stored, once it was checked. */
    public static byte[] encoded(ObjectStore store, long sequence) throws IOException {
        return Reread.until(() -> {
            byte[] bytes = bytes(store, sequence);
            Root.parse(bytes, sequence);
            return bytes;
        });
    }

    /** A root as it is stored, unchecked. */
    private static byte[] bytes(ObjectStore store, long sequence) throws IOException {
        try (InputStream in = store.get(Root.key(sequence), 0, Root.MAX_BYTES)) {
            return in.readAllBytes();
        }
    }

    /** An inventory that a root refers to. */
    public static Inventory inventory(ObjectStore store, ObjectKind kind, Root.Part part) throws IOException {
        if (part.inventoryBytes() > 1 << 30) {
            throw FormatException.corrupt("an inventory of " + part.inventoryBytes() + " bytes is unreasonable");
        }
        byte[] sha256 = HexFormat.of().parseHex(part.inventorySha256());
        return Reread.until(() -> {
            try (InputStream in = store.get(kind.inventoryKey(part.id()), 0, part.inventoryBytes())) {
                return Inventory.parse(in.readNBytes((int) part.inventoryBytes()), sha256);
            }
        });
    }
}
