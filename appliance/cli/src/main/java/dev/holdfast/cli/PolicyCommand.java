package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.policy.Policy;
import dev.holdfast.control.policy.Retention;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
        name = "policy",
        mixinStandardHelpOptions = true,
        description = {
            "Says how long nodes' snapshots stay. One policy may count for many nodes; without one everything stays.",
            "",
            "  holdfast appliance policy set office --last 7 --daily 30 --weekly 12 --monthly 24 --lock-days 14 --data DIR",
            "  holdfast appliance policy bind office db1 web1 --data DIR",
            "  holdfast appliance policy preview --data DIR",
            "",
            "The appliance forgets by policy once a day."
        },
        subcommands = {
            PolicyCommand.Set.class,
            PolicyCommand.ListAll.class,
            PolicyCommand.Bind.class,
            PolicyCommand.Unbind.class,
            PolicyCommand.Remove.class,
            PolicyCommand.Preview.class,
            PolicyCommand.Apply.class,
            CommandLine.HelpCommand.class
        })
final class PolicyCommand {
    @Command(
            name = "set",
            mixinStandardHelpOptions = true,
            description = {
                "Makes or changes a policy. A snapshot stays as long as one of the rules wants it; the newest always stays.",
                "A change counts for all snapshots, from the next time the appliance forgets by policy."
            })
    static final class Set extends ControlCommand {
        @Parameters(paramLabel = "NAME", description = "The policy's name.")
        private String name = "";

        @Option(names = "--last", paramLabel = "N", description = "The last N.")
        private int last;

        @Option(names = "--hourly", paramLabel = "N", description = "The last of each of N hours that have any.")
        private int hourly;

        @Option(names = "--daily", paramLabel = "N", description = "The last of each of N days that have any.")
        private int daily;

        @Option(names = "--weekly", paramLabel = "N", description = "The last of each of N weeks that have any.")
        private int weekly;

        @Option(names = "--monthly", paramLabel = "N", description = "The last of each of N months that have any.")
        private int monthly;

        @Option(names = "--yearly", paramLabel = "N", description = "The last of each of N years that have any.")
        private int yearly;

        @Option(names = "--within-days", paramLabel = "N", description = "All within N days before the newest.")
        private int withinDays;

        @Option(names = "--lock-days", paramLabel = "N", description = "New snapshots cannot be forgotten for N days.")
        private int lockDays;

        @Option(names = "--compliance", description = "With --lock-days: nobody can shorten these locks.")
        private boolean compliance;

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
                throw new IllegalArgumentException("'" + name
                        + "' is no name of a policy: letters, digits, dots, hyphens and underscores, 63 at most");
            }
            if (lockDays < 0 || lockDays > 36_500 || compliance && lockDays == 0) {
                throw new IllegalArgumentException(
                        "--lock-days must be from 0 to 36500, and with --compliance above 0");
            }
            Policy policy = new Policy(
                    new Retention(last, hourly, daily, weekly, monthly, yearly, withinDays), lockDays, compliance);
            control.policies().put(name, policy.json());
            audit(control, "policy set", name, policy.json());
            return ExitCode.OK;
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists policies and their nodes.")
    static final class ListAll extends ControlCommand {
        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        /** A policy, and the nodes that it counts for. */
        record Row(String name, Policy policy, List<String> nodes) {}

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            PrintWriter out = out();
            List<Row> rows = new ArrayList<>();
            for (Map.Entry<String, String> each : control.policies().all().entrySet()) {
                rows.add(new Row(
                        each.getKey(),
                        Policy.parse(each.getValue()),
                        control.policies().nodes(each.getKey())));
            }
            if (json) {
                Output.json(out, rows);
                return ExitCode.OK;
            }
            for (Row row : rows) {
                out.println(row.name + ": " + describe(row.policy) + "; nodes: "
                        + (row.nodes.isEmpty() ? "none" : String.join(", ", row.nodes)));
            }
            return ExitCode.OK;
        }

        private static String describe(Policy policy) {
            Retention keep = policy.keep();
            if (keep.equals(Retention.ALL)) {
                return "keeps everything" + locks(policy);
            }
            List<String> rules = new ArrayList<>();
            add(rules, keep.last(), "the last %d");
            add(rules, keep.hourly(), "%d hourly");
            add(rules, keep.daily(), "%d daily");
            add(rules, keep.weekly(), "%d weekly");
            add(rules, keep.monthly(), "%d monthly");
            add(rules, keep.yearly(), "%d yearly");
            add(rules, keep.withinDays(), "all of %d days");
            return "keeps " + String.join(", ", rules) + locks(policy);
        }

