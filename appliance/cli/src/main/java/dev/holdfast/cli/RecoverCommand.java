package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.server.vault.RecoveredData;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.RecoveryKey;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.vault.format.DamagedRootException;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
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
        name = "recover",
        mixinStandardHelpOptions = true,
        description = {
            "Makes an appliance of a vault, after the loss of the old one: with bucket, credentials and recovery key alone.",
            "The new one takes the vault over; the old one, should it come back, finds itself locked out of it.",
            "Restores can begin at once, while the index still fills. Cut off, it is run again and goes on.",
            "",
            "  holdfast appliance recover --from oss://BUCKET/PREFIX --region cn-hangzhou --credentials-file C"
                    + " --recovery-key-file K --data DIR",
            "  holdfast appliance run --data DIR"
        })
final class RecoverCommand implements Callable<Integer> {
    @Mixin
    private final VaultOptions vault = new VaultOptions();

    @Option(
            names = "--from",
            required = true,
            paramLabel = "URL",
            description = "oss://BUCKET/PREFIX or file:///DIRECTORY.")
    private String url = "";

    @Option(
            names = "--recovery-key-file",
            required = true,
            paramLabel = "F",
            description = "File with the printed recovery key; /dev/stdin reads it from standard input.")
    private Path recoveryKeyFile = Path.of("");

    @Option(names = "--data", paramLabel = "DIR", description = "Where the new appliance goes.")
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
                    "The oldest root that will do, as 'vault status' showed it: refuse a vault that was set back behind it."
                            + " Where newer roots are damaged, the newest whole one from this on is used; what was published later"
                            + " is lost then.")
    private long leastRoot;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (data == null && !list) {
            throw new IllegalArgumentException("--data is missing, or --list");
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
        VaultSettings settings = vault.settings(url, readOnly ? VaultPolicy.READ_ONLY : VaultPolicy.DEFAULT);
        byte[] secret = RecoveryKey.parse(SecretFile.recoveryKey(recoveryKeyFile));
        OssCredentials keys = settings.oss() == null ? null : vault.credentials();
        try (Credential credential = new Credential(Credential.Kind.RECOVERY_KEY, secret);
                ObjectStore store = settings.open(keys)) {
            List<String> warnings = new ArrayList<>();
            VaultRecovery recovery = open(store, credential, warnings);
            try (VaultKeys opened = recovery.keys()) {
                Objects.requireNonNull(opened);
                if (list || data == null) {
                    print(out, recovery);
                    return ended(warnings);
                }
                ListedSnapshot wanted = only == null ? null : find(recovery, only);
                Map<String, Object> result = RecoveredData.make(
                        data,
                        recovery,
                        wanted,
                        credential,
                        settings,
                        keys,
                        profile,
                        volumes,
                        Output.recovery(spec.commandLine().getErr()),
                        warnings::add);
                InitCommand.warnOfRoom(
                        DataDirectory.open(data), spec.commandLine().getErr());
                if (wanted != null) {
                    result.put("snapshot", wanted.snapshot().id().toString());
                    result.put("node", wanted.snapshot().nodeName());
                }
                if (json) {
                    Output.json(out, result);
                } else {
                    out.println("Recovered " + result.get("snapshots") + " snapshots of " + result.get("nodes")
                            + " nodes from root " + result.get("root") + " of " + settings.url());
                    if (!Objects.equals(result.get("manifestsToCome"), 0)) {
                        out.println("The file lists of " + result.get("manifestsToCome")
                                + " snapshots follow while the appliance runs, or when one is restored");
                    }
                    out.println(
                            readOnly
                                    ? "Read only: the vault stays with the appliance that writes to it"
                                    : "The vault belongs to this appliance now");
                    if (result.get("vaults") instanceof List<?> others) {
                        others.forEach(each -> out.println("Also: " + each));
                    }
                    out.println("Next: " + TypedCommand.appliance(data, "run"));
                }
                return ended(warnings);
            }
        }
    }

    private ListedSnapshot find(VaultRecovery recovery, String name) throws IOException {
        List<ListedSnapshot> fitting = recovery.snapshots().values().stream()
                .filter(each -> node == null || each.snapshot().nodeName().equals(node))
                .filter(each ->
                        name.equals("latest") || each.snapshot().id().toString().startsWith(name))
                .toList();
        if (name.equals("latest") && !fitting.isEmpty()) {
            return Collections.max(
                    fitting, Comparator.comparingLong(each -> each.snapshot().committed()));
        }
        if (fitting.size() == 1) {
            return fitting.getFirst();
        }
        throw new Failure.NotFoundException((fitting.isEmpty()
                        ? "the vault has no snapshot '" + name + "'"
                        : "'" + name + "' fits " + fitting.size() + " snapshots")
                + (node == null ? "" : " of " + node)
                + "; see: "
                + TypedCommand.elsewhere(
                        "appliance",
                        "recover",
                        "--list",
                        "--from",
                        url,
                        "--recovery-key-file",
                        recoveryKeyFile.toString()));
    }

    private VaultRecovery open(ObjectStore store, Credential credential, List<String> warnings) throws IOException {
        try {
            return VaultRecovery.open(store, credential, leastRoot, warnings::add);
        } catch (DamagedRootException e) {
            String next = e.older()
                    .map(each -> ". To go on with it, repeat this with --root "
                            + each.root().sequence()
                            + "; while the appliance lives, its next upload stores the newest root again instead")
                    .orElse("");
            throw FormatException.corrupt(e.getMessage() + next);
        }
    }

    private int ended(List<String> warnings) {
        PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
        warnings.forEach(each -> err.println("holdfast: " + each));
        return warnings.isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
    }

    /** A snapshot in the list. */
    record Row(String id, String node, Instant committed, List<String> sources, long files, long bytes) {}

    private void print(PrintWriter out, VaultRecovery recovery) throws IOException {
        List<Row> rows = new ArrayList<>();
        for (ListedSnapshot each : recovery.snapshots().values()) {
            SnapshotSummary summary = SnapshotSummary.parse(each.snapshot().summary());
            rows.add(new Row(
                    each.snapshot().id().toString(),
                    each.snapshot().nodeName(),
                    Instant.ofEpochMilli(each.snapshot().committed()),
                    summary.sources().stream().map(Object::toString).toList(),
                    summary.counts().files(),
                    summary.counts().bytes()));
        }
        if (json) {
            Output.json(out, rows);
            return;
        }
        out.println("Root " + recovery.root().sequence() + " of "
                + Output.time(Instant.ofEpochMilli(recovery.root().written())));
        out.printf("%-10s %-20s %-25s %10s %10s  %s%n", "ID", "NODE", "TIME", "FILES", "SIZE", "SOURCES");
        for (Row row : rows) {
            out.printf(
                    "%-10s %-20s %-25s %10d %10s  %s%n",
                    row.id.substring(0, 8),
                    row.node,
                    Output.time(row.committed),
                    row.files,
                    Output.bytes(row.bytes),
                    row.sources);
        }
    }
}
