package dev.holdfast.server.cli;

import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.server.control.ControlDb;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "node",
        mixinStandardHelpOptions = true,
        description = "Lists and revokes nodes. Works while the appliance runs.",
        subcommands = {
            NodeCommand.List.class,
            NodeCommand.Revoke.class,
            NodeCommand.Release.class,
            CommandLine.HelpCommand.class
        })
final class NodeCommand {
    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the nodes.")
    static final class List implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            var out = Objects.requireNonNull(spec).commandLine().getOut();
            try (ControlDb control = new ControlDb(data.open().controlDb())) {
                java.util.List<ControlDb.Node> nodes = control.nodes();
                if (json) {
                    Output.json(out, nodes);
                    return ExitCode.OK;
                }
                out.printf("%-4s %-24s %-10s %-20s %s%n", "ID", "NAME", "STATE", "LAST SEEN", "PLATFORM");
                for (ControlDb.Node node : nodes) {
                    Long seen = node.seenAt();
                    out.printf(
                            "%-4d %-24s %-10s %-20s %s%n",
                            node.id(),
                            node.name(),
                            node.active() ? "active" : "revoked",
                            seen == null ? "never" : Output.time(seen),
                            node.platform());
                }
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "release",
            mixinStandardHelpOptions = true,
            description =
                    "Forgets a node's snapshots by policy again, after a backup that looked like an attack was looked at."
                            + " The snapshot that was held stays so, until 'snapshot release'.")
    static final class Release implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Parameters(paramLabel = "NAME", description = "The node's name, as 'node list' shows it.")
        private String name = "";

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            try (ControlDb control = new ControlDb(data.open().controlDb())) {
                var node = control.nodeByName(name);
                boolean released =
                        node.isPresent() && control.events().release(node.get().id());
                control.audit("administrator", "node release", name, released ? "allowed" : "not found");
                if (!released) {
                    Objects.requireNonNull(spec)
                            .commandLine()
                            .getErr()
                            .println("holdfast: nothing of '" + name + "' is frozen");
                    return ExitCode.NOT_FOUND;
                }
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "revoke",
            mixinStandardHelpOptions = true,
            description = "Takes a node's access away, at once. Its snapshots stay.")
    static final class Revoke implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Parameters(paramLabel = "NAME", description = "The node's name, as 'node list' shows it.")
        private String name = "";

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            try (ControlDb control = new ControlDb(data.open().controlDb())) {
                boolean revoked = control.revoke(name);
                control.audit("administrator", "node revoke", name, revoked ? "allowed" : "not found");
                if (!revoked) {
                    Objects.requireNonNull(spec)
                            .commandLine()
                            .getErr()
                            .println("holdfast: there is no active node '" + name + "'");
                    return ExitCode.NOT_FOUND;
                }
            }
            return ExitCode.OK;
        }
    }
}
