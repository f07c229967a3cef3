package dev.holdfast.vault.check;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.Ahead;
import dev.holdfast.vault.format.DamagedRootException;
import dev.holdfast.vault.format.Inventory;
import dev.holdfast.vault.format.ObjectFile;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.format.Publication;
import dev.holdfast.vault.format.Root;
import dev.holdfast.vault.format.Roots;
import dev.holdfast.vault.format.SealedReader;
import dev.holdfast.vault.format.SmallObject;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.StoredObject;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a vault. Without keys: that every object which recovery, restore or upload could read is there, in all its
 * copies, and is what was stored. With keys moreover that the root was signed by the vault, and that every chunk
 * decrypts to what its name says. What lies in a frozen class is counted, not read: thawing it costs money.
 */
public final class VaultCheck {
    private static final int TRAILER_READ = 4 << 20;
    private static final byte[] NO_HASH = new byte[0];

    private static final int SMALL_AT_ONCE = 16;
    private static final int AT_ONCE = 16;
    /** Containers in memory at the same time, each up to 64 MiB, twice. */
    private static final int WHOLE_AT_ONCE = 2;

    private final ObjectStore store;
    private final Progress progress;
    private final boolean readCharged;
    /** Objects that were found undamaged, and the number of chunks in each. */
    private final Map<String, Long> whole = new ConcurrentHashMap<>();

    private boolean again;

    /** Receives progress. */
    public interface Progress {
        void step(String what, long done, long total);
    }

    /**
     * A problem with one object.
     *
     * @param hash at the end of the object that should be there; empty where it is not known
     */
    public record Finding(String key, String damage, byte[] hash) {
        @Override
        public String toString() {
            return key + ": " + damage;
        }
    }

    /**
     * The result of a check.
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

    /** Reads whatever can be read without extra charges. */
    public VaultCheck(ObjectStore store, Progress progress) {
        this(store, progress, true);
    }

    /** @param readCharged also read objects of classes for which the service charges reading */
    public VaultCheck(ObjectStore store, Progress progress, boolean readCharged) {
        this.readCharged = readCharged;
        this.store = store;
        this.progress = progress;
    }

    /** Checks without keys. */
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

    /**
     * As {@link #run(Credential, boolean)}, after a repair: objects that were found undamaged before are not read a
     * second time.
     */
    public Report again(Credential recoveryKey, boolean readData) throws IOException {
        again = true;
        try {
            return run(recoveryKey, readData);
        } finally {
            again = false;
        }
    }