        private static String locks(Policy policy) {
            return policy.lockDays() == 0
                    ? ""
                    : "; locks for " + policy.lockDays() + " days" + (policy.compliance() ? " (compliance)" : "");
        }

        private static void add(List<String> rules, int count, String form) {
            if (count > 0) {
                rules.add(String.format(form, count));
            }
        }
    }

    @Command(name = "bind", mixinStandardHelpOptions = true, description = "Makes a policy count for nodes.")
    static final class Bind extends ControlCommand {
        @Parameters(index = "0", paramLabel = "POLICY", description = "The policy's name.")
        private String name = "";

        @Parameters(index = "1..*", arity = "1..*", paramLabel = "NODE", description = "Nodes' names.")
        private List<String> nodes = List.of();

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            if (control.policies().find(name).isEmpty()) {
                throw new Failure.NotFoundException(
                        "there is no policy '" + name + "'; see: " + control.command("policy", "list"));
            }
            List<Node> found = new ArrayList<>();
            for (String each : nodes) {
                found.add(node(control, each));
            }
            for (Node each : found) {
                control.policies().bind(each.id(), name);
                audit(control, "policy bind", name + " " + each.name(), "allowed");
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "unbind",
            mixinStandardHelpOptions = true,
            description = "Takes the policy from nodes: from now on all their snapshots stay. Locks stay as they are.")
    static final class Unbind extends ControlCommand {
        @Parameters(arity = "1..*", paramLabel = "NODE", description = "Nodes' names.")
        private List<String> nodes = List.of();

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            for (String each : nodes) {
                control.policies().unbind(node(control, each).id());
                audit(control, "policy unbind", each, "allowed");
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Removes a policy that counts for no node.")
    static final class Remove extends ControlCommand {
        @Parameters(paramLabel = "POLICY", description = "The policy's name.")
        private String name = "";

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            List<String> nodes = control.policies().nodes(name);
            if (!nodes.isEmpty()) {
                throw new Failure.RefusedException(
                        "policy '" + name + "' counts for " + String.join(", ", nodes) + "; unbind them first");
            }
            boolean removed = control.policies().remove(name);
            audit(control, "policy remove", name, removed ? "allowed" : "not found");
            if (!removed) {
                throw new Failure.NotFoundException(
                        "there is no policy '" + name + "'; see: " + control.command("policy", "list"));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "preview",
            mixinStandardHelpOptions = true,
            description = "Shows which snapshots would stay, why, which would go, and the bytes that this would free.")
    static final class Preview implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final TaskOptions task = new TaskOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            var line = Objects.requireNonNull(spec).commandLine();
            return task.run(
                    data.open(),
                    "retention-preview",
                    "what retention would do",
                    Map.of(),
                    line.getOut(),
                    line.getErr(),
                    Preview::print);
        }

        private static void print(PrintWriter out, JsonNode result) {
            out.printf("%-10s %-24s %-25s %s%n", "ID", "NODE", "TIME", "");
            for (JsonNode row : result.path("snapshots")) {
                List<String> reasons = new ArrayList<>();
                row.path("reasons").forEach(reason -> reasons.add(reason.asText()));
                out.printf(
                        "%-10s %-24s %-25s %s%n",
                        row.path("id").asText().substring(0, 8),
                        row.path("node").asText(),
                        Output.time(Moments.parse(row.path("taken").asText())),
                        reasons.isEmpty() ? "goes" : "stays: " + String.join(", ", reasons));
            }
            out.println(
                    result.path("stay").asInt() + " stay, " + result.path("go").asInt() + " would go and free "
                            + Output.bytes(result.path("freedBytes").asLong()) + " of data that nothing else needs");
        }
    }

    @Command(name = "apply", mixinStandardHelpOptions = true, description = "Forgets by policy now.")
    static final class Apply implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final TaskOptions task = new TaskOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            var line = Objects.requireNonNull(spec).commandLine();
            return task.run(
                    data.open(),
                    "retention",
                    "forget by policy",
                    Map.of(),
                    line.getOut(),
                    line.getErr(),
                    (out, result) -> out.println(result.path("go").asInt() + " snapshots forgotten, "
                            + result.path("stay").asInt() + " stay"));
        }
    }
}
