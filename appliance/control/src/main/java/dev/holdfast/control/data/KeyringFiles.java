package dev.holdfast.control.data;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.WrongCredentialException;
import dev.holdfast.store.volume.VolumeIdentity;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The keyring in the data directory, its copies on the volumes, and the key file for unattended starts. */
final class KeyringFiles {
    static final String KEYRING = "keyring.json";
    static final String UNATTENDED = "unattended.key";

    private final Path keys;
    private final List<Path> volumes;

    KeyringFiles(Path keys, List<Path> volumes) {
        this.keys = keys;
        this.volumes = volumes;
    }

    Keyring read() throws IOException {
        return Keyring.read(keys.resolve(KEYRING));
    }

    void change(DataDirectory.KeyringChange change) throws IOException {
        try (FileChannel held = lock()) {
            Keyring changed = change.of(read());
            changed.write(keys.resolve(KEYRING));
            for (Path volume : volumes) {
                // One that is not there gets its copy at the next start.
                if (isPresent(volume, changed)) {
                    changed.write(volume.resolve(KEYRING));
                }
            }
        }
    }

    /** Holds off other changes of the keyring, by whatever process, until it is closed. */
    FileChannel lock() throws IOException {
        FileChannel channel =
                FileChannel.open(keys.resolve("keyring.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
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

    /**
     * Ends what an interrupted change of the keyring began: every volume's copy becomes like the keyring, and of two key files
     * only the one that is there opens it. The caller holds {@link #lock}.
     *
     * @throws IOException where a volume has keys that the keyring lacks: somebody put an old one back
     */
    void settle() throws IOException {
        Keyring before = read();
        Keyring keyring = before;
        try (Credential unattended = unattendedKey()) {
            if (unattended != null && keyring.has(Credential.Kind.KEY_FILE)) {
                keyring = keyring.keeping(unattended);
            }
        } catch (WrongCredentialException e) {
            // It is told where the key file is used.
        }
        List<Path> stale = stale(keyring);
        if (!keyring.equals(before)) {
            keyring.write(keys.resolve(KEYRING));
        }
        for (Path file : stale) {
            keyring.write(file);
        }
    }

    private List<Path> stale(Keyring keyring) throws IOException {
        List<Path> stale = new ArrayList<>();
        for (Path volume : volumes) {
            if (!isPresent(volume, keyring)) {
                continue;
            }
            Path file = volume.resolve(KEYRING);
            Keyring copy = copy(file);
            if (copy != null
                    && copy.vault().equals(keyring.vault())
                    && copy.currentGeneration() > keyring.currentGeneration()) {
                throw new IOException(keys.resolve(KEYRING) + " is older than its copy " + file
                        + ": the keys were rotated since, and what was written then needs the newer ones. Copy " + file
                        + " over it and start again");
            }
            if (!keyring.equals(copy)) {
                stale.add(file);
            }
        }
        return stale;
    }

    /** Whether a directory is a volume of the keyring's appliance: an empty mount point is not written to. */
    static boolean isPresent(Path volume, Keyring keyring) {
        try {
            return VolumeIdentity.read(volume)
                    .filter(found -> found.vault().equals(keyring.vault()))
                    .isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    /** Null where it cannot be read. */
    private static @Nullable Keyring copy(Path file) throws IOException {
        try {
            return Keyring.read(file);
        } catch (FormatException e) {
            if (e.problem() == FormatException.Problem.TOO_NEW) {
                throw e;
            }
            return null;
        } catch (IOException e) {
            return null;
        }
    }

    Path unattendedKeyFile() {
        return keys.resolve(UNATTENDED);
    }

    void removeUnattendedKeyFile() throws IOException {
        if (Files.deleteIfExists(unattendedKeyFile())) {
            AtomicFile.syncDirectory(keys);
        }
    }

    /** Null where there is none. */
    @Nullable
    Credential unattendedKey() throws IOException {
        try {
            return new Credential(Credential.Kind.KEY_FILE, Files.readAllBytes(unattendedKeyFile()));
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}
