package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.StandardOutput;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.server.local.KeyUseCases;
import java.io.IOException;
import java.io.PrintWriter;
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
        description = {
            "Manages the credentials that open the keyring. Data is not encrypted again. All but 'rotate' work while the appliance runs.",
            "",
            "A passphrase, recovery key or key file that is replaced or removed no longer opens the keyring as it is now. It"
                    + " still opens a copy of the keyring from before (in a backup, on a removed disk, in a root of the"
                    + " vault that is still there), and with such a copy everything, also what is written later: the keys"
                    + " themselves stay. If an attacker may have an old credential and such a copy, use 'rotate'."
        },
        subcommands = {
            KeyCommand.ListWays.class,
            KeyCommand.SetPassphrase.class,
            KeyCommand.NewRecoveryKey.class,
            KeyCommand.RemoveKeyFile.class,
            KeyCommand.Rotate.class,
            CommandLine.HelpCommand.class
        })
final class KeyCommand {
    @Command(
            name = "set-passphrase",
            mixinStandardHelpOptions = true,
            description =
                    "Sets or changes the passphrase; the old one no longer opens the keyring. It still opens copies of"
                            + " the keyring from before, see 'key rotate'.")
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
            new KeyUseCases(data.open()).setPassphrase(Actor.ADMINISTRATOR, credentials.files(), file);
            return ExitCode.OK;
        }
    }

    @Command(
            name = "new-recovery-key",
            mixinStandardHelpOptions = true,
            description = {
                "Makes a new recovery key and prints it; the old one no longer opens the keyring.",
                "It still opens copies of the keyring from before, and with one of them everything that was and will be"
                        + " written, since the keys stay. A cloud vault's older roots carry such copies until seven newer"
                        + " ones exist. If the old recovery key may be in wrong hands, use 'key rotate'."
            })
    static final class NewRecoveryKey implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            new KeyUseCases(data.open()).newRecoveryKey(Actor.ADMINISTRATOR, credentials.files(), printed -> {
                out.println(printed);
                out.flush();
            });
            return ExitCode.OK;
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists what opens the keyring.")
    static final class ListWays implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            KeyUseCases keys = new KeyUseCases(data.open());
            KeyUseCases.Ways ways = keys.list();
            if (json) {
                Output.json(out, ways);
                return ExitCode.OK;
            }
            out.println("The keyring opens with: " + String.join(", ", ways.opens()));
            out.println("Keys rotated: " + (ways.generation() - 1) + " times");
            out.println(
                    keys.startsUnattended()
                            ? "Starts unattended, with a key file in the data directory"
                            : "A start needs --passphrase-file or --key-file");
            return ExitCode.OK;
        }
    }

    @Command(
            name = "remove-key-file",
            mixinStandardHelpOptions = true,
            description = {
                "Removes the key file for unattended starts; from then on a start needs the passphrase.",
                "Copies of the key file still open copies of the keyring from before, see 'key rotate'."
            })
    static final class RemoveKeyFile implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Option(
                names = "--passphrase-file",
                required = true,
                paramLabel = "F",
                description =
                        "File whose first line is the passphrase: proof that the keyring opens without the key file.")
        private Path passphraseFile = Path.of("");

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            DataDirectory directory = data.open();
            boolean there = new KeyUseCases(directory).removeKeyFile(Actor.ADMINISTRATOR, passphraseFile);
            out.println(
                    there
                            ? "Removed the key file from the data directory"
                            : "The key file, wherever it is, no longer opens the keyring");
            out.println("The next start needs the passphrase: "
                    + TypedCommand.appliance(directory.root(), "run", "--passphrase-file", "F"));
            return ExitCode.OK;
        }
    }

    @Command(
            name = "rotate",
            mixinStandardHelpOptions = true,
            description = {
                "Makes new keys, for when an old recovery key, passphrase, key file or keyring may be in wrong hands. The"
                        + " appliance must not run.",
                "What is written from then on, on the volumes and in the vault, cannot be opened with anything from before."
                        + " Prints a new recovery key once, and replaces the key file. Give the passphrase, where there is"
                        + " one, or a new one.",
                "",
                "Not changed: data written before. It is not encrypted again, and whoever has old keys and a copy of"
                        + " the old data reads it. Roots of a cloud vault that were published before open with the old"
                        + " recovery key until they are deleted, which is once seven newer ones exist. Names of chunks stay,"
                        + " so that they are still stored once. Secrets that could be read with the old keys (the"
                        + " authority's private key, credentials of the bucket, second factors) are sealed anew but"
                        + " remain the same: replace them where they were issued. The authority's key cannot be replaced"
                        + " here: whoever has it can issue certificates that nodes and browsers trust, pose as the appliance"
                        + " or as a node, and sign heads of the audit log. Where it may be in wrong hands, set up a new"
                        + " appliance and enrol every node with it.",
                "An appliance that reads the same vault (recovered with --read-only) must be recovered again. If it is"
                        + " interrupted, run it again."
            })
    static final class Rotate implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Option(
                names = "--new-passphrase-file",
                paramLabel = "F",
                description = "File whose first line is the passphrase from now on. Default: the one given.")
        private @Nullable Path newPassphraseFile;

        @Option(
                names = "--new-key-file",
                paramLabel = "F",
                description =
                        "Where the new key file goes, which must not exist. Default: in place of keys/unattended.key.")
        private @Nullable Path newKeyFile;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            DataDirectory directory = data.open();
            KeyUseCases.Rotated done =
                    new KeyUseCases(directory).rotate(credentials.files(), newPassphraseFile, newKeyFile);
            try {
                show(out, done);
            } catch (StandardOutput.LostException e) {
                throw new IOException(
                        e.getMessage()
                                + ". The keys were rotated, and nobody saw the new recovery key; make another with: "
                                + TypedCommand.appliance(directory.root(), "key", "new-recovery-key"),
                        e);
            }
            if (done.unsealed() != null) {
                spec.commandLine()
                        .getErr()
                        .println("holdfast: warning: not every secret of the control database is sealed with the new"
                                + " keys yet: " + done.unsealed());
                return ExitCode.WARNINGS;
            }
            return ExitCode.OK;
        }

        private void show(PrintWriter out, KeyUseCases.Rotated done) {
            if (json) {
                Output.json(out, done);
                return;
            }
            out.println("The keys are of generation " + done.generation() + " and open with: "
                    + String.join(", ", done.kinds()));
            out.println();
            out.println("Recovery key (shown only now; keep it off this machine). The one before opens only what was"
                    + " written before:");
            out.println("  " + done.recoveryKey());
            out.println();
            out.println("Where there is a vault, it gets the new keys with the next start of the appliance.");
        }
    }
}
