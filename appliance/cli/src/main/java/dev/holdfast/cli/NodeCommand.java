package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.calendar.Moments;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "node",
        mixinStandardHelpOptions = true,
        description = {
            "Lists, tags, renames, upgrades, revokes and removes nodes.",
            "",
            "  holdfast appliance node list --data DIR",
            "  holdfast appliance node tag web1 --add production --data DIR",
            "  holdfast appliance node rename old-name new-name --data DIR",
            "  holdfast appliance node remove web1 --keep-snapshots --data DIR      retired: restores stay possible",
            "  holdfast appliance node remove web1 --with-snapshots --dry-run --data DIR",
            "  holdfast appliance token create --node web1 --data DIR               the machine was installed anew",
        },
        subcommands = {
            NodeCommand.List.class,
            NodeShowCommand.class,
            NodeTagCommand.class,
            NodeRenameCommand.class,
            NodeRemoveCommand.class,
            NodeCommand.Revoke.class,
            NodeCommand.Keep.class,
            NodeCommand.Release.class,
            NodeCommand.Resume.class,
            NodeCommand.ReleaseIdentity.class,
            NodeUpgradeCommand.class,
            CommandLine.HelpCommand.class
        })
final class NodeCommand {
    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = {
                "Lists the nodes, and when their certificates end: from then on a node cannot connect. Clients renew them"
                        + " months before.",
                "HEALTH is the worst of what is wrong with a machine: damaged, failing, overdue, never backed up, unprotected"
                        + " (it has no plan), warning; protected where nothing is. 'status' says why.",
                "CLIENT is the release of the client at its last connection: 'newer' than the appliance, which is then to be"
                        + " upgraded first, or 'old', which knows less than the appliance.",
                "A 'retired' node has no access; its snapshots can be restored to other nodes.",
                "Backups of a 'suspended' node are refused until 'node resume'. A 'copied' node is one whose identity two"
                        + " machines use; 'events' says which of them was refused, and what to do."
            })
    static final class List extends ApiCommand.Listing {
        @Option(names = "--tag", paramLabel = "TAG", defaultValue = "", description = "Only nodes with this tag.")
        private String tag = "";

        @Override
        java.util.List<JsonNode> find(ApiClient api) throws IOException {
            return api.list("/nodes", "nodes", ApiClient.Paging.ONE, java.util.Map.of("tag", tag), Integer.MAX_VALUE);
        }

        @Override
        void print(PrintWriter out, java.util.List<JsonNode> nodes) {
            out.printf(
                    "%-4s %-24s %-10s %-16s %-25s %-16s %-14s %-24s %s%n",
                    "ID", "NAME", "STATE", "HEALTH", "LAST SEEN", "CERTIFICATE ENDS", "CLIENT", "TAGS", "PLATFORM");
            for (JsonNode node : nodes) {
                out.printf(
                        "%-4d %-24s %-10s %-16s %-25s %-16s %-14s %-24s %s%n",
                        node.path("id").asInt(),
                        node.path("name").asText(),
                        state(node),
                        health(node),
                        Output.time(node.path("seenAt"), "never"),
                        Output.time(Moments.parse(node.path("certificateEndsAt").asText()))
                                .substring(0, 10),
                        client(node),
                        tags(node),
                        node.path("platform").asText());
            }
        }
    }

    /** The state of a node in a word. */
    static String state(JsonNode node) {
        if (!node.path("retiredAt").isNull()) {
            return "retired";
        }
        if (!node.path("active").asBoolean()) {
            return "revoked";
        }
        if (!node.path("suspended").asText().isEmpty()) {
            return "suspended";
        }
        return node.path("identityCopied").asText().isEmpty() ? "active" : "copied";
    }

    /** How a node stands in a word or three, as {@code Health} has it; empty for one without access. */
    static String health(JsonNode node) {
        return node.path("health").asText("").toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** The release of a node's client, and whether it fits the appliance. */
    static String client(JsonNode node) {
        String number = node.path("clientVersion").asText();
        String state = node.path("clientState").asText();
        return number.isEmpty() ? "?" : state.isEmpty() ? number : number + " " + state;
    }

    /** The tags of a node, or a dash. */
    static String tags(JsonNode node) {
        java.util.List<String> tags = new ArrayList<>();
        node.path("tags").forEach(each -> tags.add(each.asText()));
        return tags.isEmpty() ? "-" : String.join(", ", tags);
    }

    /** What changes one node. */
    abstract static class OnNode extends ApiCommand.Acting {
        @Parameters(paramLabel = "NAME", description = "The node's name, as 'node list' shows it.")
        String name = "";

        @Override
        java.util.List<String> lists() {
            return java.util.List.of("node", "list");
        }
    }

    @Command(
            name = "resume",
            mixinStandardHelpOptions = true,
            description =
                    "Resumes backups of a suspended node. A node is suspended after it sends invalid data. Check 'events' and"
                            + " 'audit' first: the machine may be compromised or faulty.")
    static final class Resume extends OnNode {
        @Override
        void act(ApiClient api) throws IOException {
            api.post(ApiClient.path("nodes", name, "resume"), null);
        }
    }

    @Command(
            name = "release",
            mixinStandardHelpOptions = true,
            description =
                    "Ends a node's retention pause, after the backup that looked like an attack was examined, and the changes are"
                            + " wanted: policies apply to its snapshots again. The snapshot that was held stays held, until 'snapshot"
                            + " release'. 'attack NAME' shows what was seen.")
    static final class Release extends OnNode {
        @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit log.")
        private String reason = "";

        @Override
        void act(ApiClient api) throws IOException {
            api.post(ApiClient.path("nodes", name, "release"), java.util.Map.of("reason", reason));
        }
    }

    @Command(
            name = "keep",
            mixinStandardHelpOptions = true,
            description =
                    "Says that the backup that looked like an attack is one: retention of the node stays paused until 'node"
                            + " release', and the last snapshot from before and those since are held. 'attack NAME' shows what was seen.")
    static final class Keep extends OnNode {
        @Option(
                names = "--reason",
                required = true,
                paramLabel = "TEXT",
                description = "The reason, for the next person who handles it.")
        private String reason = "";

        @Override
        void act(ApiClient api) throws IOException {
            JsonNode kept = api.post(ApiClient.path("nodes", name, "attack"), java.util.Map.of("reason", reason));
            out().println("Retention of " + name + " stays paused; held snapshots: "
                    + kept.path("held").asInt() + ". Next: " + api.command("attack", name));
        }
    }

    @Command(
            name = "release-identity",
            mixinStandardHelpOptions = true,
            description =
                    "Releases a node's identity, after a machine was refused as a copy. The next machine that connects takes it."
                            + " Stop the client on the old machine first.")
    static final class ReleaseIdentity extends OnNode {
        @Override
        void act(ApiClient api) throws IOException {
            api.post(ApiClient.path("nodes", name, "release-identity"), null);
        }
    }

    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Takes a node's access away, at once. Its snapshots stay.")
    static final class Revoke extends OnNode {
        @Override
        void act(ApiClient api) throws IOException {
            api.delete(ApiClient.path("nodes", name));
        }
    }
}
