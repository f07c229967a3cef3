package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "snapshot",
        mixinStandardHelpOptions = true,
        description = {
            "Lists, forgets, holds, locks, verifies and restores snapshots of all nodes.",
            "Snapshots can be forgotten here and in the console only: no node can delete, not even its own."
        },
        subcommands = {
            SnapshotCommand.ListAll.class,
            SnapshotCommand.Forget.class,
            SnapshotCommand.Hold.class,
            SnapshotCommand.Release.class,
            SnapshotCommand.Lock.class,
            SnapshotCommand.Restore.class,
            SnapshotCommand.Verify.class,
            CommandLine.HelpCommand.class
        })
final class SnapshotCommand {
    private static final List<String> LISTS = List.of("snapshot", "list");

    /** One that changes a snapshot. */
    abstract static class OnSnapshot extends ApiCommand.Acting {
        @Parameters(paramLabel = "SNAPSHOT", description = "Its id, or the beginning of it.")
        String snapshot = "";

        @Override
        List<String> lists() {
            return LISTS;
        }
    }

    /**
     * Lists snapshots, the oldest first.
     *
     * @param node whose; empty for all
     */
    static List<JsonNode> all(ApiClient api, String node) throws IOException {
        return api.list(
                        "/snapshots",
                        "snapshots",
                        ApiClient.Paging.BEFORE,
                        node.isEmpty() ? Map.of() : Map.of("node", node),
                        Integer.MAX_VALUE)
                .reversed();
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the snapshots of all nodes.")
    static final class ListAll extends ApiCommand.Listing {
        @Option(names = "--node", paramLabel = "NAME", description = "Only the snapshots of this node.")
        private String node = "";

        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            return all(api, node);
        }

        @Override
        void print(PrintWriter out, List<JsonNode> snapshots) {
            String form = "%-10s %-24s %-25s %10s %10s %-16s %s%n";
            out.printf(form, "ID", "NODE", "TIME", "STORED", "EXCLUSIVE", "VAULTS", "KEPT");
            for (JsonNode each : snapshots) {
                List<String> vaults = new ArrayList<>();
                each.path("vaults").forEach(vault -> vaults.add(vault.asText()));
                out.printf(
                        form,
                        each.path("id").asText().substring(0, 8),
                        each.path("node").asText(),
                        Output.time(each.path("taken"), ""),
                        counted(each.path("storedBytes").asLong()),
                        counted(each.path("ownBytes").asLong()),
                        vaults.isEmpty() ? "-" : String.join(",", vaults),
                        kept(each));
            }
        }

        private static String counted(long bytes) {
            return bytes < 0 ? "?" : Output.bytes(bytes);
        }

        private static String kept(JsonNode snapshot) {
            String kept = snapshot.path("kept").asText();
            if (kept.startsWith("locked")) {
                kept += " until " + Output.time(snapshot.path("lockedUntil"), "?");
            }
            boolean damaged = snapshot.path("damaged").asLong() > 0;
            return damaged ? "damaged" + (kept.isEmpty() ? "" : ", " + kept) : kept;
        }
    }

    @Command(
            name = "forget",
            mixinStandardHelpOptions = true,
            description =
                    "Forgets snapshots for good; the next collection frees their space. Those that are held or locked"
                            + " are kept.")
    static final class Forget extends ApiCommand {
        @Mixin
        private final TaskOptions task = new TaskOptions();

        @Parameters(paramLabel = "SNAPSHOT", arity = "1..*", description = "Ids, or the beginnings of them.")
        private List<String> snapshots = List.of();

        @Option(names = "--dry-run", description = "Only show which would be forgotten.")
        private boolean dryRun;

        @Override
        List<String> lists() {
            return LISTS;
        }

        @Override
        int run(ApiClient api) throws Exception {
            Map<String, Object> ids = Map.of("ids", snapshots);
            JsonNode found = api.post("/snapshots/forget-preview", ids);
            if (dryRun) {
                found.path("snapshots").forEach(id -> out().println("Would forget " + id.asText()));
                return ExitCode.OK;
            }
            api.requireRunning();
            return task.follow(api, api.post("/snapshots/forget", ids), out(), err(), Forget::print);
        }

        private static void print(PrintWriter out, JsonNode result) {
            result.path("snapshots").forEach(id -> out.println("Forgot " + id.asText()));
            result.path("refused").forEach(why -> out.println("Refused: " + why.asText()));
        }
    }

