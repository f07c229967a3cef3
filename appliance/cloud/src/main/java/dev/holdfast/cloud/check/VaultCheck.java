package dev.holdfast.cloud.check;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.object.ObjectStoreException;
import dev.holdfast.cloud.object.ObjectStoreException.Kind;
import dev.holdfast.cloud.object.StoredObject;
import dev.holdfast.cloud.recover.VaultRecovery;
import dev.holdfast.cloud.vault.DamagedRootException;
import dev.holdfast.cloud.vault.Inventory;
import dev.holdfast.cloud.vault.ObjectFile;
import dev.holdfast.cloud.vault.ObjectKind;
import dev.holdfast.cloud.vault.Publication;
import dev.holdfast.cloud.vault.Root;
import dev.holdfast.cloud.vault.Roots;
import dev.holdfast.cloud.vault.SealedReader;
import dev.holdfast.cloud.vault.SmallObject;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Vault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a vault. Without keys: that every object which recovery, restore or upload could read is there, in all its copies, and
 * is what was stored. With keys moreover that the root was signed by the vault, and that every chunk decrypts to what its name says.
 * What lies in a frozen class is counted, not read: thawing it costs money.
 */
public final class VaultCheck {
    private static final int TRAILER_READ = 4 << 20;
    private static final byte[] NO_HASH = new byte[0];

    private final ObjectStore store;
    private final Progress progress;
    private final boolean readCharged;
    /** Objects that were found whole, and the chunks in them. */
    private final Map<String, Long> whole = new HashMap<>();

    private boolean again;

    /** Told how far it is. */
    public interface Progress {
        void step(String what, long done, long total);
    }

    /**
     * What is wrong with one object.
     *
     * @param sha256 at the end of the object that should be there; empty where it is not known
     */
    public record Finding(String key, String damage, byte[] sha256) {
        @Override
        public String toString() {
            return key + ": " + damage;
        }
    }

    /**
     * The result.
     *
     * @param root whose objects were verified: the newest that can be read
     * @param bytes that were read
     * @param frozen objects that are there, have the right size, and were not read since they would have to thaw
     * @param charged as {@code frozen}, not read since that is charged, and {@code chargedBytes} of them
     * @param unknown objects that no root lists
     * @param chunks that were decrypted and rehashed
     */
    public record Report(
            long root,
            long objects,
            long bytes,
            long chunks,
            long frozen,
            long charged,
            long chargedBytes,
            long unknown,
            List<Finding> findings) {}

    /** Reads what can be read. */
    public VaultCheck(ObjectStore store, Progress progress) {
        this(store, progress, true);
    }

    /** @param readCharged also what lies in a class whose reading the service charges */
    public VaultCheck(ObjectStore store, Progress progress, boolean readCharged) {
        this.readCharged = readCharged;
        this.store = store;
        this.progress = progress;
    }

    /** Without keys. */
    public Report run() throws IOException {
        List<Finding> findings = new ArrayList<>();
        Root root;
        try {
            root = Roots.newest(store)
                    .orElseThrow(() -> new IOException(store.url() + " holds no vault"))
                    .root();
        } catch (DamagedRootException e) {
            root = e.older().orElseThrow(() -> e).root();
            findings.add(new Finding(Root.key(e.sequence()), String.valueOf(e.getMessage()), NO_HASH));
        }
        return new Run(root, null, findings).report();
    }

    /** As {@link #run(Credential, boolean)}, after a repair: what was found whole before is not read a second time. */
    public Report again(Credential recoveryKey, boolean readData) throws IOException {
        again = true;
        try {
            return run(recoveryKey, readData);
        } finally {
            again = false;
        }
    }

    /** With the recovery key; {@code readData} for every chunk. */
    public Report run(Credential recoveryKey, boolean readData) throws IOException {
        List<Finding> findings = new ArrayList<>();
        VaultRecovery recovery;
        try {
            recovery = VaultRecovery.open(store, recoveryKey, 0);
        } catch (DamagedRootException e) {
            findings.add(new Finding(Root.key(e.sequence()), String.valueOf(e.getMessage()), NO_HASH));
            recovery = VaultRecovery.open(
                    store, recoveryKey, e.older().orElseThrow(() -> e).root().sequence());
        }
        try (Vault keys = recovery.keys()) {
            return new Run(recovery.root(), readData ? keys : null, findings).report();
        }
    }

