package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.volume.Room;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
            description = "Protect the vault by the passphrase in this file, asked for at every start."
                    + " Default: a key file, for unattended start.")
    private @Nullable Path passphraseFile;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Credential passphrase = passphraseFile == null ? null : CredentialOptions.passphrase(passphraseFile);
        var out = java.util.Objects.requireNonNull(spec).commandLine().getOut();
        DataDirectory directory = DataDirectory.init(data.data, profile, volumes, passphrase, made -> show(out, made))
                .directory();
        new ControlDb(directory.controlDb()).close();
        warnOfRoom(directory, spec.commandLine().getErr());
        if (!json) {
            out.println("Next: " + TypedCommand.appliance(data.data, "run"));
        }
        return ExitCode.OK;
    }

    /** Before there is an appliance: one whose recovery key nobody saw would be lost with its disk. */
    private void show(PrintWriter out, DataDirectory.Initialised made) throws IOException {
        DataDirectory directory = made.directory();
        String fingerprint = Authority.fingerprint(Authority.loadCertificate(directory.keys()));
        if (json) {
            Map<String, Object> result = new LinkedHashMap<>();
            result.put("data", data.data.toString());
            result.put("profile", directory.profile().name());
            result.put("caFingerprint", fingerprint);
            result.put("recoveryKey", made.recoveryKey());
            Output.json(out, result);
        } else {
            out.println("Appliance in " + data.data + ", profile "
                    + directory.profile().description());
            out.println();
            out.println("Recovery key (shown only now; keep it off this machine):");
            out.println("  " + made.recoveryKey());
            out.println();
            out.println("Authority fingerprint: " + fingerprint);
        }
        out.flush();
    }

    /** A profile promises nothing that the file systems do not hold. */
    static void warnOfRoom(DataDirectory directory, PrintWriter err) {
        Room room = directory.room(0);
        if (room.limitedByFileSystems()) {
            err.println("holdfast: warning: the file systems of " + directory.volumes() + " have room for "
                    + Output.bytes(room.capacityBytes()) + "; profile "
                    + directory.profile().name() + " allows " + Output.bytes(room.profileBytes()));
        }
    }
}
