package dev.holdfast.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.data.DataDirectory;
import dev.holdfast.server.data.LocalCopies;
import dev.holdfast.server.vault.VaultSettings;
import dev.holdfast.server.vault.Vaults;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
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
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Shows how far each vault is: what is off-site, what is behind, since when, and until when.",
            "The off-site RPO is the age of the oldest snapshot that is not in the vault."
        })
final class VaultStatusCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

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
            List<ControlDb.VaultRow> vaults = control.vaults().stream()
                    .sorted(Comparator.comparing(each -> !each.name().equals(Vaults.FIRST)))
                    .toList();
            if (vaults.isEmpty()) {
                spec.commandLine().getErr().println("holdfast: this appliance has no vault; see vault set --help");
                return ExitCode.NOT_FOUND;
            }
            if (snapshots) {
                printSnapshots(out, directory, control, vaults);
                return ExitCode.OK;
            }
            List<State> all = new ArrayList<>();
            for (ControlDb.VaultRow vault : vaults) {
                all.add(state(directory, vault, control.status()));
            }
            if (json) {
                Output.json(out, all);
                return ExitCode.OK;
            }
            for (State each : all) {
                print(out, each);
            }
        }
        return ExitCode.OK;
    }

    /** Times in ms since 1970, 0 for none. */
    record State(
            String name,
            String url,
            String when,
            String state,
            String progress,
            long snapshotsBehind,
            long offsiteRpoSeconds,
            long backlogBytes,
            long doneBy,
            long history,
            long historyBehind,
            long objectBytes,
            long root,
            long lastSuccess,
            String error,
            JsonNode nodes) {}

    private static State state(DataDirectory directory, ControlDb.VaultRow vault, Map<String, String> values)
            throws IOException {
        VaultSettings settings = VaultSettings.parse(vault.settings());
        String prefix = vault.name() + ".";
        return new State(
                vault.name(),
                settings.url(),
                settings.policy().when().toString(),
                directory.inUse() ? values.getOrDefault(prefix + "state", "starting") : "not running",
                values.getOrDefault(prefix + "progress", ""),
                number(values, prefix + "behind"),
                number(values, prefix + "rpoSeconds"),
                number(values, prefix + "backlogBytes"),
                number(values, prefix + "doneBy"),
                number(values, prefix + "history"),
                number(values, prefix + "historyBehind"),
                number(values, prefix + "objectBytes"),
                number(values, prefix + "root"),
                number(values, prefix + "lastSuccess"),
                values.getOrDefault(prefix + "error", ""),
                JSON.readTree(values.getOrDefault(prefix + "nodes", "[]")));
    }

    private static long number(Map<String, String> values, String name) {
        return Long.parseLong(values.getOrDefault(name, "0"));
    }

    private static void print(PrintWriter out, State it) {
        out.println(it.name + "  " + it.url + ", " + it.when);
        out.println("state      " + it.state + (it.progress.isEmpty() ? "" : ", " + it.progress));
        out.println("off-site   "
                + (it.snapshotsBehind == 0
                        ? "everything"
                        : "all but " + it.snapshotsBehind + " snapshots, the oldest of them "
                                + Output.duration(it.offsiteRpoSeconds) + " old; " + Output.bytes(it.backlogBytes)
                                + " to upload, "
                                + (it.doneBy == 0 ? "no forecast yet" : "done by " + Output.time(it.doneBy))));
        if (it.history > 0) {
            out.println("history    " + (it.history - it.historyBehind) + " of " + it.history
                    + " snapshots older than the vault's setting are there, "
                    + (it.snapshotsBehind - it.historyBehind) + " newer ones are to come");
        }
        out.println("stored     " + Output.bytes(it.objectBytes));
        out.println("last run   " + (it.lastSuccess == 0 ? "none yet" : Output.time(it.lastSuccess)));
        out.println("root       " + it.root + " (note it with the recovery key)");
        if (!it.error.isEmpty()) {
            out.println("error      " + it.error);
        }
        if (!it.nodes.isEmpty()) {
            String form = "%-24s %9s %9s %9s %10s %12s  %s%n";
            out.printf(form, "NODE", "SNAPSHOTS", "OFF-SITE", "BEHIND", "BACKLOG", "RPO", "NEWEST OFF-SITE");
            for (JsonNode node : it.nodes) {
                int behind = node.path("behind").asInt();
                long newest = node.path("lastOffsite").asLong();
                out.printf(
                        form,
                        node.path("node").asText(),
                        node.path("snapshots").asInt(),
                        node.path("offsite").asInt(),
                        behind,
                        Output.bytes(node.path("bytesBehind").asLong()),
                        behind == 0
                                ? "-"
                                : Output.duration(node.path("rpoSeconds").asLong()),
                        newest == 0 ? "none" : Output.time(newest));
            }
        }
        out.println();
    }

    /** A snapshot, and the vaults that hold it. */
    record Row(String id, String node, long taken, List<String> offsite) {}

    private void printSnapshots(
            PrintWriter out, DataDirectory directory, ControlDb control, List<ControlDb.VaultRow> vaults)
            throws IOException {
        List<Row> rows = new ArrayList<>();
        for (LocalCopies.Snapshot each : LocalCopies.snapshots(
                directory, vaults.stream().map(ControlDb.VaultRow::name).toList())) {
            String name = control.node(each.node()).map(ControlDb.Node::name).orElse("node " + each.node());
            if (node == null || node.equals(name)) {
                rows.add(new Row(each.id().toString(), name, each.taken(), each.vaults()));
            }
        }
        if (json) {
            Output.json(out, rows);
            return;
        }
        out.printf("%-10s %-24s %-20s %s%n", "ID", "NODE", "TIME", "OFF-SITE");
        for (Row row : rows) {
            out.printf(
                    "%-10s %-24s %-20s %s%n",
                    row.id.substring(0, 8),
                    row.node,
                    Output.time(row.taken),
                    row.offsite.isEmpty() ? "no" : String.join(", ", row.offsite));
        }
    }
}