    /** One check. */
    private final class Run {
        private final Root root;
        private final @Nullable Vault keys;
        private final List<Finding> findings;
        private final Map<String, StoredObject> there = new HashMap<>();
        private long objects;
        private long bytes;
        private long chunks;
        private long frozen;
        private long charged;
        private long chargedBytes;

        Run(Root root, @Nullable Vault keys, List<Finding> findings) {
            this.root = root;
            this.keys = keys;
            this.findings = findings;
        }

        Report report() throws IOException {
            store.each("", "", each -> there.put(each.key(), each));
            roots();
            for (SmallObject each : SmallObject.of(root)) {
                verify(each);
            }
            Map<String, Inventory.Entry> expected = expected();
            long done = 0;
            for (Inventory.Entry each : expected.values()) {
                verify(each);
                progress.step("objects", ++done, expected.size());
            }
            long unknown = there.keySet().stream().filter(key -> !rootKey(key)).count();
            return new Report(
                    root.sequence(),
                    objects,
                    bytes,
                    chunks,
                    frozen,
                    charged,
                    chargedBytes,
                    unknown,
                    List.copyOf(findings));
        }

        private static boolean rootKey(String key) {
            return key.startsWith(Root.PREFIX) || key.startsWith(ObjectKind.SECOND + Root.PREFIX);
        }

        /** All roots that are kept: older ones help where newer ones are damaged. */
        private void roots() throws IOException {
            for (String key :
                    there.keySet().stream().filter(Run::rootKey).sorted().toList()) {
                long sequence = Root.sequence(key.substring(key.indexOf(Root.PREFIX)));
                if (sequence < 0
                        || findings.stream().anyMatch(each -> each.key().equals(key))) {
                    continue;
                }
                try {
                    Root found = Roots.at(store, key, sequence).root();
                    objects++;
                    if (!found.vault().equals(root.vault())) {
                        throw FormatException.corrupt("it is a root of another vault, " + found.vault());
                    }
                    if (found.twice() && Publication.keeps(root.sequence(), sequence)) {
                        missing(Root.keys(sequence));
                    }
                } catch (IOException e) {
                    finding(key, NO_HASH, e, "");
                }
            }
        }

        private void missing(List<String> copies) {
            for (String key : copies) {
                if (!there.containsKey(key)
                        && findings.stream().noneMatch(each -> each.key().equals(key))) {
                    findings.add(new Finding(key, "is missing", NO_HASH));
                }
            }
        }

        private void verify(SmallObject small) throws IOException {
            List<IOException> bad = new ArrayList<>();
            List<String> badKeys = new ArrayList<>();
            for (String key : small.keys()) {
                StoredObject object = there.remove(key);
                if (object == null && !root.twice() && key.startsWith(ObjectKind.SECOND)) {
                    continue;
                }
                try {
                    bytes += small.verify(store, key, object);
                    objects++;
                } catch (IOException e) {
                    bad.add(e);
                    badKeys.add(key);
                }
            }
            String other = badKeys.size() < small.keys().size() ? "; its other copy is whole" : "";
            for (int i = 0; i < bad.size(); i++) {
                finding(badKeys.get(i), small.sha256(), bad.get(i), small.keys().size() > 1 ? other : "");
            }
        }

