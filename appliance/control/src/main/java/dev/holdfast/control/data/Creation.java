package dev.holdfast.control.data;

import dev.holdfast.control.pki.Authority;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Creates the data directory of a new appliance. */
final class Creation {
    private final Path root;
    private final String profileName;
    private final HardwareProfile profile;
    private final List<Path> volumes;

    /** @param volumes empty for one volume inside the data directory */
    Creation(Path root, String profileName, List<Path> volumes) throws IOException {
        this.root = root;
        this.profileName = profileName;
        this.profile = HardwareProfile.load(profileName);
        this.volumes = ApplianceFile.volumes(root, volumes);
    }

    /**
     * There is no appliance before its recovery key was shown: what a failed or interrupted attempt leaves is removed by the
     * next one.
     *
     * @param passphrase null for a key file, which lets the appliance start unattended
     */
    DataDirectory.Initialised run(@Nullable Credential passphrase, HashAlgorithm hash, DataDirectory.Showing showing)
            throws IOException {
        prepare();
        Unfinished.begin(root, volumes);
        byte[] recovery = Keyring.random(32);
        Keyring keyring = createKeys(passphrase, recovery, hash);
        AtomicFile.createDirectory(root.resolve("manifests"));
        AtomicFile.write(root.resolve("jvm.options"), ApplianceFile.jvmOptions(profile), false);
        boolean shipped = HardwareProfile.BUILT_IN.contains(profileName);
        if (!shipped) {
            AtomicFile.write(root.resolve(ApplianceFile.PROFILE), Files.readAllBytes(Path.of(profileName)), false);
        }
        ApplianceFile file = ApplianceFile.of(root, shipped ? profileName : ApplianceFile.PROFILE, volumes, keyring);
        DataDirectory.Initialised made =
                new DataDirectory.Initialised(new DataDirectory(root, file, profile), RecoveryKey.print(recovery));
        show(made, showing);
        // Last: a directory without it is not an appliance.
        file.write(root);
        Unfinished.end(root);
        return made;
    }

    private void prepare() throws IOException {
        Ownership.require(root);
        Unfinished.clear(root);
        if (Files.isDirectory(root)) {
            try (DirectoryStream<Path> content = Files.newDirectoryStream(root)) {
                if (content.iterator().hasNext()) {
                    throw new IOException(root + " is not empty; an appliance wants a directory of its own");
                }
            }
        }
        if (volumes.size() > profile.maxVolumes()) {
            throw new IOException("profile " + profile.name() + " has at most " + profile.maxVolumes()
                    + " volumes, not " + volumes.size());
        }
        requireRoom();
        AtomicFile.createDirectory(root);
        Ownership.closeToOthers(root);
    }

    /** An appliance that could not take one container is not worth creating. */
    private void requireRoom() throws IOException {
        List<Path> existing = volumes.stream().map(LocalDisk::nearestExisting).toList();
        if (new Volumes(new LocalDisk(), existing, profile.reservePercent()).freeBytes() == 0) {
            throw new IOException("no backup could be stored in " + volumes
                    + ": the file system has too little room besides its" + " reserve of " + profile.reservePercent()
                    + " %. Make room there, or name another place with --volume");
        }
    }

    private Keyring createKeys(@Nullable Credential passphrase, byte[] recovery, HashAlgorithm hash)
            throws IOException {
        Path keys = root.resolve("keys");
        AtomicFile.createDirectory(keys);
        byte[] keyFile = Keyring.random(32);
        Credential first = passphrase == null ? new Credential(Credential.Kind.KEY_FILE, keyFile) : passphrase;
        Keyring keyring =
                Keyring.create(first, hash).with(first, new Credential(Credential.Kind.RECOVERY_KEY, recovery));
        if (passphrase == null) {
            AtomicFile.write(keys.resolve(KeyringFiles.UNATTENDED), keyFile, true);
        }
        keyring.write(keys.resolve(KeyringFiles.KEYRING));
        for (int i = 0; i < volumes.size(); i++) {
            Volumes.initialise(volumes.get(i), keyring.vault(), i);
            keyring.write(volumes.get(i).resolve(KeyringFiles.KEYRING));
        }
        try (VaultKeys vault = keyring.unlock(first)) {
            Authority.create(keys, vault);
        }
        return keyring;
    }

    private void show(DataDirectory.Initialised made, DataDirectory.Showing showing) throws IOException {
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
    }
}
