package dev.holdfast.vault.check;

import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.DamagedRootException;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Parts;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.Roots;
import dev.holdfast.vault.format.SealedBody;
import dev.holdfast.vault.format.SealedReader;
import dev.holdfast.vault.format.Upkeep;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.object.StoredObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Stores again what a check found damaged or missing: small objects from their other copy; containers and manifests
 * from the appliance's own files or from a copy of the vault. Sealing the same content under the same name gives the
 * same object, so that root and inventories fit again as they are.
 */
public final class VaultRepair {
    private final ObjectStore store;
    private final VaultKeys keys;
    private final Locator locator;
    private final List<ObjectStore> copies;
    private final Classes classes;
    private final boolean readCharged;
    private final Disk disk = new LocalDisk();

    /** Finds the appliance's own copy of an object. */
    public interface Locator {
        Optional<Path> find(ObjectKind kind, UUID id) throws IOException;
    }

    /**
     * The result of a repair.
     *
     * @param repaired keys that were stored again
     * @param lost ids of small objects of which no copy is whole; the appliance's next upload makes them anew
     */
    public record Result(List<String> repaired, Set<UUID> lost) {}

    /** The storage classes of containers, as far as the appliance knows them. */
    public interface Classes {
        /** All in the standard class. */
        Classes STANDARD = id -> StorageClass.STANDARD;

        StorageClass of(UUID container) throws IOException;

        /** A container was stored again, in the class that {@link #of} returned. */
        default void stored(UUID container) throws IOException {}
    }

    /** @param copies other places of the same vault, which have the same objects where they have them */
    public VaultRepair(ObjectStore store, VaultKeys keys, Locator locator, List<ObjectStore> copies) {
        this(store, keys, locator, copies, Classes.STANDARD, true);
    }

    /**
     * As above, where containers may lie in other classes.
     *
     * @param readCharged also from a copy that has them in a class whose reading the service charges
     */
    public VaultRepair(
            ObjectStore store,
            VaultKeys keys,
            Locator locator,
            List<ObjectStore> copies,
            Classes classes,
            boolean readCharged) {
        this.readCharged = readCharged;
        this.classes = classes;
        this.store = store;
        this.keys = keys;
        this.locator = locator;
        this.copies = List.copyOf(copies);
    }

    /**
     * Repairs what can be repaired.
     *
     * @param known the newest root as the appliance's journal has it, null where it has none
     * @param told receives what could not be repaired, and why
     */
    public Result repair(VaultCheck.Report report, byte @Nullable [] known, Consumer<String> told) throws IOException {
        List<String> repaired = new ArrayList<>();
        Set<UUID> lost = Set.of();
        byte @Nullable [] encoded = root(known, told);
        if (encoded != null) {
            Root root = Root.parse(encoded, Publication.sequenceOf(encoded)).root();
            Upkeep.Result small = new Upkeep(store, each -> {}, Long.MAX_VALUE).run(root, encoded);
            repaired.addAll(small.restored());
            lost = small.lost();
        }
        for (VaultCheck.Finding finding : report.findings()) {
            try {
                if (!repaired.contains(finding.key()) && repair(finding, told)) {
                    repaired.add(finding.key());
                }
            } catch (IOException e) {
                if (!Parts.damaged(e)) {
                    throw e;
                }
                told.accept(finding.key() + " could not be repaired: " + e.getMessage());
            }
        }
        return new Result(List.copyOf(repaired), lost);
    }

    /** The newest root, of the vault or, where it is damaged there, of the journal. */
    private byte @Nullable [] root(byte @Nullable [] known, Consumer<String> told) throws IOException {
        try {
            Optional<Root.Read> newest = Roots.newest(store, 0, each -> each.signedBy(keys));
            long there = newest.map(each -> each.root().sequence()).orElse(-1L);
            if (known != null && Publication.sequenceOf(known) > there) {
                // Missing, or the vault was rolled back: then what it lists is missing, which the next check
                // reports.
                return known;
            }
            return newest.isEmpty() ? null : Roots.encoded(store, newest.get());
        } catch (DamagedRootException e) {
            if (known != null && Publication.sequenceOf(known) == e.sequence()) {
                return known;
            }
            told.accept(e.getMessage() + "; the appliance does not have it either");
            return null;
        }
    }