        private void verify(Inventory.Entry entry) throws IOException {
            String key = entry.key();
            StoredObject object = there.remove(key);
            try {
                if (object == null) {
                    throw FormatException.corrupt("is missing");
                }
                if (object.bytes() != entry.bytes()) {
                    throw FormatException.corrupt("has " + object.bytes() + " bytes instead of " + entry.bytes());
                }
                objects++;
                if (object.storageClass().frozen() && !store.head(key).readable()) {
                    frozen++;
                    return;
                }
                // Of what was thawed, reading costs no more than the thaw did.
                if (object.storageClass().chargesReading()
                        && !object.storageClass().frozen()
                        && !readCharged) {
                    charged++;
                    chargedBytes += object.bytes();
                    return;
                }
                Long known = again ? whole.get(key) : null;
                long read = 0;
                if (known != null) {
                    read = known;
                } else if (keys != null && entry.kind() == ObjectKind.CONTAINER) {
                    read = readContainer(keys, entry);
                } else {
                    SealedReader.verify(store, key, entry.bytes(), entry.sha256());
                }
                whole.put(key, read);
                chunks += read;
                bytes += entry.bytes();
            } catch (ObjectStoreException e) {
                if (e.kind() == Kind.FROZEN) {
                    frozen++;
                } else {
                    finding(key, entry.sha256(), e, "");
                }
            } catch (FormatException e) {
                finding(key, entry.sha256(), e, "");
            }
        }

        /** Everything that inventories list, by key. */
        private Map<String, Inventory.Entry> expected() throws IOException {
            Map<String, Inventory.Entry> expected = new LinkedHashMap<>();
            Map<ObjectKind, List<Root.Part>> parts = new LinkedHashMap<>();
            parts.put(ObjectKind.SEGMENT, root.segments());
            parts.put(ObjectKind.CATALOGUE, root.catalogues());
            for (Map.Entry<ObjectKind, List<Root.Part>> kind : parts.entrySet()) {
                for (Root.Part part : kind.getValue()) {
                    try {
                        for (Inventory.Entry entry :
                                Roots.inventory(store, kind.getKey(), part).entries()) {
                            if (entry.bytes() == 0) {
                                expected.remove(entry.key());
                            } else {
                                expected.put(entry.key(), entry);
                            }
                        }
                    } catch (FormatException | ObjectStoreException e) {
                        String key = kind.getKey().inventoryKey(part.id());
                        finding(key, NO_HASH, e, "; so what it lists was not verified");
                    }
                }
            }
            return expected;
        }

        private void finding(String key, byte[] sha256, IOException e, String more) throws IOException {
            boolean damage = e instanceof FormatException
                    || ObjectStoreException.is(e, Kind.NOT_FOUND)
                    || ObjectStoreException.is(e, Kind.CORRUPT);
            if (!damage) {
                throw e;
            }
            String text = String.valueOf(e.getMessage()).replace("object " + key + ": ", "");
            findings.add(new Finding(key, text + more, sha256));
        }
    }

    /** Reads a container once: compares its hash, then decrypts and rehashes all its chunks. */
    private long readContainer(Vault keys, Inventory.Entry entry) throws IOException {
        byte[] whole = store.bytes(entry.key(), 0, Math.toIntExact(entry.bytes()));
        SealedReader.verify(whole, entry.key(), entry.sha256());
        SealedReader object = SealedReader.of(whole, keys, ObjectKind.CONTAINER, entry.id());
        try (ContainerReader reader = ContainerReader.open(new ObjectFile(object), Path.of(entry.key()), keys)) {
            List<FrameEntry> frames = reader.readTrailer();
            for (int from = 0; from < frames.size(); ) {
                // A few megabytes of neighbours at a time.
                int to = from + 1;
                long start = frames.get(from).offset();
                while (to < frames.size() && end(frames.get(to)) - start <= TRAILER_READ) {
                    to++;
                }
                byte[] bytes = reader.readRange(start, (int) (end(frames.get(to - 1)) - start));
                for (FrameEntry frame : frames.subList(from, to)) {
                    byte[] raw = reader.decrypt(frame, bytes, (int) (frame.offset() - start))
                            .unpack();
                    if (!keys.chunkId(Digest.of(raw)).equals(frame.id())) {
                        throw FormatException.corrupt(
                                "frame at " + frame.offset() + " is another chunk than its name says");
                    }
                }
                from = to;
            }
            return frames.size();
        }
    }

    private static long end(FrameEntry frame) {
        return FrameEntry.end(frame.offset(), frame.storedLength());
    }
}