    /** Checks with the recovery key; {@code readData} to read every chunk. */
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
        try (VaultKeys keys = recovery.keys()) {
            return new Run(recovery.root(), readData ? keys : null, findings).report();
        }
    }

    /** One check. */
    private final class Run {
        private final Root root;
        private final @Nullable VaultKeys keys;
        private final List<Finding> findings;
        private final Map<String, StoredObject> there = new HashMap<>();
        private long objects;
        private long bytes;
        private long chunks;
        private long frozen;
        private long charged;
        private long chargedBytes;

        Run(Root root, @Nullable VaultKeys keys, List<Finding> findings) {
            this.root = root;
            this.keys = keys;
            this.findings = findings;
        }

        Report report() throws IOException {
            store.each("", "", each -> there.put(each.key(), each));
            roots();
            Ahead.each(copies(), SMALL_AT_ONCE, each -> each.small.verify(store, each.key, each.object), this::take);
            List<Expected> expected = expected().values().stream()
                    .map(entry -> new Expected(entry, there.remove(entry.key())))
                    .toList();
            long[] done = new long[1];
            Ahead.each(expected, keys == null ? AT_ONCE : WHOLE_AT_ONCE, this::read, (each, verdict) -> {
                take(each, verdict);
                progress.step("objects", ++done[0], expected.size());
                return true;
            });
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
            List<String> keys = there.keySet().stream()
                    .filter(Run::rootKey)
                    .filter(key -> sequence(key) >= 0)
                    .filter(key ->
                            findings.stream().noneMatch(each -> each.key().equals(key)))
                    .sorted()
                    .toList();
            Ahead.each(keys, SMALL_AT_ONCE, key -> Roots.at(store, key, sequence(key)), (key, read) -> {
                try {
                    Root found = read.get().root();
                    objects++;
                    if (!found.vault().equals(root.vault())) {
                        throw FormatException.corrupt("it is a root of another vault, " + found.vault());
                    }
                    if (found.twice() && Publication.keeps(root.sequence(), sequence(key))) {
                        missing(Root.keys(sequence(key)));
                    }
                } catch (IOException e) {
                    finding(key, NO_HASH, e, "");
                }
                return true;
            });
        }

        private static long sequence(String key) {
            return Root.sequence(key.substring(key.indexOf(Root.PREFIX)));
        }

        private void missing(List<String> copies) {
            for (String key : copies) {
                if (!there.containsKey(key)
                        && findings.stream().noneMatch(each -> each.key().equals(key))) {
                    findings.add(new Finding(key, "is missing", NO_HASH));
                }
            }
        }

        /** One copy of a small object. */
        private record Copy(
                SmallObject small, String key, @Nullable StoredObject object, boolean last) {}

        private List<Copy> copies() {
            List<Copy> copies = new ArrayList<>();
            for (SmallObject small : SmallObject.of(root)) {
                List<String> expected = small.keys().stream()
                        .filter(key -> root.twice() || !key.startsWith(ObjectKind.SECOND) || there.containsKey(key))
                        .toList();
                for (String key : expected) {
                    copies.add(new Copy(small, key, there.remove(key), key.equals(expected.getLast())));
                }
            }
            return copies;
        }

        /** State of the object whose copies are being checked. */
        private final Map<String, IOException> bad = new LinkedHashMap<>();

        private boolean take(Copy copy, Ahead.Answer<Long> verified) throws IOException {
            try {
                bytes += verified.get();
                objects++;
            } catch (IOException e) {
                bad.put(copy.key, e);
            }
            if (copy.last) {
                int all = copy.small.keys().size();
                String other = all > 1 && bad.size() < all ? "; its other copy is whole" : "";
                for (Map.Entry<String, IOException> each : bad.entrySet()) {
                    finding(each.getKey(), copy.small.hash(), each.getValue(), other);
                }
                bad.clear();
            }
            return true;
        }

        /** What an inventory lists, and the object that the store has under its key. */
        private record Expected(
                Inventory.Entry entry, @Nullable StoredObject object) {}

        private enum Result {
            READ,
            FROZEN,
            CHARGED
        }

        private record Verdict(Result result, long chunks) {}

        /** Safe for several threads. */
        private Verdict read(Expected expected) throws IOException {
            Inventory.Entry entry = expected.entry;
            String key = entry.key();
            StoredObject object = expected.object;
            if (object == null) {
                throw FormatException.corrupt("is missing");
            }
            if (object.bytes() != entry.bytes()) {
                throw FormatException.corrupt("has " + object.bytes() + " bytes instead of " + entry.bytes());
            }
            boolean frozen = object.storageClass().frozen();
            if (frozen && !store.head(key).readable()) {
                return new Verdict(Result.FROZEN, 0);
            }
            // Reading thawed objects costs nothing beyond the thaw.
            if (object.storageClass().chargesReading() && !frozen && !readCharged) {
                return new Verdict(Result.CHARGED, 0);
            }
            Long known = again ? whole.get(key) : null;
            if (known != null) {
                return new Verdict(Result.READ, known);
            }
            try {
                if (keys != null && entry.kind() == ObjectKind.CONTAINER) {
                    return new Verdict(Result.READ, readContainer(keys, entry));
                }
                SealedReader.verify(store, key, entry.bytes(), entry.hash());
                return new Verdict(Result.READ, 0);
            } catch (ObjectStoreException e) {
                if (e.kind() == Kind.FROZEN) {
                    return new Verdict(Result.FROZEN, 0);
                }
                throw e;
            }
        }

        private void take(Expected expected, Ahead.Answer<Verdict> answer) throws IOException {
            StoredObject object = expected.object;
            Inventory.Entry entry = expected.entry;
            // An object of a wrong length counts as missing.
            if (object != null && object.bytes() == entry.bytes()) {
                objects++;
            }
            try {
                Verdict verdict = answer.get();
                switch (verdict.result) {
                    case READ -> {
                        whole.put(entry.key(), verdict.chunks);
                        chunks += verdict.chunks;
                        bytes += entry.bytes();
                    }
                    case FROZEN -> frozen++;
                    case CHARGED -> {
                        charged++;
                        chargedBytes += entry.bytes();
                    }
                }
            } catch (IOException e) {
                finding(entry.key(), entry.hash(), e, "");
            }
        }

        /** Everything that inventories list, by key. */
        private Map<String, Inventory.Entry> expected() throws IOException {
            Map<String, Inventory.Entry> expected = new LinkedHashMap<>();
            Map<ObjectKind, List<Root.Part>> parts = new LinkedHashMap<>();
            parts.put(ObjectKind.SEGMENT, root.segments());
            parts.put(ObjectKind.CATALOGUE, root.catalogues());
            for (Map.Entry<ObjectKind, List<Root.Part>> each : parts.entrySet()) {
                ObjectKind kind = each.getKey();
                Ahead.each(each.getValue(), SMALL_AT_ONCE, part -> Roots.inventory(store, kind, part), (part, read) -> {
                    try {
                        for (Inventory.Entry entry : read.get().entries()) {
                            if (entry.bytes() == 0) {
                                expected.remove(entry.key());
                            } else {
                                expected.put(entry.key(), entry);
                            }
                        }
                    } catch (FormatException | ObjectStoreException e) {
                        finding(kind.inventoryKey(part.id()), NO_HASH, e, "; so what it lists was not verified");
                    }
                    return true;
                });
            }
            return expected;
        }

        private void finding(String key, byte[] hash, IOException e, String more) throws IOException {
            boolean damage = e instanceof FormatException
                    || ObjectStoreException.is(e, Kind.NOT_FOUND)
                    || ObjectStoreException.is(e, Kind.CORRUPT);
            if (!damage) {
                throw e;
            }
            String text = String.valueOf(e.getMessage()).replace("object " + key + ": ", "");
            findings.add(new Finding(key, text + more, hash));
        }
    }

    /** Reads a container once: compares its hash, then decrypts and rehashes all its chunks. */
    private long readContainer(VaultKeys keys, Inventory.Entry entry) throws IOException {
        byte[] whole = store.bytes(entry.key(), 0, Math.toIntExact(entry.bytes()));
        SealedReader.verify(whole, entry.key(), entry.hash());
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
                    if (!keys.chunkId(raw).equals(frame.id())) {
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
