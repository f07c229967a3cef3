package dev.holdfast.cli;

import dev.holdfast.control.data.CredentialFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to open the keys. Secrets come from files, never from the command line, which others can read. */
final class CredentialOptions {
    @Option(
            names = "--passphrase-file",
            paramLabel = "F",
            description = "File whose first line is the passphrase; /dev/stdin reads it from standard input.")
    private @Nullable Path passphraseFile;

    @Option(names = "--recovery-key-file", paramLabel = "F", description = "File with the printed recovery key.")
    private @Nullable Path recoveryKeyFile;

    @Option(
            names = "--key-file",
            paramLabel = "F",
            description =
                    "Key file for unattended start; default: keys/unattended.key in the data directory, if there.")
    private @Nullable Path keyFile;

    CredentialFiles files() {
        return new CredentialFiles(passphraseFile, recoveryKeyFile, keyFile);
    }
}
