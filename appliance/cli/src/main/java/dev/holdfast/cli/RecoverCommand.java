package dev.holdfast.cli;

import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.server.local.ApplianceRecovery;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
        name = "recover",
        mixinStandardHelpOptions = true,
        description = {
            "Makes an appliance of a vault, after the loss of the old one: with bucket, credentials and recovery key alone.",
            "The new one takes the vault over; the old one, should it come back, finds itself locked out of it.",
            "Restores can begin at once, while the index still fills. Rerun to resume after an interruption.",
            "",
            "  holdfast appliance recover --from oss://BUCKET/PREFIX --region cn-hangzhou --credentials-file C"
                    + " --recovery-key-file K --data DIR",
            "  holdfast appliance run --data DIR",
            "",
            "With one of the commands below, machines run from snapshots of a running appliance at once, or"
                    + " files are taken out of the disks in them."
        },
        subcommands = {
            InstantCommands.Begin.class,
            InstantCommands.ListAll.class,
            InstantCommands.End.class,
            ImageFilesCommand.class,
            CommandLine.HelpCommand.class
        })
final class RecoverCommand implements Callable<Integer> {
    @Mixin
    private final VaultOptions vault = new VaultOptions();

    @Option(names = "--from", paramLabel = "URL", description = "oss://BUCKET/PREFIX or file:///DIRECTORY.")
    private @Nullable String from;

    @Option(
            names = "--recovery-key-file",
            paramLabel = "F",
            description = "File with the printed recovery key; /dev/stdin reads it from standard input.")
    private @Nullable Path recoveryKeyFile;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Where the new appliance goes. Default: $HOLDFAST_DATA, else 'data' in"
                    + " /etc/holdfast/appliance.toml.")
    private @Nullable Path data;

    @Option(
            names = "--profile",
            paramLabel = "NAME",
            description = "Hardware profile of the new machine; default: as the lost appliance had.")
    private @Nullable String profile;

    @Option(
            names = "--volume",
            paramLabel = "DIR",
            description = "Directory for containers; may be given several times.")
    private List<Path> volumes = List.of();

    @Option(
            names = "--read-only",
            description = "Leave the vault as it is: the appliance restores, takes no backups and uploads nothing.")
    private boolean readOnly;

    @Option(names = "--list", description = "Only list the snapshots in the vault; changes nothing.")
    private boolean list;

    @Option(
            names = "--only",
            paramLabel = "SNAPSHOT",
            description =
                    "Bring back one snapshot alone, for a restore that is in a hurry: its id, the beginning of it, or 'latest' with"
                            + " --node. Goes with --read-only.")
    private @Nullable String only;

    @Option(names = "--node", paramLabel = "NAME", description = "With --only: the node whose snapshot is meant.")
    private @Nullable String node;

    @Option(
            names = "--root",
            paramLabel = "N",
            description =
                    "The lowest root number to accept, as shown by 'vault status': a vault whose newest root is older is"
                            + " refused. If newer roots are damaged, the newest intact root that is not older is used, and data"
                            + " that was published later is lost.")
    private long leastRoot;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        String url = from;
        Path key = recoveryKeyFile;
        if (url == null || key == null) {
            throw new CommandLine.ParameterException(
                    spec.commandLine(),
                    "Missing required option: '" + (url == null ? "--from=URL" : "--recovery-key-file=F") + "'");
        }
        if (data == null) {
            data = DataOption.configured(spec);
        }
        if (data == null && !list) {
            throw new IllegalArgumentException("--data is missing, or --list; give --data DIR, or set HOLDFAST_DATA");
        }
        if (only != null && (!readOnly || list)) {
            throw new IllegalArgumentException("--only goes with --read-only, and not with --list");
        }
        if (node != null && only == null) {
            throw new IllegalArgumentException("--node goes with --only");
        }
        if ("latest".equals(only) && node == null) {
            throw new IllegalArgumentException("'latest' needs --node NAME");
        }
        List<String> warnings = new ArrayList<>();
        ApplianceRecovery recovery = new ApplianceRecovery(
                vault.address(url), url.startsWith("oss:") ? vault.credentials() : null, key, leastRoot);
        if (list || data == null) {
            print(out, recovery.list(warnings::add));
            return ended(warnings);
        }
        ApplianceRecovery.Recovered made = recover(recovery, data, warnings);
        if (json) {
            Output.json(out, made);
        } else {
            print(out, made, data);
        }
        return ended(warnings);
    }

    private ApplianceRecovery.Recovered recover(ApplianceRecovery recovery, Path target, List<String> warnings)
            throws IOException {
        PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
        try {
            return recovery.recover(
                    new ApplianceRecovery.Wanted(target, profile, volumes, readOnly, only, node),
                    Output.progress(err),
                    warnings::add);
        } catch (UseCaseException e) {
            throw e.reason() == UseCaseException.Reason.NOT_FOUND
                    ? new Failure.NotFoundException(e.getMessage() + "; see: "
                            + TypedCommand.elsewhere(
                                    "appliance",
                                    "recover",
                                    "--list",
                                    "--from",
                                    String.valueOf(from),
                                    "--recovery-key-file",
                                    String.valueOf(recoveryKeyFile)))
                    : e;
        }
    }

    private void print(PrintWriter out, ApplianceRecovery.Recovered made, Path target) {
        out.println("Recovered " + made.snapshots() + " snapshots of " + made.nodes() + " nodes from root "
                + made.root() + " of " + from);
        if (made.manifestsToCome() > 0) {
            out.println("The file lists of " + made.manifestsToCome()
                    + " snapshots follow while the appliance runs, or when one is restored");
        }
        out.println(
                readOnly
                        ? "Read only: the vault stays with the appliance that writes to it"
                        : "The vault belongs to this appliance now");
        made.vaults().forEach(each -> out.println("Also: " + each));
        out.println("Next: " + TypedCommand.appliance(target, "run"));
    }

    private int ended(List<String> warnings) {
        PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
        warnings.forEach(each -> err.println("holdfast: " + each));
        return warnings.isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
    }

    private void print(PrintWriter out, ApplianceRecovery.Content content) {
        if (json) {
            Output.json(out, content.snapshots());
            return;
        }
        out.println("Root " + content.root() + " of " + Output.time(content.written()));
        out.printf("%-10s %-20s %-25s %10s %10s  %s%n", "ID", "NODE", "TIME", "FILES", "SIZE", "SOURCES");
        for (ApplianceRecovery.Snapshot row : content.snapshots()) {
            out.printf(
                    "%-10s %-20s %-25s %10d %10s  %s%n",
                    row.id().substring(0, 8),
                    row.node(),
                    Output.time(row.committed()),
                    row.files(),
                    Output.bytes(row.bytes()),
                    row.sources());
        }
    }
}
