package dev.holdfast.cloud.check;

import dev.holdfast.cloud.object.ObjectStore;
import dev.holdfast.cloud.object.ObjectStoreException;
import dev.holdfast.cloud.object.ObjectStoreException.Kind;
import dev.holdfast.cloud.object.StoredObject;
import dev.holdfast.cloud.recover.VaultRecovery;
import dev.holdfast.cloud.vault.Inventory;
import dev.holdfast.cloud.vault.ObjectFile;
import dev.holdfast.cloud.vault.ObjectKind;
import dev.holdfast.cloud.vault.Root;
import dev.holdfast.cloud.vault.Roots;
import dev.holdfast.cloud.vault.SealedReader;
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
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Verifies a vault. Without keys: that every object which the newest root lists is there, and is what was stored. With keys
 * moreover that the root was signed by the vault, and that every chunk decrypts to what its name says.
 */
public final class VaultCheck {
    private static final int TRAILER_READ = 4 << 20;
    private static final byte[] NO_HASH = new byte[0];

    private final ObjectStore store;
    private final Progress progress;

    /** Told how far it is. */
    public interface Progress {
        void step(String what, long done, long total);
    }

    /**
     * What is wrong with one object.
     *
     * @param sha256 at the end of the object that should be there
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
     * @param unknown objects that the root does not list
     * @param chunks that were decrypted and rehashed
     */
    public record Report(long root, long objects, long bytes, long chunks, long unknown, List<Finding> findings) {}

    public VaultCheck(ObjectStore store, Progress progress) {
        this.store = store;
        this.progress = progress;
    }

    /** Without keys. */
    public Report run() throws IOException {
        Root.Read read = Roots.newest(store).orElseThrow(() -> new IOException(store.url() + " holds no vault"));
        return run(read.root(), null);
    }

    /** With the recovery key; {@code readData} for every chunk. */
    public Report run(Credential recoveryKey, boolean readData) throws IOException {
        VaultRecovery recovery = VaultRecovery.open(store, recoveryKey, 0);
        try (Vault keys = recovery.keys()) {
            return run(recovery.root(), readData ? keys : null);
        }
    }

    private Report run(Root root, @Nullable Vault keys) throws IOException {
        List<Finding> findings = new ArrayList<>();
        Map<String, Inventory.Entry> expected = expected(root, findings);
        Map<String, Long> there = listed();
        long bytes = 0;
        long chunks = 0;
        long done = 0;
        for (Map.Entry<String, Inventory.Entry> each : expected.entrySet()) {
            Inventory.Entry entry = each.getValue();
            Long size = there.remove(each.getKey());
            try {
                if (size == null) {
                    throw FormatException.corrupt("is missing");
                }
                if (size != entry.bytes()) {
                    throw FormatException.corrupt("has " + size + " bytes instead of " + entry.bytes());
                }
                bytes += SealedReader.verify(store, each.getKey(), entry.bytes(), entry.sha256());
                if (keys != null && entry.kind() == ObjectKind.CONTAINER) {
                    chunks += readContainer(keys, entry);
                }
            } catch (FormatException e) {
                findings.add(new Finding(each.getKey(), text(each.getKey(), e), entry.sha256()));
            } catch (ObjectStoreException e) {
                if (e.kind() != Kind.FROZEN && e.kind() != Kind.NOT_FOUND) {
                    throw e;
                }
                findings.add(new Finding(each.getKey(), text(each.getKey(), e), entry.sha256()));
            }
            progress.step("objects", ++done, expected.size());
        }
        long unknown = there.keySet().stream()
                .filter(key -> !key.startsWith(Root.PREFIX) && !key.endsWith(".inv"))
                .count();
        return new Report(root.sequence(), done, bytes, chunks, unknown, List.copyOf(findings));
    }

    private static String text(String key, IOException e) {
        return String.valueOf(e.getMessage()).replace("object " + key + ": ", "");
    }

    /** Everything that must be there, by key. */
    private Map<String, Inventory.Entry> expected(Root root, List<Finding> findings) throws IOException {
        Map<String, Inventory.Entry> expected = new LinkedHashMap<>();
        Map<ObjectKind, List<Root.Part>> parts = new LinkedHashMap<>();
        parts.put(ObjectKind.SEGMENT, root.segments());
        parts.put(ObjectKind.CATALOGUE, root.catalogues());
        for (Map.Entry<ObjectKind, List<Root.Part>> kind : parts.entrySet()) {
            for (Root.Part part : kind.getValue()) {
                expected.put(
                        kind.getKey().key(part.id()),
                        new Inventory.Entry(
                                part.id(),
                                kind.getKey(),
                                0,
                                part.bytes(),
                                HexFormat.of().parseHex(part.sha256())));
                try {
                    for (Inventory.Entry entry :
                            Roots.inventory(store, kind.getKey(), part).entries()) {
                        if (entry.bytes() == 0) {
                            expected.remove(entry.key());
                        } else {
                            expected.put(entry.key(), entry);
                        }
                    }
                } catch (FormatException e) {
                    findings.add(new Finding(
                            kind.getKey().inventoryKey(part.id()), String.valueOf(e.getMessage()), NO_HASH));
                } catch (ObjectStoreException e) {
                    if (e.kind() != Kind.NOT_FOUND) {
                        throw e;
                    }
                    findings.add(new Finding(kind.getKey().inventoryKey(part.id()), "is missing", NO_HASH));
                }
            }
        }
        return expected;
    }

    private Map<String, Long> listed() throws IOException {
        Map<String, Long> there = new HashMap<>();
        String after = "";
        while (true) {
            ObjectStore.Listing page = store.list("", after, 1000);
            for (StoredObject each : page.objects()) {
                there.put(each.key(), each.bytes());
                after = each.key();
            }
            if (page.last() || page.objects().isEmpty()) {
                return there;
            }
        }
    }

    /** Decrypts and rehashes all chunks of a container. */
    private long readContainer(Vault keys, Inventory.Entry entry) throws IOException {
        SealedReader object = SealedReader.open(store, keys, ObjectKind.CONTAINER, entry.id());
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
