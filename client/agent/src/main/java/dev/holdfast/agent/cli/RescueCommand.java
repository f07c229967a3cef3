package dev.holdfast.agent.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.remote.Endpoint;
import dev.holdfast.agent.remote.Enrolment;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.crypto.NativeCrypto;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "rescue",
        mixinStandardHelpOptions = true,
        description = {
            "Restores a snapshot directly from a vault, on a machine that has neither appliance nor enrolment: with bucket,"
                    + " credentials and recovery key alone. The vault stays as it is.",
            "",
            "  holdfast rescue latest:/home --node mail-server --from oss://BUCKET/PREFIX --region cn-hangzhou"
                    + " --credentials-file C --recovery-key-file K --target /rescued",
            "To list snapshots: holdfast appliance recover --list --from ... --recovery-key-file K"
        })
final class RescueCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "SNAPSHOT[:PATH]",
            description = "A snapshot's id, or 'latest' of --node, and a path in it.")
    private String where = "";

    @Option(names = "--node", paramLabel = "NAME", description = "The node whose latest snapshot to restore.")
    private @Nullable String node;

    @Option(
            names = "--from",
            required = true,
            paramLabel = "URL",
            description = "oss://BUCKET/PREFIX or file:///DIRECTORY.")
    private String from = "";

    @Option(
            names = "--recovery-key-file",
            required = true,
            paramLabel = "F",
            description = "File with the recovery key.")
    private String recoveryKeyFile = "";

    @Option(
            names = "--root",
            paramLabel = "N",
            description = "The oldest root of the vault to accept; see 'holdfast appliance recover --help'.")
    private @Nullable String root;

    @Option(
            names = "--target",
            required = true,
            paramLabel = "DIR",
            description = "Directory to restore to; created if missing.")
    private String target = "";

    @Option(names = "--region", paramLabel = "R", description = "Region of the bucket.")
    private @Nullable String region;

    @Option(names = "--endpoint", paramLabel = "URL", description = "Another endpoint than the region's own.")
    private @Nullable String endpoint;

    @Option(names = "--network", paramLabel = "N", description = "PUBLIC (default), INTERNAL or ACCELERATE.")
    private @Nullable String network;

    @Option(names = "--addressing", paramLabel = "A", description = "HOST (default), PATH or CUSTOM_DOMAIN.")
    private @Nullable String addressing;

    @Option(names = "--proxy", paramLabel = "URL", description = "HTTP proxy to use.")
    private @Nullable String proxy;

    @Option(names = "--credentials-file", paramLabel = "F", description = "File with the bucket's access key.")
    private @Nullable String credentialsFile;

    @Option(
            names = "--work",
            paramLabel = "DIR",
            description = "Directory for the snapshot's lists and for fetched data; default: a temporary directory,"
                    + " removed at the end.")
    private @Nullable Path work;

    @Option(
            names = "--thaw",
            description =
                    "Where something is frozen in an archive class: thaw what the snapshot needs, wait for it, and restore"
                            + " that too. The service charges for it; how much is printed first.")
    private boolean thaw;

    @Option(
            names = {"-q", "--quiet"},
            description = "Do not show progress.")
    private boolean quiet;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        NativeCrypto.install();
        SnapshotPath wanted = SnapshotPath.parse(where);
        if (wanted.snapshot().equals("latest") && node == null) {
            throw new IllegalArgumentException("'latest' needs --node NAME");
        }
        boolean temporary = work == null;
        Path directory = work == null ? Files.createTempDirectory("holdfast-rescue-") : work.toAbsolutePath();
        Files.createDirectories(directory);
        try (LocalAppliance local = new LocalAppliance(directory, temporary)) {
            List<String> recover = vault("recover", "--read-only", "--json", "--profile", "dev");
            recover.addAll(List.of("--data", local.data().toString(), "--only", wanted.snapshot()));
            add(recover, "--node", node);
            JsonNode snapshot = local.json("recover", recover);
            // Of the whole vault; whether this restore is whole is told by its own exit code.
            local.warnings("recover")
                    .forEach(Objects.requireNonNull(spec).commandLine().getErr()::println);
            Endpoint url = Endpoint.parse(local.start());
            String name = snapshot.path("node").asText();
            Path state = directory.resolve("client");
            Enrolment.enroll(url, local.token("--node", name), null, name, state);
            String id = snapshot.path("snapshot").asText();
            List<String> restore = new ArrayList<>(List.of("--state", state.toString(), "restore"));
            int colon = where.indexOf(':');
            restore.addAll(List.of(id + (colon < 0 ? "" : where.substring(colon)), "--target", target));
            if (quiet) {
                restore.add("--quiet");
            }
            PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
            err.flush();
            int code = Main.run(restore.toArray(String[]::new));
            if (code != ExitCode.WARNINGS) {
                return code;
            }
            if (!thaw) {
                err.println(
                        "holdfast: if data is in an archive class, rerun this command with --thaw: it shows the cost, thaws"
                                + " the data, waits, and restores it");
                return code;
            }
            String needs = local.onData("thaw", "vault", "thaw", id, "--dry-run");
            err.print(needs);
            err.flush();
            local.onData("thaw", "vault", "thaw", id, "--wait");
            return Main.run(restore.toArray(String[]::new));
        }
    }

    private List<String> vault(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--from", from, "--recovery-key-file", recoveryKeyFile));
        add(all, "--root", root);
        add(all, "--region", region);
        add(all, "--endpoint", endpoint);
        add(all, "--network", network);
        add(all, "--addressing", addressing);
        add(all, "--proxy", proxy);
        add(all, "--credentials-file", credentialsFile);
        return all;
    }

    private static void add(List<String> arguments, String name, @Nullable String value) {
        if (value != null) {
            arguments.addAll(List.of(name, value));
        }
    }
}
