package dev.holdfast.store;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Content;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.PageWriter;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.container.PoisonedContainer;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** A store in a directory, on the real disk, and backups without a network. */
public final class StoreFixture {
    public final Path data;
    final Keyring keyring;
    final HardwareProfile profile;
    public final List<String> warnings = new ArrayList<>();
    private final byte[] secret = new byte[32];

    public StoreFixture(Path data) throws IOException {
        this(data, HashAlgorithm.NEWEST);
    }

    public StoreFixture(Path data, HashAlgorithm hash) throws IOException {
        this(data, "dev", 2, hash);
    }

    StoreFixture(Path data, String profileName, int volumes) throws IOException {
        this(data, profileName, volumes, HashAlgorithm.NEWEST);
    }

    private StoreFixture(Path data, String profileName, int volumes, HashAlgorithm hash) throws IOException {
        this.data = data;
        this.profile = HardwareProfile.load(profileName);
        this.keyring = Keyring.create(new Credential(Credential.Kind.KEY_FILE, secret.clone()), hash);
        for (int i = 0; i < volumes; i++) {
            Volumes.initialise(data.resolve("volume" + i), keyring.vault(), i);
        }
        AtomicFile.createDirectory(data.resolve("manifests"));
        keyring.write(data.resolve("keyring.json"));
    }

    private StoreFixture(Path data, HardwareProfile profile, Keyring keyring) {
        this.data = data;
        this.profile = profile;
        this.keyring = keyring;
    }

    /** A store that is there already, with the dev profile. */
    public static StoreFixture existing(Path data) throws IOException {
        return new StoreFixture(data, HardwareProfile.load("dev"), Keyring.read(data.resolve("keyring.json")));
    }

    private StoreFixture(Path data, StoreFixture original) {
        this(data, original.profile, original.keyring);
    }

    public StoreConfig config() throws IOException {
        try (Stream<Path> volumes = Files.list(data)) {
            List<Path> roots = volumes.filter(
                            path -> path.getFileName().toString().startsWith("volume"))
                    .sorted()
                    .toList();
            return new StoreConfig(data, roots, profile);
        }
    }

    public Store open() throws IOException {
        return open(new LocalDisk());
    }

    public Store open(Disk disk) throws IOException {
        return open(disk, ContainerArchive.NONE);
    }

    public Store open(Disk disk, ContainerArchive archive) throws IOException {
        warnings.clear();
        return new Store(
                config(),
                keyring.unlock(new Credential(Credential.Kind.KEY_FILE, secret.clone())),
                disk,
                archive,
                new IndexRecovery.Progress() {
                    @Override
                    public void step(String what, long done, long total) {}

                    @Override
                    public void warning(String what) {
                        warnings.add(what);
                    }
                });
    }

    /** What a crash at this moment leaves behind: the files as they are, under another name. */
    public StoreFixture crashCopy(Path to) throws IOException {
        copy(data, to);
        return new StoreFixture(to, this);
    }

    /** A whole tree of files. */
    public static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    public List<Path> files(String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    public static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** For a store of the newest format. */
    public static Digest put(BackupSession session, byte[] data) throws IOException {
        return put(session, HashAlgorithm.NEWEST, data);
    }

    private static Digest put(BackupSession session, HashAlgorithm hash, byte[] data) throws IOException {
        Digest digest = hash.digest(data);
        session.put(ChunkKind.DATA, digest, Packed.compress(data, 1));
        return digest;
    }

    /** Backs up a flat tree of files named {@code f0}, {@code f1}, … one chunk each. */
    public static StoredSnapshot backup(Store store, int node, List<byte[]> files) throws IOException {
        HashAlgorithm hash = store.vault().hash();
        try (BackupSession session = store.openBackup(node, "node-" + node)) {
            for (byte[] data : files) {
                put(session, hash, data);
            }
            return commitKnown(session, hash, files);
        }
    }

    /** The end of such a backup, to a store of the newest format: its chunks are there already, or the session was told so. */
    public static StoredSnapshot commitKnown(BackupSession session, List<byte[]> files) throws IOException {
        return commitKnown(session, HashAlgorithm.NEWEST, files);
    }

    private static StoredSnapshot commitKnown(BackupSession session, HashAlgorithm hash, List<byte[]> files)
            throws IOException {
        List<PageRef> pages = new ArrayList<>();
        pages(hash, files).take((first, continuation, bytes, records) -> {
            Digest digest = hash.digest(bytes);
            session.put(ChunkKind.PAGE, digest, Packed.raw(bytes));
            pages.add(new PageRef(first, continuation, digest, bytes.length, records));
        });
        session.addPages(pages);
        return session.commit(summary(files.size()).encode());
    }

    private static PageWriter pages(HashAlgorithm hash, List<byte[]> files) {
        PageWriter writer = new PageWriter();
        for (int i = 0; i < files.size(); i++) {
            byte[] data = files.get(i);
            Timestamp time = new Timestamp(1, 2);
            Attributes attributes = new Attributes(0644, 0, 0, time, time, i, 0, 1, data.length, List.of());
            Extent extent = new Extent(0, hash.digest(data), data.length, 0, data.length);
            byte[] name = String.format("f%05d", i).getBytes(StandardCharsets.US_ASCII);
            writer.add(new Node.RegularFile(name, attributes, new Content(List.of(extent), false, false, data.length)));
        }
        return writer;
    }

    /** The one page of such a tree, in the newest format. */
    public static byte[] page(List<byte[]> files) throws IOException {
        List<byte[]> found = new ArrayList<>();
        pages(HashAlgorithm.NEWEST, files).take((first, continuation, bytes, records) -> found.add(bytes));
        return found.getFirst();
    }

    /** Puts a container of an older release where a store finds it, and enters all of it into the index; while the store is closed. */
    public void indexed(int number, ContainerHeader.Kind kind, List<PoisonedContainer.Content> contents)
            throws IOException {
        StoreConfig config = config();
        VaultKeys vault = keyring.unlock(new Credential(Credential.Kind.KEY_FILE, secret.clone()));
        Volumes volumes = new Volumes(new LocalDisk(), config.volumes(), profile.reservePercent());
        Path file = volumes.prepareContainer(0, number);
        List<FrameEntry> entries = PoisonedContainer.write(file, vault, kind, number, contents);
        try (ChunkIndex index = new ChunkIndex(config.index(), 8 << 20, 8 << 20);
                ChunkIndex.Batch batch = index.batch()) {
            for (FrameEntry entry : entries) {
                batch.chunk(entry.id(), Location.of(number, entry));
            }
            batch.container(number, new ContainerInfo(0, entries.size(), Files.size(file)))
                    .commit();
        }
    }

    public static SnapshotSummary summary(int files) throws IOException {
        var counts = new SnapshotSummary.Counts(files, 0, 0, 0, 0, 0, 0, 0, 0);
        return new SnapshotSummary(
                "host", "test", 1, 2, List.of(TreePath.parse("/src")), List.of("*.tmp"), counts, List.of());
    }
}
