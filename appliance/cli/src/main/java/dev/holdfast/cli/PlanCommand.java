package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.calendar.Schedule;
import dev.holdfast.control.plan.Plan;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "plan",
        mixinStandardHelpOptions = true,
        description = {
            "Backup plans: what of which nodes is backed up, when, and how. Clients that run 'holdfast service' follow them.",
            "",
            "  holdfast appliance plan set nightly --path /home --path /etc --exclude '*.tmp' \\",
            "      --schedule '30 22 * * *' --zone Asia/Shanghai --jitter 30 --overdue 120 --data DIR",
            "  holdfast appliance plan bind nightly db1 web1 --data DIR",
            "  holdfast appliance plan next --data DIR",
            "  holdfast appliance plan run nightly --data DIR"
        },
        subcommands = {
            PlanSetCommand.class,
            PlanCommand.ListAll.class,
            PlanCommand.Bind.class,
            PlanCommand.Unbind.class,
            PlanCommand.Remove.class,
            PlanCommand.Pause.class,
            PlanCommand.Resume.class,
            PlanCommand.Next.class,
            PlanCommand.Run.class,
            CommandLine.HelpCommand.class
        })
final class PlanCommand {
    /** One on a plan that is named. */
    abstract static class OnPlan extends ApiCommand.Acting {
        @Parameters(index = "0", paramLabel = "PLAN", description = "The plan's name.")
        String name = "";

        @Override
        List<String> lists() {
            return List.of("plan", "list");
        }
    }

    /** In plain words. */
    static String describe(Plan plan) {
        Plan.Options options = plan.what().options() == null
                ? Plan.Options.NONE
                : Objects.requireNonNull(plan.what().options());
        List<String> what = new ArrayList<>(plan.what().paths());
        options.optionalPaths().forEach(path -> what.add(path + " (if there)"));
        options.wholeDisks().forEach(disk -> what.add("disk " + disk));
        if (!options.streamScript().isEmpty()) {
            what.add("what script " + options.streamScript() + " prints, as " + options.streamName());
        }
        StringBuilder text = new StringBuilder("backs up ").append(String.join(", ", what));
        if (!plan.what().excludes().isEmpty()) {
            text.append(" without ").append(String.join(", ", plan.what().excludes()));
        }
        if (options.snapshot() != null) {
            text.append(", from source snapshots (").append(options.snapshot()).append(")");
        }
        Schedule schedule = plan.when().parsed();
        text.append(schedule == null ? ", when asked" : ", " + schedule.describe());
        if (!plan.when().hours().isEmpty()) {
            text.append(", beginning ")
                    .append(String.join(
                            " or ",
                            plan.when().hours().stream().map(Hours::toString).toList()));
        }
        if (plan.when().jitterMinutes() > 0) {
            text.append(", spread over ").append(plan.when().jitterMinutes()).append(" min");
        }
        if (!plan.what().before().isEmpty()) {
            text.append(", after script ").append(plan.what().before());
        }
        if (!plan.what().after().isEmpty()) {
            text.append(", followed by script ").append(plan.what().after());
        }
        if (plan.how().sendBytesPerSecond() > 0) {
            text.append(", sending ")
                    .append(Output.bytes(plan.how().sendBytesPerSecond()))
                    .append("/s at most");
        }
        if (plan.how().readBytesPerSecond() > 0) {
            text.append(", reading ")
                    .append(Output.bytes(plan.how().readBytesPerSecond()))
                    .append("/s at most");
        }
        return text.append(plan.how().idle() ? ", yielding to all else" : "")
                .append(plan.upgradesClients() ? ", upgrading the clients" : "")
                .toString();
    }

    private static String nodes(JsonNode named) {
        List<String> nodes = new ArrayList<>();
        named.path("nodes").forEach(node -> nodes.add(node.asText()));
        return nodes.isEmpty() ? "none" : String.join(", ", nodes);
    }

    private static List<JsonNode> plans(ApiClient api) throws IOException {
        return api.list("/plans", "plans", ApiClient.Paging.AFTER, Map.of(), Integer.MAX_VALUE);
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists plans and their nodes.")
    static final class ListAll extends ApiCommand.Listing {
        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            return plans(api);
        }

        private static String pause(JsonNode plan) {
            if (!plan.path("paused").asBoolean()) {
                return ": ";
            }
            String until = Output.time(plan.path("pausedUntil"), "");
            return until.isEmpty() ? " (paused): " : " (paused until " + until + "): ";
        }

        @Override
        void print(PrintWriter out, List<JsonNode> found) throws IOException {
            for (JsonNode each : found) {
                out.println(each.path("name").asText() + pause(each)
                        + describe(ApiClient.JSON.treeToValue(each.path("plan"), Plan.class)) + "; nodes: "
                        + nodes(each));
            }
        }
    }

    @Command(name = "bind", mixinStandardHelpOptions = true, description = "Binds a plan to nodes, from now on.")
    static final class Bind extends OnPlan {
        @Parameters(index = "1..*", arity = "1..*", paramLabel = "NODE", description = "Nodes' names.")
        private List<String> nodes = List.of();

