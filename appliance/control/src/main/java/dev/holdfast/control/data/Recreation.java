package dev.holdfast.control.data;

import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Creates the data directory of an appliance that is recovered from its vault. Every step may be repeated. */
final class Recreation {
    private final Path root;
    private final Map<String, byte[]> files;
    private final List<Path> volumes;

    /**
     * @param files of the export, see ControlExport
     * @param volumes empty for one volume inside the data directory
     */
    Recreation(Path root, Map<String, byte[]> files, List<Path> volumes) {
        this.root = root;
        this.files = files;
        this.volumes = ApplianceFile.volumes(root, volumes);
    }

    /**
     * @param keyring as the vault has it, for the recovery key alone
     * @param profileName null for the profile that the lost appliance had
     */
    DataDirectory run(Keyring keyring, Credential recoveryKey, @Nullable String profileName) throws IOException {
        Ownership.require(root);
        if (ApplianceFile.exists(root)) {
            DataDirectory there = DataDirectory.open(root);
            if (!there.keyring().vault().equals(keyring.vault())) {
                throw new IOException(root + " is an appliance of another vault; recover into a directory of its own");
            }
            return there;
        }
        ApplianceFile lost = ApplianceFile.parse(file(ApplianceFile.NAME));
        String name = profileName == null ? lost.profile() : profileName;
        AtomicFile.createDirectory(root);
        Ownership.closeToOthers(root);
        AtomicFile.createDirectory(root.resolve("keys"));
        byte[] own = files.get(ApplianceFile.PROFILE);
        if (name.equals(ApplianceFile.PROFILE) && own != null) {
            AtomicFile.write(root.resolve(ApplianceFile.PROFILE), own, false);
        }
        HardwareProfile profile = ApplianceFile.profile(root, name);
        Keyring opened = writeKeys(keyring, recoveryKey);
        AtomicFile.write(root.resolve("control.db"), file("control.db"), true);
        createVolumes(opened);
        AtomicFile.createDirectory(root.resolve("manifests"));
        AtomicFile.write(root.resolve("jvm.options"), ApplianceFile.jvmOptions(profile), false);
        ApplianceFile settings = ApplianceFile.of(root, name, volumes, keyring);
        // Last: a directory without it is not an appliance.
        settings.write(root);
        return new DataDirectory(root, settings, profile);
    }

    private byte[] file(String name) {
        return Objects.requireNonNull(files.get(name));
    }

    private Keyring writeKeys(Keyring keyring, Credential recoveryKey) throws IOException {
        byte[] keyFile = Keyring.random(32);
        Keyring opened = keyring.with(recoveryKey, new Credential(Credential.Kind.KEY_FILE, keyFile.clone()));
        AtomicFile.write(root.resolve("keys").resolve(KeyringFiles.UNATTENDED), keyFile, true);
        opened.write(root.resolve("keys").resolve(KeyringFiles.KEYRING));
        for (String file : List.of("keys/ca.crt", "keys/ca.key.sealed")) {
            AtomicFile.write(root.resolve(file), file(file), file.endsWith("sealed"));
        }
        return opened;
    }

    private void createVolumes(Keyring keyring) throws IOException {
        for (int i = 0; i < volumes.size(); i++) {
            // There already where an attempt was interrupted; those of others are not touched.
            if (Files.exists(volumes.get(i).resolve("volume.json"))) {
                new Volumes(new LocalDisk(), volumes.subList(0, i + 1), 0).requirePresent(keyring.vault());
            } else {
                Volumes.initialise(volumes.get(i), keyring.vault(), i);
            }
            keyring.write(volumes.get(i).resolve(KeyringFiles.KEYRING));
        }
    }
}
