package dev.holdfast.vault.format;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.PutOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Finds, reads and writes the roots of a vault, each of which is stored twice. */
public final class Roots {
    private static final System.Logger LOG = System.getLogger(Roots.class.getName());

    private Roots() {}

    /** As {@link #newest(ObjectStore, long, Predicate)}, for whoever knows nothing of the vault. */
    public static Optional<Root.Read> newest(ObjectStore store) throws IOException {
        return newest(store, 0, each -> true);
    }

    /**
     * The newest root; empty where there is none: the vault is new, or nothing was ever finished in it.
     *
     * @param known the sequence of a root that there was, 0 for none
     * @param own says of a whole root whether it is this vault's: where two copies differ, one that is counts. Where
     *     none is, the first is returned, for the caller to tell why not
     * @throws DamagedRootException where it cannot be read
     */
    public static Optional<Root.Read> newest(ObjectStore store, long known, Predicate<Root.Read> own)
            throws IOException {
        long newest = newestSequence(store, known);
        if (newest < 0) {
            return Optional.empty();
        }
        try {
            return Optional.of(read(store, newest, own));
        } catch (IOException e) {
            if (!Reread.damaged(e)) {
                throw e;
            }
            throw new DamagedRootException(store.url(), newest, older(store, newest, own), e);
        }
    }

    private static Root.@Nullable Read older(ObjectStore store, long newest, Predicate<Root.Read> own)
            throws IOException {
        for (long each = newest - 1; each > Math.max(0, newest - 2 * Publication.KEPT_ROOTS); each--) {
            Optional<Root.Read> found = readable(store, each, own);
            if (found.isPresent()) {
                return found.get();
            }
        }
        return null;
    }

    private static Optional<Root.Read> readable(ObjectStore store, long sequence, Predicate<Root.Read> own)
            throws IOException {
        try {
            return Optional.of(read(store, sequence, own));
        } catch (IOException e) {
            if (!Reread.damaged(e)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /** All roots that are still kept and can be read, the oldest first. */
    public static List<Root.Read> all(ObjectStore store) throws IOException {
        List<Root.Read> found = new ArrayList<>();
        long newest = newestSequence(store, 0);
        for (long each = Math.max(0, newest - Publication.KEPT_ROOTS); each <= newest; each++) {
            readable(store, each, any -> true).ifPresent(found::add);
        }
        return found;
    }

    /**
     * The highest sequence from {@code known} on, or of all if there is none; -1 for none. A listing that lags is not
     * believed.
     */
    static long newestSequence(ObjectStore store, long known) throws IOException {
        long newest = highest(store, "", known);
        if (newest < Math.max(1, known)) {
            newest = Math.max(highest(store, "", 0), highest(store, ObjectKind.SECOND, 0));
        } else if (known == 0) {
            newest = Math.max(newest, highest(store, ObjectKind.SECOND, 0));
        }
        while (exists(store, Root.key(newest + 1))) {
            newest++;
        }
        return newest;
    }

    private static long highest(ObjectStore store, String copy, long from) throws IOException {
        long[] newest = {-1};
        store.each(
                copy + Root.PREFIX,
                from > 0 ? copy + Root.key(from - 1) : "",
                each -> newest[0] = Math.max(newest[0], Root.sequence(each.key().substring(copy.length()))));
        return newest[0];
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

    private static Root.Read read(ObjectStore store, long sequence, Predicate<Root.Read> own) throws IOException {
        List<Root.Read> others = new ArrayList<>();
        try {
            return Reread.until(Root.keys(sequence), key -> {
                Root.Read found = Root.parse(bytes(store, key), sequence);
                if (!own.test(found)) {
                    others.add(found);
                    throw FormatException.corrupt("root " + sequence + " is another vault's");
                }
                return found;
            });
        } catch (IOException e) {
            if (others.isEmpty()) {
                throw e;
            }
            return others.getFirst();
        }
    }

    /** A root as it is stored, once it was checked to be this one. */
    public static byte[] encoded(ObjectStore store, Root.Read root) throws IOException {
        long sequence = root.root().sequence();
        return Reread.until(Root.keys(sequence), key -> {
            byte[] bytes = bytes(store, key);
            if (!Root.parse(bytes, sequence).hash().equals(root.hash())) {
                throw FormatException.corrupt("root " + sequence + " is another than a moment ago");
            }
            return bytes;
        });
    }

    /** One copy of a root. */
    public static Root.Read at(ObjectStore store, String key, long sequence) throws IOException {
        return Reread.until(List.of(key), each -> Root.parse(bytes(store, each), sequence));
    }

    /** Returns what lies at a root's key, unchecked. */
    private static byte[] bytes(ObjectStore store, String key) throws IOException {
        return store.bytes(key, 0, Root.MAX_BYTES);
    }

    /**
     * Creates a root.
     *
     * @throws ObjectStoreException of kind {@code EXISTS} where somebody else created this one; nothing was changed
     *     then
     */
    public static void create(ObjectStore store, long sequence, byte[] encoded) throws IOException {
        List<String> keys = Root.keys(sequence);
        store.put(keys.getFirst(), Body.of(encoded), PutOptions.NEW);
        try {
            store.put(keys.getLast(), Body.of(encoded), PutOptions.REPLACE);
        } catch (IOException e) {
            // It counts already; the next upload stores what is missing.
            LOG.log(System.Logger.Level.WARNING, "the second copy of root " + sequence + " could not be stored", e);
        }
    }

    /** Stores again whichever copies of a root are missing or other than they were. Returns their keys. */
    public static List<String> restore(ObjectStore store, long sequence, byte[] encoded) throws IOException {
        List<String> restored = new ArrayList<>();
        for (String key : Root.keys(sequence)) {
            byte @Nullable [] there = null;
            try {
                there = bytes(store, key);
            } catch (IOException e) {
                if (!Reread.damaged(e)) {
                    throw e;
                }
            }
            if (!Arrays.equals(there, encoded)) {
                store.put(key, Body.of(encoded), PutOptions.REPLACE);
                restored.add(key);
            }
        }
        return restored;
    }

    /** An inventory that a root refers to. */
    public static Inventory inventory(ObjectStore store, ObjectKind kind, Root.Part part) throws IOException {
        if (part.inventoryBytes() > 1 << 30) {
            throw FormatException.corrupt("an inventory of " + part.inventoryBytes() + " bytes is unreasonable");
        }
        byte[] hash = HexFormat.of().parseHex(part.inventoryHash());
        return Reread.until(
                kind.inventoryKeys(part.id()),
                key -> Inventory.parse(store.bytes(key, 0, (int) part.inventoryBytes()), hash));
    }
}
