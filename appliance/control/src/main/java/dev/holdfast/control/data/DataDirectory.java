package dev.holdfast.control.data;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.StoreConfig;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.disk.ReadOnlyDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.volume.Room;
import dev.holdfast.store.volume.VolumeList;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An appliance's data directory.
 *
 * <pre>
 * appliance.json    version, profile, volumes
 * profile.json      where the profile is not one that ships
 * jvm.options       heap of the appliance process, from the profile
 * keys/             keyring.json, unattended.key, ca.crt, ca.key.sealed, console-certificate.sealed if one was uploaded
 * volumes/0         the first volume, unless others were named
 * manifests/        one file a snapshot
 * index/            derived
 * releases.json     which releases ran
 * control.db        nodes, tokens, tasks, audit, where the vault is
 * audit/            heads and segments of the audit log
 * vault/            journal.db and cache/, where there is one
 * lock              held while a process uses the store
 * </pre>
 */
public final class DataDirectory {
    private final Path root;
    private volatile ApplianceFile file;
    private final HardwareProfile profile;
    /** Null unless this stands for a directory that is only read. */
    private final @Nullable Rescued rescued;

    DataDirectory(Path root, ApplianceFile file, HardwareProfile profile) {
        this.root = root;
        this.file = file;
        this.profile = profile;
        this.rescued = null;
    }

    private DataDirectory(DataDirectory same, Rescued rescued) {
        this.root = same.root;
        this.file = same.file;
        this.profile = same.profile;
        this.rescued = rescued;
    }

    /**
     * What a directory stands for that was made to read another one.
     *
     * @param missing volumes, by their numbers, and what is wrong with them
     */
    public record Rescued(Path source, Map<Integer, String> missing) {
        /** The name of the file that one in the mirror stands for. */
        public String named(Path mirror, String file) {
            Path path = Path.of(file);
            if (!path.startsWith(mirror)) {
                return file;
            }
            try {
                Path real = path.toRealPath();
                if (!real.startsWith(mirror)) {
                    return real.toString();
                }
            } catch (IOException e) {
                // It is missing there, too.
            }
            return source.resolve(mirror.relativize(path)).toString();
        }

        /** Why nothing can be changed, and what can be done. */
        public Phrase refusal() {
            return Phrase.of("refused.read-only").with("source", source.toString());
        }
    }

    /** Empty unless this directory was made to read another one; see {@link #mirrored}. */
    public Optional<Rescued> rescued() {
        return Optional.ofNullable(rescued);
    }

    /** The disk of the store: where another directory is read, nothing there is changed. */
    public Disk disk() throws IOException {
        return rescued == null ? new LocalDisk() : new ReadOnlyDisk(new LocalDisk(), root.toRealPath());
    }

    /**
     * Makes the settings of a directory that stands for this one. Volume N is {@code volumes/N} there; those that are missing
     * count as given up.
     */
    public DataDirectory mirrored(Path target, Map<Integer, String> missing) throws IOException {
        file.mirrored(missing.keySet()).write(target);
        return new DataDirectory(look(target), new Rescued(root, Map.copyOf(missing)));
    }

    /** The data directory is used by another process. */
    public static final class InUseException extends IOException {
        InUseException(Path root, String holder) {
            super("another process" + (holder.isBlank() ? "" : " (pid " + holder.strip() + ")") + " is using " + root
                    + "; stop it first");
        }
    }

    /** What {@link #init} made; the recovery key is shown once and kept nowhere. */
    public record Initialised(DataDirectory directory, String recoveryKey) {}

    /** Shows the recovery key to the administrator, who keeps it. */
    public interface Showing {
        /** @throws IOException where it could not be shown: then there is no appliance */
        void show(Initialised made) throws IOException;
    }

    /** Creates an appliance of the newest format, for those who take the key from what is returned. */
    public static Initialised init(Path root, String profileName, List<Path> volumes, @Nullable Credential passphrase)
            throws IOException {
        return init(root, profileName, volumes, passphrase, HashAlgorithm.NEWEST, made -> {});
    }

    /**
     * Creates a new appliance. There is none before its recovery key was shown: what a failed or interrupted attempt leaves is
     * removed by the next one.
     *
     * @param volumes empty for one volume inside the data directory
     * @param passphrase null for a key file, which lets the appliance start unattended
     * @param hash that names chunks
     */
    public static Initialised init(
            Path root,
            String profileName,
            List<Path> volumes,
            @Nullable Credential passphrase,
            HashAlgorithm hash,
            Showing showing)
            throws IOException {
        return new Creation(root, profileName, volumes).run(passphrase, hash, showing);
    }

    /**
     * Creates a data directory for an appliance that comes back from its vault: its keys, authority, profile and control data
     * are as they were, its volumes are empty. An interrupted recovery begins anew; a finished one does nothing.
     *
     * @param keyring as the vault has it, for the recovery key alone
     * @param files of the export, see ControlExport
     * @param profileName null for the profile that the lost appliance had
     */
    public static DataDirectory recover(
            Path root,
            Keyring keyring,
            Credential recoveryKey,
            Map<String, byte[]> files,
            @Nullable String profileName,
            List<Path> volumes)
            throws IOException {
        return new Recreation(root, files, volumes).run(keyring, recoveryKey, profileName);
    }

