package dev.holdfast.server.cli;

import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.data.DataDirectory;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.RecoveryKey;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "key",
        mixinStandardHelpOptions = true,
        description = "Changes what opens the vault. Data is not encrypted again; works while the appliance runs.",
        subcommands = {KeyCommand.SetPassphrase.class, KeyCommand.NewRecoveryKey.class, CommandLine.HelpCommand.class})
final class KeyCommand {
    @Command(
            name = "set-passphrase",
            mixinStandardHelpOptions = true,
            description = "Sets or changes the passphrase; the old one no longer opens the vault.")
    static final class SetPassphrase implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Option(
                names = "--new-passphrase-file",
                required = true,
                paramLabel = "F",
                description = "File whose first line is the new passphrase.")
        private Path file = Path.of("");

        @Override
        public Integer call() throws Exception {
            DataDirectory directory = data.open();
            try (Credential known = credentials.read(directory);
                    Credential added = CredentialOptions.passphrase(file)) {
                directory.saveKeyring(directory.keyring().with(known, added));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "new-recovery-key",
            mixinStandardHelpOptions = true,
            description = "Makes a new recovery key and prints it; the old one no longer opens the vault.")
    static final class NewRecoveryKey implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            DataDirectory directory = data.open();
            byte[] secret = Keyring.random(32);
            String printed = RecoveryKey.print(secret);
            try (Credential known = credentials.read(directory);
                    Credential added = new Credential(Credential.Kind.RECOVERY_KEY, secret)) {
                directory.saveKeyring(directory.keyring().with(known, added));
            }
            Objects.requireNonNull(spec).commandLine().getOut().println(printed);
            return ExitCode.OK;
        }
    }
}