        @Override
        void act(ApiClient api) throws IOException {
            api.post(ApiClient.path("plans", name, "nodes"), Map.of("nodes", nodes));
        }
    }

    @Command(
            name = "unbind",
            mixinStandardHelpOptions = true,
            description = "Unbinds a plan from nodes. Backups that run go on.")
    static final class Unbind extends OnPlan {
        @Parameters(index = "1..*", arity = "1..*", paramLabel = "NODE", description = "Nodes' names.")
        private List<String> nodes = List.of();

        @Override
        void act(ApiClient api) throws IOException {
            for (String each : nodes) {
                api.delete(ApiClient.path("plans", name, "nodes", each));
            }
        }
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Removes a plan that is bound to no node.")
    static final class Remove extends OnPlan {
        @Override
        void act(ApiClient api) throws IOException {
            api.delete(ApiClient.path("plans", name));
        }
    }

    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description = {
                "Pauses a plan: it orders no backups until 'plan resume'. Backups that run go on.",
                "Its snapshots count as overdue meanwhile, unless --until says how long the pause is meant to be."
            })
    static final class Pause extends OnPlan {
        @Option(
                names = "--until",
                paramLabel = "DATE",
                description = "Resume by itself then: a day or a moment in the plan's time zone, as 2026-12-24 or"
                        + " 2026-12-24T08:00. Snapshots are not overdue before.")
        private @Nullable String until;

        @Override
        void act(ApiClient api) throws IOException {
            Map<String, Object> pause = new LinkedHashMap<>();
            pause.put("until", until == null ? null : moment(until, zone(api)));
            api.put(ApiClient.path("plans", name, "pause"), pause);
        }

        private ZoneId zone(ApiClient api) throws IOException {
            for (JsonNode each : plans(api)) {
                if (each.path("name").asText().equals(name)) {
                    String zone = each.path("plan").path("when").path("zone").asText();
                    return zone.isEmpty() ? ZoneId.systemDefault() : ZoneId.of(zone);
                }
            }
            throw new Failure.NotFoundException("there is no plan '" + name + "'");
        }

        private static Instant moment(String text, ZoneId zone) {
            Instant moment;
            try {
                moment = (text.contains("T")
                                ? LocalDateTime.parse(text)
                                : LocalDate.parse(text).atStartOfDay())
                        .atZone(zone)
                        .toInstant();
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException(
                        "'" + text + "' is not a date; write for instance 2026-12-24 or 2026-12-24T08:00", e);
            }
            if (!moment.isAfter(Instant.now())) {
                throw new IllegalArgumentException("'" + text + "' is in the past, in time zone " + zone);
            }
            return moment;
        }
    }

    @Command(name = "resume", mixinStandardHelpOptions = true, description = "Resumes a paused plan.")
    static final class Resume extends OnPlan {
        @Override
        void act(ApiClient api) throws IOException {
            api.delete(ApiClient.path("plans", name, "pause"));
        }
    }

    @Command(name = "next", mixinStandardHelpOptions = true, description = "Shows what is due next.")
    static final class Next extends ApiCommand.Listing {
        private static final DateTimeFormatter LOCAL =
                DateTimeFormatter.ofPattern("EEE yyyy-MM-dd HH:mm xxx", Locale.ENGLISH);

        @Option(names = "--count", defaultValue = "5", description = "Moments of each plan; default ${DEFAULT-VALUE}.")
        private int count;

        @Override
        List<JsonNode> find(ApiClient api) throws IOException {
            Map<String, Integer> shown = new HashMap<>();
            List<JsonNode> due = new ArrayList<>();
            String until = Moments.text(Instant.now().plus(Duration.ofDays(366)));
            api.get("/plans/calendar?until=" + until).path("due").forEach(each -> {
                if (shown.merge(each.path("plan").asText(), 1, Integer::sum) <= count) {
                    due.add(each);
                }
            });
            return due;
        }

        @Override
        void print(PrintWriter out, List<JsonNode> found) {
            for (JsonNode each : found) {
                Instant at = Moments.parse(each.path("at").asText());
                out.printf(
                        "%-28s %-20s %s%n",
                        LOCAL.format(at.atZone(ZoneId.of(each.path("zone").asText()))),
                        each.path("plan").asText(),
                        nodes(each));
            }
        }
    }

    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description = "Orders nodes to back up by a plan now, whether or not it is bound to them.")
    static final class Run extends ApiCommand {
        @Mixin
        private final OrderOptions orders = new OrderOptions();

        @Parameters(index = "0", paramLabel = "PLAN", description = "The plan's name.")
        private String name = "";

        @Parameters(
                index = "1..*",
                arity = "0..*",
                paramLabel = "NODE",
                description = "Nodes' names; default: those that the plan is bound to.")
        private List<String> nodes = List.of();

        @Option(names = "--full-read", description = "Read every file, whatever the previous snapshot says.")
        private boolean fullRead;

        @Override
        List<String> lists() {
            return List.of("plan", "list");
        }

        @Override
        int run(ApiClient api) throws Exception {
            JsonNode ordered =
                    api.post(ApiClient.path("plans", name, "run"), Map.of("nodes", nodes, "fullRead", fullRead));
            return orders.follow(api, ordered, out(), err());
        }
    }
}
