package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One of the small objects that a root refers to, and on which all that it lists depends: control data, segments,
 * catalogues and their inventories. It is verified without keys.
 *
 * @param id of the control data, or of the part that it is or belongs to
 * @param keys of its copies
 * @param bytes its length, -1 where that is not known
 * @param hash at its end, empty where it is not known
 */
public record SmallObject(
        UUID id, @Nullable ObjectKind sealed, UUID vault, List<String> keys, long bytes, byte[] hash) {

    /** All that a root refers to. */
    public static List<SmallObject> of(Root root) {
        List<SmallObject> all = new ArrayList<>();
        UUID control = root.control();
        if (control != null) {
            all.add(new SmallObject(
                    control, ObjectKind.CONTROL, root.vault(), ObjectKind.CONTROL.keys(control), -1, new byte[0]));
        }
        add(all, root, ObjectKind.CATALOGUE, root.catalogues());
        add(all, root, ObjectKind.SEGMENT, root.segments());
        return all;
    }

    private static void add(List<SmallObject> all, Root root, ObjectKind kind, List<Root.Part> parts) {
        HexFormat hex = HexFormat.of();
        for (Root.Part part : parts) {
            all.add(new SmallObject(
                    part.id(),
                    null,
                    root.vault(),
                    kind.inventoryKeys(part.id()),
                    part.inventoryBytes(),
                    hex.parseHex(part.inventoryHash())));
            all.add(new SmallObject(
                    part.id(), kind, root.vault(), kind.keys(part.id()), part.bytes(), hex.parseHex(part.hash())));
        }
    }

    /** @param object as it was listed, null where it was not */
    void requireListed(@Nullable StoredObject object) throws FormatException {
        if (object == null) {
            throw FormatException.corrupt("is missing");
        }
        if (bytes >= 0 && object.bytes() != bytes) {
            throw FormatException.corrupt("has " + object.bytes() + " bytes instead of " + bytes);
        }
    }

    /**
     * Reads a copy and checks it.
     *
     * @param object as it was listed, null where it was not
     * @return its length
     * @throws FormatException where it is not what was stored
     */
    public long verify(ObjectStore store, String key, @Nullable StoredObject object) throws IOException {
        requireListed(object);
        return read(store, key, object == null ? 0 : object.bytes()).length;
    }

    /** Reads a copy that is whole. */
    byte[] read(ObjectStore store, String key, long size) throws IOException {
        return Reread.until(List.of(key), each -> {
            byte[] found = store.bytes(each, 0, Math.toIntExact(size));
            if (sealed == null) {
                Inventory.parse(found, hash);
            } else {
                SealedObject.requireWhole(found, sealed, id, vault, hash);
            }
            return found;
        });
    }
}
