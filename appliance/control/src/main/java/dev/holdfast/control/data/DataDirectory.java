package dev.holdfast.control.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.store.StoreConfig;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.envelope.WrongCredentialException;
import dev.holdfast.store.volume.Room;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An appliance's data directory.
 *
 * <pre>
 * appliance.json    version, profile, volumes
 * profile.json      where the profile is not one that ships
 * jvm.options       heap of the appliance process, from the profile
 * keys/             keyring.json, unattended.key, ca.crt, ca.key.sealed
 * volumes/0         the first volume, unless others were named
 * manifests/        one file a snapshot
 * index/            derived
 * control.db        nodes, tokens, tasks, audit, where the vault is
 * audit/            heads and segments of the audit log
 * vault/            journal.db and cache/, where there is one
 * lock              held while a process uses the store
 * </pre>
 */
public final class DataDirectory {
    private static final ObjectMapper JSON = new ObjectMapper();
    static final String KEYRING = "keyring.json";
    /** Belongs to the user that this process runs as; there on Linux. */
    private static final Path SELF = Path.of("/proc/self");

    private static final String UID = "unix:uid";
    private static final int VERSION = 1;

    private final Path root;
    private final Settings settings;
    private final HardwareProfile profile;

    record Settings(
            @JsonProperty(required = true) int version,
            @JsonProperty(required = true) String profile,
            @JsonProperty(required = true) List<String> volumes) {}

