package dev.holdfast.vault.format;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreConfig;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.ManifestFile;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Volumes;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.remote.VaultContainers;
import dev.holdfast.vault.upload.Selection;
import dev.holdfast.vault.upload.Throttle;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An appliance's store with a vault beside it, without a network of clients. Opened at once, closed by the test. */
public final class Office implements AutoCloseable {
    private static final byte[] RECOVERY = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    public final Path data;
    public final Keyring keyring;
    public final VaultKeys keys;
    public final ObjectStore vault;
    public final Journal journal;
    public final VaultContainers remote;
    public final Store store;
    public final List<String> warnings = new ArrayList<>();
    private byte[] control = "control data".getBytes(StandardCharsets.UTF_8);

    public static Credential recoveryKey() {
        return new Credential(Credential.Kind.RECOVERY_KEY, RECOVERY.clone());
    }

    /** A new office, or one that is there already. */
    public static Office open(Path data, ObjectStore vault) throws IOException {
        return open(data, vault, InstantSource.system());
    }

    /** As above; a new one gets this hash. */
    static Office open(Path data, ObjectStore vault, HashAlgorithm hash) throws IOException {
        return open(data, vault, hash, InstantSource.system());
    }

    public static Office open(Path data, ObjectStore vault, InstantSource clock) throws IOException {
        return open(data, vault, HashAlgorithm.NEWEST, clock);
    }

    private static Office open(Path data, ObjectStore vault, HashAlgorithm hash, InstantSource clock)
            throws IOException {
        Path file = data.resolve("keyring.json");
        if (!Files.exists(file)) {
            Files.createDirectories(data);
            prepare(data, Keyring.create(recoveryKey(), hash));
        }
        Keyring keyring = Keyring.read(file);
        return new Office(data, vault, keyring, keyring.unlock(recoveryKey()), clock);
    }

    /** A new office with a recovery key of its own. */
    static Office create(Path data, ObjectStore vault, Credential credential) throws IOException {
        return create(data, vault, credential, HashAlgorithm.NEWEST);
    }

    static Office create(Path data, ObjectStore vault, Credential credential, HashAlgorithm hash) throws IOException {
        Files.createDirectories(data);
        prepare(data, Keyring.create(credential, hash));
        return open(data, vault, credential);
    }

    /** An office that is there, whose keys may have been rotated. */
    public static Office open(Path data, ObjectStore vault, Credential credential) throws IOException {
        Keyring keyring = Keyring.read(data.resolve("keyring.json"));
        return new Office(data, vault, keyring, keyring.unlock(credential), InstantSource.system());
    }

    /** An empty place for a vault that is to be recovered. */
    public static Office forRecovery(Path data, ObjectStore vault, VaultRecovery recovery) throws IOException {
        if (!Files.exists(data.resolve("keyring.json"))) {
            Files.createDirectories(data);
            prepare(data, recovery.root().keyring());
        }
        return new Office(data, vault, recovery.root().keyring(), recovery.keys(), InstantSource.system());
    }

    private static void prepare(Path data, Keyring keyring) throws IOException {
        Volumes.initialise(data.resolve("volume0"), keyring.vault(), 0);
        AtomicFile.createDirectory(data.resolve("manifests"));
        keyring.write(data.resolve("keyring.json"));
    }

    private Office(Path data, ObjectStore vault, Keyring keyring, VaultKeys keys, InstantSource clock)
            throws IOException {
        this.data = data;
        this.vault = vault;
        this.keyring = keyring;
        this.keys = keys;
        journal = new Journal(data.resolve("vault.db"));
        remote = new VaultContainers(
                List.of(new VaultContainers.Copy(vault, journal)), keys, data.resolve("cache"), 64 << 20);
        store = new Store(
                new StoreConfig(data, List.of(data.resolve("volume0")), HardwareProfile.load("dev"), clock),
                keys,
                new LocalDisk(),
                remote,
                progress());
    }

    public IndexRecovery.Progress progress() {
        return new IndexRecovery.Progress() {
            @Override
            public void step(String what, long done, long total) {}

            @Override
            public void warning(String what) {
                warnings.add(what);
            }
        };
    }

    public void setControl(String text) {
        control = text.getBytes(StandardCharsets.UTF_8);
    }

    /** As a node does, on purpose. */
    public void forget(StoredSnapshot snapshot) throws IOException {
        journal.snapshots().forgotten(snapshot.id());
        store.manifests().forget(snapshot);
    }

    public VaultWriter writer() throws IOException {
        return writer(vault, journal);
    }

    /** One that writes to another place. */
    public VaultWriter writer(ObjectStore to, Journal about) throws IOException {
        VaultWriter.Options options =
                new VaultWriter.Options(4, StorageClass.STANDARD, Throttle.NONE, VaultWriter.Guard.NONE);
        return new VaultWriter(
                to,
                keys,
                () -> keyring,
                about,
                store.archiving(),
                store.manifests(),
                new LocalDisk(),
                () -> control,
                options);
    }

    /** Uploads everything. */
    public VaultWriter.Summary upload() throws IOException {
        try (VaultWriter writer = writer()) {
            return writer.run(Selection.ALL, writing());
        }
    }

    /** Collects warnings. */
    public VaultWriter.Progress writing() {
        return new VaultWriter.Progress() {
            @Override
            public void containers(long done, long total, long bytes) {}

            @Override
            public void published(long sequence, int containers, int snapshots) {}

            @Override
            public void warning(Phrase what) {
                warnings.add(what.english());
            }
        };
    }

    /** The files of a snapshot, by name, as its own node reads them. */
    public Map<String, byte[]> files(StoredSnapshot snapshot) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (ManifestFile manifest = store.manifests().open(snapshot)) {
            for (int at = 0; at < snapshot.pages(); ) {
                List<PageRef> pages = manifest.pages(at, snapshot.pages());
                at += pages.size();
                for (PageRef ref : pages) {
                    for (Node node :
                            Page.parse(read(snapshot.node(), ref.digest())).records()) {
                        if (node instanceof Node.RegularFile file) {
                            String name = new String(file.name(), StandardCharsets.UTF_8);
                            files.put(name, content(snapshot.node(), file.content()));
                        }
                    }
                }
            }
        }
        return files;
    }

    private byte[] content(int node, Content content) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (var extent : content.extents()) {
            out.write(read(node, extent.chunk()), extent.offset(), extent.length());
        }
        return out.toByteArray();
    }

    private byte[] read(int node, Digest digest) throws IOException {
        List<ChunkReader.Wanted> wanted = store.reader().locate(node, List.of(digest));
        return store.reader().verified(digest, store.reader().read(wanted).getFirst());
    }

    @Override
    public void close() throws IOException {
        store.close();
        remote.close();
        journal.close();
    }
}