    private boolean repair(VaultCheck.Finding finding, Consumer<String> told) throws IOException {
        String key = finding.key();
        long sequence = Root.sequence(key.startsWith(ObjectKind.SECOND) ? key.substring(2) : key);
        if (sequence >= 0) {
            return older(key, sequence);
        }
        for (ObjectKind kind : new ObjectKind[] {ObjectKind.CONTAINER, ObjectKind.MANIFEST}) {
            if (key.startsWith(kind.prefix())) {
                UUID id = UUID.fromString(key.substring(key.lastIndexOf('/') + 1));
                StorageClass kept = kind == ObjectKind.CONTAINER ? classes.of(id) : StorageClass.STANDARD;
                Optional<Path> file = locator.find(kind, id);
                Optional<StorageClass> replaced = replaced(key);
                boolean stored = (file.isPresent() && storeAgain(kind, id, file.get(), finding.hash(), kept))
                        || fromCopy(key, finding.hash(), kept, told);
                if (stored && kind == ObjectKind.CONTAINER) {
                    classes.stored(id);
                    replaced.filter(each -> each.leastDays() > 0)
                            .ifPresent(each -> told.accept(key + " took the place of a damaged object in class "
                                    + each.label() + ": the service charges what that lacks of " + each.leastDays()
                                    + " days"));
                }
                return stored;
            }
        }
        return false;
    }

    /** In which class the damaged object lies; empty where it is missing. */
    private Optional<StorageClass> replaced(String key) throws IOException {
        try {
            return Optional.of(store.head(key).storageClass());
        } catch (ObjectStoreException e) {
            if (e.kind() == ObjectStoreException.Kind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** A root that is not the newest, from its other copy. */
    private boolean older(String key, long sequence) throws IOException {
        for (String other : Root.keys(sequence)) {
            if (!other.equals(key)) {
                byte[] bytes = store.bytes(other, 0, Root.MAX_BYTES);
                if (Root.parse(bytes, sequence).root().vault().equals(keys.id())) {
                    store.put(key, Body.of(bytes), PutOptions.REPLACE);
                    return true;
                }
            }
        }
        return false;
    }

    private boolean storeAgain(ObjectKind kind, UUID id, Path file, byte[] hash, StorageClass kept) throws IOException {
        try (ContainerReader reader = ContainerReader.open(disk, file, keys, false);
                Disk.DiskFile content = disk.open(file, false)) {
            // An object that is damaged here too must not replace one that may be less damaged there.
            reader.verifyHash();
            long length = content.size();
            SealedBody body = new SealedBody(kind, keys, id, new SealedBody.Content() {
                @Override
                public long length() {
                    return length;
                }

                @Override
                public void read(long position, ByteBuffer target) throws IOException {
                    content.read(target, position);
                }
            });
            if (!Arrays.equals(body.hash(), hash)) {
                return false;
            }
            store.put(body.key(), body, PutOptions.REPLACE.as(kept));
            return true;
        }
    }

    /** A copy of the vault has the same object under the same key, if it has it. */
    private boolean fromCopy(String key, byte[] hash, StorageClass kept, Consumer<String> told) throws IOException {
        for (ObjectStore copy : copies) {
            try {
                StoredObject there = copy.head(key);
                StorageClass in = there.storageClass();
                if (in.chargesReading() && !in.frozen() && !readCharged) {
                    told.accept(key + " would be read from the copy " + copy.url() + ", where it has " + there.bytes()
                            + " bytes in class " + in.label()
                            + ", which the service charges for; repeat this with --read-charged to read it");
                    continue;
                }
                if (SealedReader.copy(copy, store, key, hash, kept)) {
                    return true;
                }
            } catch (ObjectStoreException e) {
                if (e.kind() == ObjectStoreException.Kind.NOT_FOUND) {
                    continue;
                }
                if (e.kind() != ObjectStoreException.Kind.FROZEN) {
                    throw e;
                }
                told.accept(
                        key + " is frozen in the copy " + copy.url() + ": thaw that object there, then repeat this");
            }
        }
        return false;
    }
}
