package dev.holdfast.cli;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "node",
        mixinStandardHelpOptions = true,
        description = "Lists, revokes and resumes nodes. Works while the appliance runs.",
        subcommands = {
            NodeCommand.List.class,
            NodeCommand.Revoke.class,
            NodeCommand.Release.class,
            NodeCommand.Resume.class,
            NodeCommand.ReleaseIdentity.class,
            CommandLine.HelpCommand.class
        })
final class NodeCommand {
    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = {
                "Lists the nodes, and when their certificates end: from then on a node cannot connect.",
                "Backups of a 'suspended' node are refused until 'node resume'. A 'copied' node is one whose identity two"
                        + " machines use; 'events' says which of them was refused, and what to do."
            })
    static final class List extends ControlCommand {
        /** A node, with the end of its certificate. */
        record Row(@JsonUnwrapped Node node, Instant certificateEndsAt) {}

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            PrintWriter out = out();
            java.util.List<Node> nodes = control.nodes().list();
            if (json) {
                Output.json(
                        out,
                        nodes.stream()
                                .map(node -> new Row(node, Authority.nodeExpiry(node.enrolledAt())))
                                .toList());
                return ExitCode.OK;
            }
            out.printf(
                    "%-4s %-24s %-10s %-25s %-16s %s%n",
                    "ID", "NAME", "STATE", "LAST SEEN", "CERTIFICATE ENDS", "PLATFORM");
            for (Node node : nodes) {
                out.printf(
                        "%-4d %-24s %-10s %-25s %-16s %s%n",
                        node.id(),
                        node.name(),
                        state(control, node),
                        Output.time(node.seenAt(), "never"),
                        Output.time(Authority.nodeExpiry(node.enrolledAt())).substring(0, 10),
                        node.platform());
            }
            return ExitCode.OK;
        }

        private static String state(ControlDb control, Node node) throws IOException {
            if (!node.active()) {
                return "revoked";
            }
            if (control.suspensions().find(node.id()).isPresent()) {
                return "suspended";
            }
            return control.holders().refused(node.id()).isPresent() ? "copied" : "active";
        }
    }

    /** What changes one node. */
    abstract static class OnNode extends ControlCommand {
        @Parameters(paramLabel = "NAME", description = "The node's name, as 'node list' shows it.")
        String name = "";

        /**
         * Audits the change.
         *
         * @param done whether there was anything to change
         * @param nothing what the user is told where there was not
         * @return the exit code
         */
        int told(ControlDb control, String action, boolean done, String nothing) throws IOException {
            audit(control, action, name, done ? "allowed" : "not found");
            if (!done) {
                err().println("holdfast: " + nothing);
                return ExitCode.NOT_FOUND;
            }
            return ExitCode.OK;
        }

        /** Changes one node; returns whether there was anything to change. */
        interface Change {
            boolean of(int node) throws IOException;
        }

        /** As {@link #told}, after the change of the node. */
        int change(ControlDb control, String action, Change change, String nothing) throws IOException {
            return told(control, action, change.of(node(control, name).id()), nothing);
        }
    }

    @Command(
            name = "resume",
            mixinStandardHelpOptions = true,
            description =
                    "Takes backups from a node again that was suspended, since it sent what no client sends."
                            + " 'events' and 'audit' tell what that was; find out first whether the machine was taken over or is faulty.")
    static final class Resume extends OnNode {
        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            return change(control, "node resume", control.suspensions()::resume, "'" + name + "' is not suspended");
        }
    }

    @Command(
            name = "release",
            mixinStandardHelpOptions = true,
            description =
                    "Forgets a node's snapshots by policy again, after a backup that looked like an attack was looked at."
                            + " The snapshot that was held stays so, until 'snapshot release'.")
    static final class Release extends OnNode {
        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            return change(control, "node release", control.events()::release, "nothing of '" + name + "' is frozen");
        }
    }

    @Command(
            name = "release-identity",
            mixinStandardHelpOptions = true,
            description =
                    "Lets another machine have a node's identity, after one was refused as a copy."
                            + " The next machine that connects has it from then on. First stop the client of the machine that must no longer have it.")
    static final class ReleaseIdentity extends OnNode {
        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            return change(
                    control,
                    "node release-identity",
                    control.holders()::release,
                    "no machine has the identity of '" + name + "'");
        }
    }

    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Takes a node's access away, at once. Its snapshots stay.")
    static final class Revoke extends OnNode {
        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            return change(
                    control,
                    "node revoke",
                    _ -> control.nodes().revoke(name),
                    "node '" + name + "' is revoked already");
        }
    }
}