    private DataDirectory(Path root, Settings settings, HardwareProfile profile) {
        this.root = root;
        this.settings = settings;
        this.profile = profile;
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

    /** As {@link #init(Path, String, List, Credential, Showing)}, for those who take the key from what is returned. */
    public static Initialised init(Path root, String profileName, List<Path> volumes, @Nullable Credential passphrase)
            throws IOException {
        return init(root, profileName, volumes, passphrase, made -> {});
    }

    /**
     * Makes a new appliance. There is none before its recovery key was shown: what an attempt leaves that failed, or was cut
     * off, is removed by the next one.
     *
     * @param volumes empty for one volume inside the data directory
     * @param passphrase null for a key file, which lets the appliance start unattended
     */
    public static Initialised init(
            Path root, String profileName, List<Path> volumes, @Nullable Credential passphrase, Showing showing)
            throws IOException {
        HardwareProfile profile = HardwareProfile.load(profileName);
        requireOwn(root);
        Unfinished.clear(root);
        if (Files.isDirectory(root)) {
            try (DirectoryStream<Path> content = Files.newDirectoryStream(root)) {
                if (content.iterator().hasNext()) {
                    throw new IOException(root + " is not empty; an appliance wants a directory of its own");
                }
            }
        }
        List<Path> roots = volumes.isEmpty() ? List.of(root.resolve("volumes/0")) : volumes;
        if (roots.size() > profile.maxVolumes()) {
            throw new IOException("profile " + profile.name() + " has at most " + profile.maxVolumes()
                    + " volumes, not " + roots.size());
        }
        requireRoom(roots, profile);
        AtomicFile.createDirectory(root);
        closeToOthers(root);
        Unfinished.begin(root, roots);
        Path keys = root.resolve("keys");
        AtomicFile.createDirectory(keys);
        byte[] keyFile = Keyring.random(32);
        byte[] recovery = Keyring.random(32);
        Credential first = passphrase == null ? new Credential(Credential.Kind.KEY_FILE, keyFile) : passphrase;
        Keyring keyring = Keyring.create(first).with(first, new Credential(Credential.Kind.RECOVERY_KEY, recovery));
        if (passphrase == null) {
            AtomicFile.write(keys.resolve("unattended.key"), keyFile, true);
        }
        keyring.write(keys.resolve(KEYRING));
        List<String> names = new ArrayList<>();
        for (int i = 0; i < roots.size(); i++) {
            Volumes.initialise(roots.get(i), keyring.vault(), i);
            keyring.write(roots.get(i).resolve(KEYRING));
            names.add(relative(root, roots.get(i)));
        }
        try (VaultKeys vault = keyring.unlock(first)) {
            Authority.create(keys, vault);
        }
        AtomicFile.createDirectory(root.resolve("manifests"));
        AtomicFile.write(root.resolve("jvm.options"), jvmOptions(profile), false);
        boolean shipped = HardwareProfile.BUILT_IN.contains(profileName);
        if (!shipped) {
            AtomicFile.write(root.resolve("profile.json"), Files.readAllBytes(Path.of(profileName)), false);
        }
        Settings settings = new Settings(VERSION, shipped ? profileName : "profile.json", names);
        Initialised made = new Initialised(new DataDirectory(root, settings, profile), RecoveryKey.print(recovery));
        try {
            showing.show(made);
        } catch (IOException | RuntimeException e) {
            try {
                Unfinished.clear(root);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
        // Last: a directory without it is not an appliance.
        AtomicFile.write(
                root.resolve("appliance.json"),
                JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(settings),
                false);
        Unfinished.end(root);
        return made;
    }

    /**
     * Makes a data directory for an appliance that comes back from its vault: its keys, authority, profile and control data
     * are as they were, its volumes are empty. Begun and not finished, it begins anew; finished, this does nothing.
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
        requireOwn(root);
        if (Files.exists(root.resolve("appliance.json"))) {
            DataDirectory there = open(root);
            if (!there.keyring().vault().equals(keyring.vault())) {
                throw new IOException(root + " is an appliance of another vault; recover into a directory of its own");
            }
            return there;
        }
        Settings lost = JSON.readValue(files.get("appliance.json"), Settings.class);
        String name = profileName == null ? lost.profile : profileName;
        AtomicFile.createDirectory(root);
        closeToOthers(root);
        AtomicFile.createDirectory(root.resolve("keys"));
        byte[] own = files.get("profile.json");
        if (name.equals("profile.json") && own != null) {
            AtomicFile.write(root.resolve("profile.json"), own, false);
        }
        HardwareProfile profile = HardwareProfile.load(
                name.equals("profile.json") ? root.resolve(name).toString() : name);
        byte[] keyFile = Keyring.random(32);
        Keyring opened = keyring.with(recoveryKey, new Credential(Credential.Kind.KEY_FILE, keyFile.clone()));
        AtomicFile.write(root.resolve("keys/unattended.key"), keyFile, true);
        opened.write(root.resolve("keys").resolve(KEYRING));
        for (String file : List.of("keys/ca.crt", "keys/ca.key.sealed")) {
            AtomicFile.write(root.resolve(file), Objects.requireNonNull(files.get(file)), file.endsWith("sealed"));
        }
        AtomicFile.write(root.resolve("control.db"), Objects.requireNonNull(files.get("control.db")), true);
        List<String> names = new ArrayList<>();
        List<Path> roots = volumes.isEmpty() ? List.of(root.resolve("volumes/0")) : volumes;
        for (int i = 0; i < roots.size(); i++) {
            // There already where an attempt was cut off; nobody else's is touched.
            if (Files.exists(roots.get(i).resolve("volume.json"))) {
                new Volumes(new LocalDisk(), roots.subList(0, i + 1), 0).requirePresent(keyring.vault());
            } else {
                Volumes.initialise(roots.get(i), keyring.vault(), i);
            }
            opened.write(roots.get(i).resolve(KEYRING));
            names.add(relative(root, roots.get(i)));
        }
        AtomicFile.createDirectory(root.resolve("manifests"));
        AtomicFile.write(root.resolve("jvm.options"), jvmOptions(profile), false);
        Settings settings = new Settings(VERSION, name, names);
        AtomicFile.write(
                root.resolve("appliance.json"),
                JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(settings),
                false);
        return new DataDirectory(root, settings, profile);
    }

    /** An appliance that could not take one container is not worth making. */
    private static void requireRoom(List<Path> roots, HardwareProfile profile) throws IOException {
        List<Path> existing = new ArrayList<>();
        for (Path each : roots) {
            Path place = each.toAbsolutePath();
            while (!Files.exists(place)) {
                place = Objects.requireNonNull(place.getParent());
            }
            existing.add(place);
        }
        if (new Volumes(new LocalDisk(), existing, profile.reservePercent()).freeBytes() == 0) {
            throw new IOException("no backup could be stored in " + roots
                    + ": the file system has too little room besides its" + " reserve of " + profile.reservePercent()
                    + " %. Make room there, or name another place with --volume");
        }
    }

    /** @param usedBytes in containers */
    public Room room(long usedBytes) {
        return new Room(
                usedBytes,
                profile.capacity().bytes(),
                new Volumes(new LocalDisk(), volumes(), profile.reservePercent()).freeBytes());
    }

    /** A volume inside the data directory moves with it. */
    private static String relative(Path root, Path volume) {
        Path absolute = volume.toAbsolutePath().normalize();
        Path data = root.toAbsolutePath().normalize();
        return absolute.startsWith(data) ? data.relativize(absolute).toString() : absolute.toString();
    }

    private static byte[] jvmOptions(HardwareProfile profile) {
        long heap = profile.memory().heap().bytes() >>> 20;
        return ("-Xmx" + heap + "m\n-XX:MaxDirectMemorySize=" + Math.max(64, heap / 8) + "m\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    public static DataDirectory open(Path root) throws IOException {
        requireOwn(root);
        Settings settings;
        try {
            settings = JSON.readValue(Files.readAllBytes(root.resolve("appliance.json")), Settings.class);
        } catch (NoSuchFileException e) {
            throw new IOException(
                    root + " is no appliance; make one with: "
                            + TypedCommand.appliance(root, "init", "--profile", "dev"),
                    e);
        } catch (JacksonException e) {
            throw new IOException(root.resolve("appliance.json") + " is damaged: " + e.getOriginalMessage(), e);
        }
        if (settings.version != VERSION) {
            throw new IOException(root + " has version " + settings.version + "; this release reads " + VERSION);
        }
        String profile = settings.profile.equals("profile.json")
                ? root.resolve("profile.json").toString()
                : settings.profile;
        return new DataDirectory(root, settings, HardwareProfile.load(profile));
    }

    /**
     * What a process of another user writes, the appliance's user could not open: the administrator's rebuild of the index
     * would keep the unit from starting.
     */
    private static void requireOwn(Path root) throws IOException {
        if (!Files.isDirectory(root) || !Files.isDirectory(SELF)) {
            return;
        }
        if (!Files.getAttribute(root, UID).equals(Files.getAttribute(SELF, UID))) {
            String owner = Files.getOwner(root).getName();
            throw new IOException("the data directory " + root + " belongs to " + owner + ", and this process runs as "
                    + Files.getOwner(SELF).getName() + ": what it writes there, " + owner
                    + " could not open. Run the command as " + owner + ": runuser -u " + owner
                    + " -- holdfast appliance ...");
        }
    }

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

    public List<Path> volumes() {
        return settings.volumes.stream().map(root::resolve).toList();
    }

    public StoreConfig storeConfig() {
        return new StoreConfig(root, volumes(), profile);
    }

    public Keyring keyring() throws IOException {
        return Keyring.read(keys().resolve(KEYRING));
    }

    /** What becomes of a keyring. */
    public interface KeyringChange {
        Keyring of(Keyring keyring) throws IOException;
    }

    /** Changes the keyring, here and on every volume. Two changes at once, by whatever processes, come one after the other. */
    public void changeKeyring(KeyringChange change) throws IOException {
        try (FileChannel held = lockKeyring()) {
            saveKeyring(change.of(keyring()));
        }
    }

    /** Holds off other changes of the keyring until it is closed. */
    FileChannel lockKeyring() throws IOException {
        FileChannel channel =
                FileChannel.open(keys().resolve("keyring.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.lock();
            if (!lock.isValid()) {
                throw new IOException("the keyring could not be locked");
            }
            return channel;
        } catch (OverlappingFileLockException e) {
            channel.close();
            throw new IOException("the keyring is being changed already; try again", e);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void saveKeyring(Keyring keyring) throws IOException {
        keyring.write(keys().resolve(KEYRING));
        for (Path volume : volumes()) {
            keyring.write(volume.resolve(KEYRING));
        }
    }

    /**
     * Ends what a command that changed the keyring began and did not end: every volume's copy becomes like the keyring, and
     * of two key files only that opens it which is there.
     *
     * @throws IOException where a volume has keys that the keyring lacks: somebody put an old one back
     */
    public void settleKeyring() throws IOException {
        try (FileChannel held = lockKeyring()) {
            settle();
        }
    }

    void settle() throws IOException {
        Keyring before = keyring();
        Keyring keyring = before;
        try (Credential unattended = unattendedKey()) {
            if (unattended != null && keyring.has(Credential.Kind.KEY_FILE)) {
                keyring = keyring.keeping(unattended);
            }
        } catch (WrongCredentialException e) {
            // It is told where the key file is used.
        }
        List<Path> stale = new ArrayList<>();
        for (Path volume : volumes()) {
            if (!Files.exists(volume.resolve("volume.json"))) {
                continue;
            }
            Path file = volume.resolve(KEYRING);
            Keyring copy;
            try {
                copy = Keyring.read(file);
            } catch (FormatException e) {
                if (e.problem() == FormatException.Problem.TOO_NEW) {
                    throw e;
                }
                copy = null;
            } catch (IOException e) {
                copy = null;
            }
            if (copy != null
                    && copy.vault().equals(keyring.vault())
                    && copy.currentGeneration() > keyring.currentGeneration()) {
                throw new IOException(keys().resolve(KEYRING) + " is older than its copy " + file
                        + ": the keys were rotated since, and what was written then needs the newer ones. Copy " + file
                        + " over it and start again");
            }
            if (!keyring.equals(copy)) {
                stale.add(file);
            }
        }
        if (!keyring.equals(before)) {
            keyring.write(keys().resolve(KEYRING));
        }
        for (Path file : stale) {
            keyring.write(file);
        }
    }

    public Path unattendedKeyFile() {
        return keys().resolve("unattended.key");
    }

    /** Takes the key file out of the keyring, and then away. Cut off between the two, it is done again. */
    public void removeKeyFile() throws IOException {
        changeKeyring(keyring -> keyring.without(Credential.Kind.KEY_FILE));
        removeUnattendedKeyFile();
    }

    void removeUnattendedKeyFile() throws IOException {
        if (Files.deleteIfExists(unattendedKeyFile())) {
            AtomicFile.syncDirectory(keys());
        }
    }

    /** The key file for unattended starts, if there is one. */
    public @Nullable Credential unattendedKey() throws IOException {
        try {
            return new Credential(Credential.Kind.KEY_FILE, Files.readAllBytes(unattendedKeyFile()));
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Nobody but the appliance's user may enter the data directory and its volumes. */
    public void closeToOthers() throws IOException {
        closeToOthers(root);
        for (Path volume : volumes()) {
            closeToOthers(volume);
        }
    }

    /**
     * Takes a directory's permissions from everybody but its owner.
     *
     * @throws IOException where it belongs to somebody else and is open to others
     */
    private static void closeToOthers(Path directory) throws IOException {
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
        Set<PosixFilePermission> owners = EnumSet.of(
                PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.OWNER_EXECUTE);
        if (owners.containsAll(permissions)) {
            return;
        }
        try {
            Files.setPosixFilePermissions(directory, owners);
        } catch (FileSystemException e) {
            throw new IOException(
                    directory + " is open to others (" + PosixFilePermissions.toString(permissions)
                            + ") and belongs to "
                            + Files.getOwner(directory).getName()
                            + ": keys and logs lie there. Run: chown it to the appliance's user, then chmod 700 "
                            + directory,
                    e);
        }
    }

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
