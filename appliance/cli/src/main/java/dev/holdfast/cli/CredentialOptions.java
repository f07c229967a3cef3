package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.RecoveryKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to open the vault. Secrets come from files, never from the command line, which others can read. */
final class CredentialOptions {
    @Option(
            names = "--passphrase-file",
            paramLabel = "F",
            description = "File whose first line is the passphrase; /dev/stdin reads it from standard input.")
    @Nullable
    Path passphraseFile;

    @Option(names = "--recovery-key-file", paramLabel = "F", description = "File with the printed recovery key.")
    @Nullable
    Path recoveryKeyFile;

    @Option(
            names = "--key-file",
            paramLabel = "F",
            description =
                    "Key file for unattended start; default: keys/unattended.key in the data directory, if there.")
    @Nullable
    Path keyFile;

    /** Whether there is any, rather than the key file of the data directory. */
    boolean given() {
        return passphraseFile != null || recoveryKeyFile != null || keyFile != null;
    }

    Credential read(DataDirectory directory) throws IOException {
        if (passphraseFile != null) {
            return passphrase(passphraseFile);
        }
        if (recoveryKeyFile != null) {
            String text = SecretFile.recoveryKey(recoveryKeyFile);
            return new Credential(Credential.Kind.RECOVERY_KEY, RecoveryKey.parse(text));
        }
        if (keyFile != null) {
            return new Credential(Credential.Kind.KEY_FILE, Files.readAllBytes(keyFile));
        }
        Credential unattended = directory.unattendedKey();
        if (unattended == null) {
            throw new IllegalArgumentException("this appliance opens with a passphrase; give --passphrase-file F");
        }
        return unattended;
    }

    static Credential passphrase(Path file) throws IOException {
        byte[] line = SecretFile.line(file);
        if (line.length == 0) {
            throw new IllegalArgumentException("the passphrase file " + file + " is empty");
        }
        return new Credential(Credential.Kind.PASSPHRASE, line);
    }
}
