package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Shows how far each vault is: what is off-site, what is behind, since when, and until when.",
            "The off-site RPO is the age of the oldest snapshot that is not in the vault."
        })
final class VaultStatusCommand implements Callable<Integer> {
    @Mixin
    private final DataOption data = new DataOption();

    @Option(names = "--snapshots", description = "List each snapshot, and whether it is off-site.")
    private boolean snapshots;

    @Option(names = "--node", paramLabel = "NAME", description = "With --snapshots: only this node's.")
    private @Nullable String node;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        DataDirectory directory = data.open();
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            List<VaultRow> vaults = control.vaults().list().stream()
                    .sorted(Comparator.comparing(each -> !each.name().equals(VaultRegistry.FIRST)))
                    .toList();
            if (vaults.isEmpty()) {
                spec.commandLine()
                        .getErr()
                        .println("holdfast: this appliance has no vault; to set one, see: "
                                + TypedCommand.elsewhere("appliance", "vault", "set", "--help"));
                return ExitCode.NOT_FOUND;
            }
            if (snapshots) {
                printSnapshots(out, directory, control, vaults);
                return ExitCode.OK;
            }
            List<VaultState> all = VaultState.all(control, directory.inUse());
            if (json) {
                Output.json(out, all);
                return ExitCode.OK;
            }
            for (VaultState each : all) {
                print(out, each);
            }
        }
        return ExitCode.OK;
    }

    private static void print(PrintWriter out, VaultState it) {
        out.println(it.name() + "  " + it.url() + ", " + it.when());
        out.println("state      " + it.state() + (it.progress().isEmpty() ? "" : ", " + it.progress()));
        out.println("off-site   "
                + (!it.counted()
                        ? "not known: the appliance has not counted yet what is in this vault"
                        : it.snapshotsBehind() == 0
                                ? "everything"
                                : "all but " + it.snapshotsBehind() + " snapshots, the oldest of them "
                                        + Output.duration(it.offsiteRpoSeconds()) + " old; "
                                        + Output.bytes(it.backlogBytes())
                                        + " to upload, "
                                        + (it.doneBy() == null
                                                ? it.state().equals("refused")
                                                        ? "waiting for an administrator"
                                                        : "no forecast yet"
                                                : "done by " + Output.time(it.doneBy()))));
        if (it.history() > 0) {
            out.println("history    " + (it.history() - it.historyBehind()) + " of " + it.history()
                    + " snapshots older than the vault's setting are there, "
                    + (it.snapshotsBehind() - it.historyBehind()) + " newer ones are to come");
        }
        out.println("stored     " + Output.bytes(it.objectBytes()));
        out.println("last run   " + Output.time(it.lastSuccess(), "none yet"));
        out.println("root       " + it.root() + " (note it with the recovery key)");
        if (!it.error().isEmpty()) {
            out.println("error      " + it.error());
        }
        if (!it.nodes().isEmpty()) {
            String form = "%-24s %9s %9s %9s %10s %12s  %s%n";
            out.printf(form, "NODE", "SNAPSHOTS", "OFF-SITE", "BEHIND", "BACKLOG", "RPO", "NEWEST OFF-SITE");
            for (VaultState.OfNode node : it.nodes()) {
                int behind = node.behind();
                out.printf(
                        form,
                        node.node(),
                        node.snapshots(),
                        node.offsite(),
                        behind,
                        Output.bytes(node.bytesBehind()),
                        behind == 0 ? "-" : Output.duration(node.rpoSeconds()),
                        Output.time(node.lastOffsite(), "none"));
            }
        }
        out.println();
    }

    /** A snapshot, and the vaults that hold it. */
    record Row(String id, String node, Instant taken, List<String> offsite) {}

    private void printSnapshots(PrintWriter out, DataDirectory directory, ControlDb control, List<VaultRow> vaults)
            throws IOException {
        List<Row> rows = new ArrayList<>();
        for (LocalCopies.Snapshot each : LocalCopies.snapshots(directory, vaults)) {
            String name = control.nodes().find(each.node()).map(Node::name).orElse("node " + each.node());
            if (node == null || node.equals(name)) {
                rows.add(new Row(each.id().toString(), name, Instant.ofEpochMilli(each.taken()), each.vaults()));
            }
        }
        if (json) {
            Output.json(out, rows);
            return;
        }
        out.printf("%-10s %-24s %-25s %s%n", "ID", "NODE", "TIME", "OFF-SITE");
        for (Row row : rows) {
            out.printf(
                    "%-10s %-24s %-25s %s%n",
                    row.id.substring(0, 8),
                    row.node,
                    Output.time(row.taken),
                    row.offsite.isEmpty() ? "no" : String.join(", ", row.offsite));
        }
    }
}
