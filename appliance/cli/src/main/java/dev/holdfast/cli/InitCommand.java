package dev.holdfast.cli;

import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.server.local.ApplianceSetup;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "init",
        mixinStandardHelpOptions = true,
        description = {
            "Makes a new appliance in an empty directory.",
            "Prints the recovery key once: write it down. Without it and without the passphrase nothing can be restored."
        })
final class InitCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Option(
            names = "--profile",
            required = true,
            paramLabel = "NAME",
            description = "Hardware profile: hdr-1000, hdr-2000, dev, or the path of a profile file.")
    private String profile = "";

    @Option(
            names = "--volume",
            paramLabel = "DIR",
            description = "Directory for containers, on a file system of its own; may be given several times."
                    + " Default: one inside the data directory.")
    private List<Path> volumes = List.of();

    @Option(
            names = "--passphrase-file",
            paramLabel = "F",
            description = "Protect the keyring with the passphrase in this file, which every start needs."
                    + " Default: a key file, for unattended start.")
    private @Nullable Path passphraseFile;

    @Option(
            names = "--hash",
            paramLabel = "NAME",
            converter = HashOption.class,
            description =
                    "Hash that names chunks: blake3, or sha-256 for nodes whose clients are older than the appliance."
                            + " It cannot be changed later. Default: blake3.")
    private HashAlgorithm hash = HashAlgorithm.NEWEST;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        ApplianceSetup.init(data.path(), profile, volumes, passphraseFile, hash, made -> show(out, made))
                .ifPresent(warning -> err.println("holdfast: warning: " + warning));
        if (!json) {
            out.println("Next: " + TypedCommand.appliance(data.path(), "run"));
        }
        return ExitCode.OK;
    }

    /** Before there is an appliance: one whose recovery key nobody saw would be lost with its disk. */
    private void show(PrintWriter out, ApplianceSetup.Made made) {
        if (json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("data", made.data().toString());
            result.put("profile", made.profile());
            result.put("caFingerprint", made.caFingerprint());
            result.put("recoveryKey", made.recoveryKey());
            Output.json(out, result);
        } else {
            out.println("Appliance in " + made.data() + ", profile " + made.description());
            out.println();
            out.println("Recovery key (shown only now; keep it off this machine):");
            out.println("  " + made.recoveryKey());
            out.println();
            out.println("Authority fingerprint: " + made.caFingerprint());
        }
        out.flush();
    }
}