    /** Whether a directory is an appliance. */
    public static boolean exists(Path root) {
        return ApplianceFile.exists(root);
    }

    public static DataDirectory open(Path root) throws IOException {
        Ownership.require(root);
        ApplianceFile file = ApplianceFile.read(root);
        return new DataDirectory(root, file, ApplianceFile.profile(root, file.profile()));
    }

    /** As {@link #open}, for those who change nothing there, whoever it belongs to. */
    public static DataDirectory look(Path root) throws IOException {
        ApplianceFile file = ApplianceFile.read(root);
        return new DataDirectory(root, file, ApplianceFile.profile(root, file.profile()));
    }

    // ---- what is in it

    public Path root() {
        return root;
    }

    public HardwareProfile profile() {
        return profile;
    }

    public Path keys() {
        return root.resolve("keys");
    }

    public Path controlDb() {
        return root.resolve("control.db");
    }

    /** The volumes of the store. They change while an appliance runs, see {@link VolumeChanges}. */
    public VolumeList volumeList() {
        return file.volumeList(root);
    }

    /** The directories of the volumes that are read. */
    public List<Path> volumes() {
        return volumeList().roots();
    }

    public StoreConfig storeConfig() {
        return new StoreConfig(root, volumeList(), profile);
    }

    ApplianceFile file() {
        return file;
    }

    /** Makes changed settings durable, which count from now on. The caller holds off other changes. */
    void save(ApplianceFile changed) throws IOException {
        changed.write(root);
        file = changed;
    }

    /** @param usedBytes in containers */
    public Room room(long usedBytes) {
        Volumes volumes = new Volumes(new LocalDisk(), volumeList(), profile.reservePercent());
        return new Room(usedBytes, profile.capacity().bytes(), volumes.freeBytes(), volumes.diskBytes());
    }

    /** Nobody but the appliance's user may enter the data directory and its volumes. */
    public void closeToOthers() throws IOException {
        Ownership.closeToOthers(root);
        for (Path volume : volumes()) {
            // The store says what to do about one that is not there.
            if (Files.isDirectory(volume)) {
                Ownership.closeToOthers(volume);
            }
        }
    }

    // ---- keys

    KeyringFiles keyringFiles() {
        return new KeyringFiles(keys(), volumes());
    }

    public Keyring keyring() throws IOException {
        Keyring keyring = keyringFiles().read();
        if (!Objects.equals(keyring.hash(), file.hash())) {
            throw new IOException(root.resolve(ApplianceFile.NAME) + " names " + named(file.hash()) + ", the keyring "
                    + named(keyring.hash()) + "; one of them is of another appliance: copy it back from a volume or"
                    + " from a copy of this directory");
        }
        return keyring;
    }

    private static String named(@Nullable String hash) {
        return hash == null ? "no hash" : "the hash " + hash;
    }

    /** What becomes of a keyring. */
    public interface KeyringChange {
        Keyring of(Keyring keyring) throws IOException;
    }

    /** Changes the keyring, here and on every volume. Two changes at once, by whatever processes, come one after the other. */
    public void changeKeyring(KeyringChange change) throws IOException {
        keyringFiles().change(change);
    }

    /**
     * Ends what an interrupted change of the keyring began: every volume's copy becomes like the keyring, and of two key files
     * only the one that is there opens it.
     *
     * @throws IOException where a volume has keys that the keyring lacks: somebody put an old one back
     */
    public void settleKeyring() throws IOException {
        KeyringFiles files = keyringFiles();
        try (FileChannel held = files.lock()) {
            files.settle();
        }
    }

    public Path unattendedKeyFile() {
        return keyringFiles().unattendedKeyFile();
    }

    /** The key file for unattended starts, if there is one. */
    public @Nullable Credential unattendedKey() throws IOException {
        return keyringFiles().unattendedKey();
    }

    /** Takes the key file out of the keyring, and then away. Interrupted between the two, it may be repeated. */
    public void removeKeyFile() throws IOException {
        changeKeyring(keyring -> keyring.without(Credential.Kind.KEY_FILE));
        keyringFiles().removeUnattendedKeyFile();
    }

    // ---- the lock

    /** Takes the data directory for this process; released by closing, or by the system when the process ends. */
    public AutoCloseable lock() throws IOException {
        FileChannel channel = FileChannel.open(
                root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            String holder = Files.readString(root.resolve("lock"), StandardCharsets.US_ASCII);
            channel.close();
            throw new InUseException(root, holder);
        }
        channel.truncate(0);
        String pid = ProcessHandle.current().pid() + "\n";
        channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
        return channel;
    }

    /**
     * Keeps appliances from the data directory, without writing there: takes the lock as one of several readers.
     *
     * @throws InUseException where an appliance uses it
     */
    public AutoCloseable lockToRead() throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(root.resolve("lock"), StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            // No appliance ever ran on it.
            return () -> {};
        }
        try {
            if (channel.tryLock(0, Long.MAX_VALUE, true) != null) {
                return channel;
            }
        } catch (OverlappingFileLockException e) {
            // Held in this process.
            channel.close();
            throw new InUseException(root, "");
        }
        channel.close();
        throw new InUseException(root, "");
    }

    /** Whether some process holds the lock right now. */
    public boolean inUse() throws IOException {
        try {
            lock().close();
            return false;
        } catch (InUseException e) {
            return true;
        } catch (IOException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
