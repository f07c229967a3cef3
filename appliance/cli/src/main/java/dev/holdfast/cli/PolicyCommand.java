package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.policy.Policy;
import dev.holdfast.control.policy.Retention;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "policy",
        mixinStandardHelpOptions = true,
        description = {
            "Retention policies: how long the snapshots of nodes are kept. A policy can apply to many nodes; without one,"
                    + " all snapshots are kept.",
            "",
            "  holdfast appliance policy set office --last 7 --daily 30 --weekly 12 --monthly 24 --lock-days 14 --data DIR",
            "  holdfast appliance policy bind office db1 web1 --data DIR",
            "  holdfast appliance policy preview --data DIR",
            "",
            "The appliance applies policies once a day."
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
                "Makes or changes a policy. A snapshot is kept as long as one of the rules keeps it; the newest is always kept.",
                "A change takes effect for all snapshots when the appliance applies policies next."
            })
    static final class Set extends ApiCommand.Acting {
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

        @Option(
                names = "--within-hours",
                paramLabel = "N",
                description =
                        "All within N hours before the newest, for plans that run every few minutes: the appliance"
                                + " then applies policies every hour.")
        private int withinHours;

        @Option(names = "--lock-days", paramLabel = "N", description = "New snapshots cannot be forgotten for N days.")
        private int lockDays;

        @Option(names = "--compliance", description = "With --lock-days: nobody can shorten these locks.")
        private boolean compliance;

        @Override
        void act(ApiClient api) throws IOException {
            Map<String, Object> policy = new LinkedHashMap<>();
            policy.put("keep", new Retention(last, hourly, daily, weekly, monthly, yearly, withinDays, withinHours));
            policy.put("lockDays", lockDays);
            policy.put("compliance", compliance);
            api.put(ApiClient.path("policies", name), policy);
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists policies and their nodes.")
    static final class ListAll extends ApiCommand.Listing {
        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            return api.list("/policies", "policies", ApiClient.Paging.ONE, Map.of(), Integer.MAX_VALUE);
        }

        @Override
        void print(PrintWriter out, List<JsonNode> policies) throws IOException {
            for (JsonNode each : policies) {
                List<String> nodes = new ArrayList<>();
                each.path("nodes").forEach(node -> nodes.add(node.asText()));
                out.println(each.path("name").asText() + ": "
                        + describe(ApiClient.JSON.treeToValue(each.path("policy"), Policy.class)) + "; nodes: "
                        + (nodes.isEmpty() ? "none" : String.join(", ", nodes)));
            }
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
            add(rules, keep.hours(), "all of %d hours");
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

    /** One on a policy that is named. */
    abstract static class OnPolicy extends ApiCommand.Acting {
        @Parameters(index = "0", paramLabel = "POLICY", description = "The policy's name.")
        String name = "";

        @Override
        List<String> lists() {
            return List.of("policy", "list");
        }
    }

    @Command(name = "bind", mixinStandardHelpOptions = true, description = "Applies a policy to nodes.")
    static final class Bind extends OnPolicy {
        @Parameters(index = "1..*", arity = "1..*", paramLabel = "NODE", description = "Nodes' names.")
        private List<String> nodes = List.of();

        @Override
        void act(ApiClient api) throws IOException {
            api.post(ApiClient.path("policies", name, "nodes"), Map.of("nodes", nodes));
        }
    }

    @Command(
            name = "unbind",
            mixinStandardHelpOptions = true,
            description = "Takes the policy from nodes: from now on all their snapshots stay. Locks stay as they are.")
    static final class Unbind extends ApiCommand.Acting {
        @Parameters(arity = "1..*", paramLabel = "NODE", description = "Nodes' names.")
        private List<String> nodes = List.of();

        @Override
        List<String> lists() {
            return List.of("node", "list");
        }

        @Override
        void act(ApiClient api) throws IOException {
            for (String each : nodes) {
                api.delete(ApiClient.path("nodes", each, "policy"));
            }
        }
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Removes a policy that applies to no node.")
    static final class Remove extends OnPolicy {
        @Override
        void act(ApiClient api) throws IOException {
            api.delete(ApiClient.path("policies", name));
        }
    }

    @Command(
            name = "preview",
            mixinStandardHelpOptions = true,
            description =
                    "Shows which snapshots would be kept and why, which would be forgotten, and the space that this frees.")
    static final class Preview extends ApiCommand {
        @Mixin
        private final TaskOptions task = new TaskOptions();

        @Override
        int run(ApiClient api) throws Exception {
            return task.run(api, Map.of("kind", "retention-preview"), out(), err(), Preview::print);
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
                        reasons.isEmpty() ? "forgotten" : "kept: " + String.join(", ", reasons));
            }
            out.println(result.path("stay").asInt() + " kept, "
                    + result.path("go").asInt() + " would be forgotten, freeing "
                    + Output.bytes(result.path("freedBytes").asLong()));
        }
    }

    @Command(name = "apply", mixinStandardHelpOptions = true, description = "Applies policies now.")
    static final class Apply extends ApiCommand {
        @Mixin
        private final TaskOptions task = new TaskOptions();

        @Override
        int run(ApiClient api) throws Exception {
            return task.run(
                    api,
                    Map.of("kind", "retention"),
                    out(),
                    err(),
                    (out, result) -> out.println(result.path("go").asInt() + " snapshots forgotten, "
                            + result.path("stay").asInt() + " stay"));
        }
    }
}
