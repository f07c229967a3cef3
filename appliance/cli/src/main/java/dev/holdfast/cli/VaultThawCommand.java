package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.server.local.VaultThaw;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "thaw",
        mixinStandardHelpOptions = true,
        description = {
            "Thaws the containers that a snapshot needs and that lie in an archive class. Prints amount, duration and cost,"
                    + " then requests the thaw; --wait waits until everything can be read. Containers that are on a volume"
                    + " are left out. Works while the appliance runs.",
            "Rerun the command to see how far the thaw is. Rerun a restore that met frozen containers afterwards to resume it."
        })
final class VaultThawCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Parameters(
            paramLabel = "SNAPSHOT",
            description = "A snapshot's id, the beginning of it, or 'latest'; a path behind a colon is not looked at,"
                    + " since containers thaw as a whole.")
    private String snapshot = "";

    @Option(
            names = "--node",
            paramLabel = "NAME",
            description = "Only snapshots of this node; 'latest' needs it where several nodes have some.")
    private @Nullable String node;

    @Option(
            names = "--days",
            defaultValue = "3",
            description = "How long it stays readable, 1 to 365 days; default ${DEFAULT-VALUE}.")
    private int days;

    @Option(names = "--dry-run", description = "Only say what must thaw.")
    private boolean dryRun;

    @Option(names = "--wait", description = "Return when everything can be read.")
    private boolean wait;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        DataDirectory directory = data.open();
        boolean readable;
        try {
            readable = new VaultThaw(directory, credentials.files())
                    .thaw(
                            Actor.ADMINISTRATOR,
                            new VaultThaw.Wanted(snapshot, node, days, dryRun, wait),
                            new Telling(out));
        } catch (UseCaseException e) {
            throw e.reason() == UseCaseException.Reason.NOT_FOUND
                    ? new Failure.NotFoundException(e.getMessage() + "; see: "
                            + TypedCommand.appliance(directory.root(), "vault", "status", "--snapshots"))
                    : e;
        }
        if (readable) {
            out.println("Everything that the snapshot needs can be read");
        }
        return readable ? ExitCode.OK : ExitCode.WARNINGS;
    }

    private final class Telling implements VaultThaw.Telling {
        private final PrintWriter out;

        private Telling(PrintWriter out) {
            this.out = out;
        }

        @Override
        public void needs(String id, String of, String what, String cost) {
            out.println("Snapshot " + id.substring(0, 8) + " of " + of + " needs " + what + cost);
            String readableFor = days == 1 ? "1 day" : days + " days";
            out.println(
                    dryRun
                            ? "Nothing was requested; without --dry-run it is thawed for " + readableFor
                            : "The thaw is requested; it stays readable for " + readableFor + " from then on");
            out.flush();
        }

        @Override
        public void thawing(int containers, long bytes) {
            out.println(containers + (containers == 1 ? " container is" : " containers are") + " thawing, "
                    + Output.bytes(bytes));
            out.flush();
        }

        @Override
        public void warning(String text) {
            out.println(text);
        }
    }
}