    @Command(name = "hold", mixinStandardHelpOptions = true, description = "Keeps a snapshot until it is released.")
    static final class Hold extends OnSnapshot {
        @Option(
                names = "--why",
                paramLabel = "TEXT",
                defaultValue = "by hand",
                description = "The reason, for those who ask later.")
        private String why = "";

        @Override
        void act(ApiClient api) throws IOException {
            api.put(ApiClient.path("snapshots", snapshot, "hold"), Map.of("why", why));
        }
    }

    @Command(name = "release", mixinStandardHelpOptions = true, description = "Releases the hold. Locks stay.")
    static final class Release extends OnSnapshot {
        @Override
        void act(ApiClient api) throws IOException {
            api.delete(ApiClient.path("snapshots", snapshot, "hold"));
        }
    }

    @Command(
            name = "lock",
            mixinStandardHelpOptions = true,
            description = {
                "Locks a snapshot for some days from now. Setting the clock of a running appliance does not shorten that.",
                "A lock in compliance mode can be extended, never shortened."
            })
    static final class Lock extends OnSnapshot {
        @Option(names = "--days", required = true, paramLabel = "N", description = "0 ends a lock that may end.")
        private int days;

        @Option(names = "--compliance", description = "Nobody can shorten it, the administrator included.")
        private boolean compliance;

        @Override
        void act(ApiClient api) throws IOException {
            api.put(ApiClient.path("snapshots", snapshot, "lock"), Map.of("days", days, "compliance", compliance));
        }
    }

    @Command(
            name = "restore",
            mixinStandardHelpOptions = true,
            description = {
                "Orders the node of a snapshot to restore it, or a part of it. Its 'holdfast service' must run.",
                "The node decides below which directories it restores by order: by default 'restored' in its state directory."
            })
    static final class Restore extends ApiCommand {
        @Mixin
        private final CredentialOptions credentials = new CredentialOptions();

        @Mixin
        private final OrderOptions orders = new OrderOptions();

        @Parameters(paramLabel = "SNAPSHOT[:PATH]", description = "Its id, or the beginning of it, and a path in it.")
        private String where = "";

        @Option(
                names = "--node",
                paramLabel = "NAME",
                description =
                        "Another node to restore to; it may read this snapshot while the order runs. Default: its own.")
        private @Nullable String node;

        @Option(names = "--target", paramLabel = "DIR", description = "Directory on the node.")
        private @Nullable String target;

        @Option(
                names = "--original",
                description = {
                    "Restore everything to where it was, instead of to a target.",
                    "Where the node allows several directories, each gets a task of its own."
                })
        private boolean original;

        @Option(
                names = "--overwrite",
                paramLabel = "HOW",
                defaultValue = "if-changed",
                description = "if-changed (default), quick, if-newer, always or never, as in 'holdfast restore'.")
        private String overwrite = "";

        @Override
        CredentialOptions credentials() {
            return credentials;
        }

        @Override
        List<String> lists() {
            return LISTS;
        }

        @Override
        int run(ApiClient api) throws Exception {
            if (original == (target != null)) {
                throw new IllegalArgumentException("give either --target DIR or --original, for where the files were");
            }
            String[] parts = where.split(":", 2);
            Map<String, Object> wanted = new LinkedHashMap<>();
            wanted.put("paths", parts.length < 2 || parts[1].isEmpty() ? List.of() : List.of(parts[1]));
            wanted.put("target", target);
            wanted.put("original", original);
            wanted.put("overwrite", overwrite);
            wanted.put("node", node);
            return orders.follow(api, api.post(ApiClient.path("snapshots", parts[0], "restore"), wanted), out(), err());
        }
    }

    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description = "Orders the node of a snapshot to verify it, end to end. Its 'holdfast service' must run.")
    static final class Verify extends ApiCommand {
        @Mixin
        private final OrderOptions orders = new OrderOptions();

        @Parameters(paramLabel = "SNAPSHOT", description = "Its id, or the beginning of it.")
        private String snapshot = "";

        @Override
        List<String> lists() {
            return LISTS;
        }

        @Override
        int run(ApiClient api) throws Exception {
            return orders.follow(api, api.post(ApiClient.path("snapshots", snapshot, "verify"), null), out(), err());
        }
    }
}
