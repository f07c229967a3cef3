package dev.holdfast.server.local;

import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.volume.Room;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes new appliances. */
public final class ApplianceSetup {
    private ApplianceSetup() {}

    /**
     * A new appliance.
     *
     * @param profile the name of its hardware profile
     * @param caFingerprint of the certificate of its authority
     * @param recoveryKey shown once and kept nowhere
     */
    public record Made(Path data, String profile, String description, String caFingerprint, String recoveryKey) {}

    /** Shows the recovery key to the administrator, who keeps it. */
    public interface Showing {
        /** @throws IOException where it could not be shown: then there is no appliance */
        void show(Made made) throws IOException;
    }

    /**
     * Makes an appliance in an empty directory.
     *
     * @param profile the name of a hardware profile, or the path of a profile file
     * @param volumes empty for one volume inside the data directory
     * @param passphraseFile null for a key file, which lets the appliance start unattended
     * @param hash that names chunks
     * @return a warning, where the file systems are smaller than the profile
     */
    public static Optional<String> init(
            Path data,
            String profile,
            List<Path> volumes,
            @Nullable Path passphraseFile,
            HashAlgorithm hash,
            Showing showing)
            throws IOException {
        try (Credential passphrase = passphraseFile == null ? null : CredentialFiles.passphrase(passphraseFile)) {
            DataDirectory directory = DataDirectory.init(
                            data, profile, volumes, passphrase, hash, made -> showing.show(made(data, made)))
                    .directory();
            new ControlDb(directory.controlDb()).close();
            return warningOfRoom(directory);
        }
    }

    private static Made made(Path data, DataDirectory.Initialised made) throws IOException {
        DataDirectory directory = made.directory();
        return new Made(
                data,
                directory.profile().name(),
                directory.profile().description(),
                Authority.fingerprint(Authority.loadCertificate(directory.keys())),
                made.recoveryKey());
    }

    /** A profile promises nothing that the file systems do not hold. */
    static Optional<String> warningOfRoom(DataDirectory directory) {
        Room room = directory.room(0);
        return room.limitedByFileSystems()
                ? Optional.of("the file systems of " + directory.volumes() + " have room for "
                        + ByteText.of(room.capacityBytes()) + "; profile "
                        + directory.profile().name() + " allows " + ByteText.of(room.profileBytes()))
                : Optional.empty();
    }
}
