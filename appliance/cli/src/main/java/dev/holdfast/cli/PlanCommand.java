package dev.holdfast.cli;

import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.calendar.Schedule;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.SizeOption;
import dev.holdfast.protocol.cli.SourceOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
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
            "Says what of which nodes is backed up, when, and how. Clients that run 'holdfast service' do it.",
            "",
            "  holdfast appliance plan set nightly --path /home --path /etc --exclude '*.tmp' \\",
            "      --schedule '30 22 * * *' --zone Asia/Shanghai --jitter 30 --overdue 120 --data DIR",
            "  holdfast appliance plan bind nightly db1 web1 --data DIR",
            "  holdfast appliance plan next --data DIR",
            "  holdfast appliance plan run nightly --data DIR"
        },
        subcommands = {
            PlanCommand.SetPlan.class,
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
    private static PlanTable.Row plan(ControlDb control, String name) throws IOException {
        return control.plans()
                .find(name)
                .orElseThrow(() -> new Failure.NotFoundException(
                        "there is no plan '" + name + "'; see: " + control.command("plan", "list")));
    }

    /** One on a plan that is named. */
    abstract static class OnPlan extends ControlCommand {
        @Parameters(index = "0", paramLabel = "PLAN", description = "The plan's name.")
        String name = "";
    }

    @Command(
            name = "set",
            mixinStandardHelpOptions = true,
            description = {
                "Makes or replaces a plan. A change counts from the next run on.",
                "Scripts are named only: they lie on the node, in the directory 'scripts' of its state, and must belong to"
                        + " its administrator. The one before must succeed; the one after runs in any case, and finds"
                        + " HOLDFAST_RESULT (done, failed) and HOLDFAST_SNAPSHOT in its environment."
            })
    static final class SetPlan extends ControlCommand {
        @Parameters(index = "0", paramLabel = "PLAN", description = "The plan's name.")
        private String name = "";

        @Option(names = "--path", paramLabel = "PATH", description = "What; may be repeated.")
        private List<String> paths = List.of();

        @Mixin
        private final SourceOptions source = new SourceOptions();

        @Option(
                names = "--stream-script",
                defaultValue = "",
                paramLabel = "SCRIPT",
                description =
                        "Back up the output of a script instead of paths. If the script fails, no snapshot is made.")
        private String streamScript = "";

        @Option(
                names = "--stream-name",
                defaultValue = "",
                paramLabel = "NAME",
                description = "The file that the script's output becomes; default: the script's name.")
        private String streamName = "";

        @Option(names = "--before", defaultValue = "", paramLabel = "SCRIPT", description = "Must succeed before.")
        private String before = "";

        @Option(names = "--after", defaultValue = "", paramLabel = "SCRIPT", description = "Runs after, in any case.")
        private String after = "";

        @Option(
                names = "--script-minutes",
                defaultValue = "60",
                paramLabel = "N",
                description = "How long a script may take; default ${DEFAULT-VALUE}.")
        private int scriptMinutes;

        @Option(
                names = "--schedule",
                defaultValue = "",
                paramLabel = "CRON",
                description =
                        "When: minute hour day month weekday, or @hourly, @daily, @weekly, @monthly. Without it only when"
                                + " asked (plan run).")
        private String schedule = "";

        @Option(names = "--zone", paramLabel = "ZONE", description = "Time zone; default: this machine's.")
        private String zone = ZoneId.systemDefault().getId();

        @Option(
                names = "--hours",
                paramLabel = "HOURS",
                description = "Begin only then, such as 'mon-fri 20:00-06:00'; may be repeated.")
        private List<String> hours = List.of();

        @Option(
                names = "--jitter",
                defaultValue = "0",
                paramLabel = "MINUTES",
                description = "Spread nodes over so many minutes; default ${DEFAULT-VALUE}.")
        private int jitter;

        @Option(
                names = "--no-make-up",
                negatable = true,
                defaultValue = "true",
                fallbackValue = "true",
                description = "What was missed while the appliance was off is left out rather than made up.")
        private boolean makeUp = true;

        @Option(
                names = "--overdue",
                defaultValue = "60",
                paramLabel = "MINUTES",
                description =
                        "Tell somebody where so long after a due moment there is no snapshot; default ${DEFAULT-VALUE}, 0"
                                + " for never.")
        private int overdue;

        @Option(names = "--threads", defaultValue = "0", paramLabel = "N", description = "Processor threads to use.")
        private int threads;

        @Option(
                names = "--read-rate",
                paramLabel = "SIZE",
                converter = SizeOption.class,
                defaultValue = "0",
                description = "Read at most so much a second: '50 MB'. 0, the default: no limit.")
        private long readRate;

        @Option(
                names = "--send-rate",
                paramLabel = "SIZE",
                converter = SizeOption.class,
                defaultValue = "0",
                description = "Send at most so much a second: '2 MB'. 0, the default: no limit.")
        private long sendRate;

        @Option(names = "--idle", description = "Yield processor and disk to everything else on the node.")
        private boolean idle;

        @Option(
                names = "--priority",
                defaultValue = "5",
                paramLabel = "N",
                description = "0 to 100, the higher the sooner; default ${DEFAULT-VALUE}.")
        private int priority;

        /** Null where there are none, so that plans stay as older releases know them. */
        private Plan.@Nullable Options options() {
            Plan.Options options = new Plan.Options(
                    source.optionalPaths(),
                    source.anyCaseExcludes(),
                    source.excludeCaches(),
                    source.excludeIfPresent(),
                    source.largestBytes(),
                    source.tags(),
                    streamScript,
                    streamName.isEmpty() ? streamScript : streamName);
            return options.equals(Plan.Options.NONE) ? null : options;
        }

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,62}")) {
                throw new IllegalArgumentException("'" + name
                        + "' is no name of a plan: letters, digits, dots, hyphens and underscores, 63 at most");
            }
            Plan plan = new Plan(
                    new Plan.What(
                            paths, source.excludes(), source.oneFileSystem(), before, after, scriptMinutes, options()),
                    new Plan.When(
                            schedule, zone, hours.stream().map(Hours::parse).toList(), jitter, makeUp, overdue),
                    new Plan.How(threads, readRate, sendRate, idle, priority));
            plan.check(Instant.now());
            control.plans().put(name, plan.json());
            audit(control, "plan set", name, plan.json());
            out().println(name + ": " + describe(plan));
            return ExitCode.OK;
        }
    }

    /** In plain words. */
    static String describe(Plan plan) {
        Plan.Options options = plan.what().options() == null
                ? Plan.Options.NONE
                : Objects.requireNonNull(plan.what().options());
        List<String> what = new ArrayList<>(plan.what().paths());
        options.optionalPaths().forEach(path -> what.add(path + " (if there)"));
        if (!options.streamScript().isEmpty()) {
            what.add("what script " + options.streamScript() + " prints, as " + options.streamName());
        }
        StringBuilder text = new StringBuilder("backs up ").append(String.join(", ", what));
        if (!plan.what().excludes().isEmpty()) {
            text.append(" without ").append(String.join(", ", plan.what().excludes()));
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
        return text.append(plan.how().idle() ? ", yielding to all else" : "").toString();
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists plans and their nodes.")
    static final class ListAll extends ControlCommand.Printing<List<PlanCommand.ListAll.Listed>> {
        /** A plan, and the nodes that it is bound to. */
        record Listed(
                String name,
                Plan plan,
                boolean paused,
                @Nullable Instant pausedUntil,
                List<String> nodes) {}

        @Override
        List<Listed> find(ControlDb control) throws IOException {
            List<Listed> rows = new ArrayList<>();
            for (PlanTable.Row each : control.plans().all()) {
                rows.add(new Listed(
                        each.name(),
                        Plan.parse(each.settings()),
                        each.paused(),
                        each.pausedUntil(),
                        control.plans().nodes(each.name())));
            }
            return rows;
        }

        private static String pause(Listed row) {
            return row.pausedUntil == null ? "paused" : "paused until " + Output.time(row.pausedUntil);
        }

        @Override
        void print(PrintWriter out, List<Listed> found) {
            for (Listed row : found) {
                out.println(row.name + (row.paused ? " (" + pause(row) + "): " : ": ") + describe(row.plan)
                        + "; nodes: " + (row.nodes.isEmpty() ? "none" : String.join(", ", row.nodes)));
            }
        }
    }

    @Command(name = "bind", mixinStandardHelpOptions = true, description = "Makes a plan count for nodes, from now on.")
    static final class Bind extends OnPlan {
        @Parameters(index = "1..*", arity = "1..*", paramLabel = "NODE", description = "Nodes' names.")
        private List<String> nodes = List.of();

        @Override
        int run(DataDirectory directory, ControlDb control) throws IOException {
            String plan = plan(control, name).name();
            List<Node> found = new ArrayList<>();
            for (String each : nodes) {
                found.add(node(control, each));
            }
            for (Node each : found) {
                control.plans().bind(plan, each.id());
                audit(control, "plan bind", plan + " " + each.name(), "allowed");
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "unbind",
            mixinStandardHelpOptions = true,
            description = "Takes a plan from nodes. What is under way goes on.")
    static final class Unbind extends OnPlan {
        @Parameters(index = "1..*", arity = "1..*", paramLabel = "NODE", description = "Nodes' names.")
        private List<String> nodes = List.of();

        @Override
        int run(DataDirectory directory, ControlDb control) throws IOException {
            plan(control, name);
            for (String each : nodes) {
                boolean was = control.plans().unbind(name, node(control, each).id());
                audit(control, "plan unbind", name + " " + each, was ? "allowed" : "was not bound");
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "remove", mixinStandardHelpOptions = true, description = "Removes a plan that no node has.")
    static final class Remove extends OnPlan {
        @Override
        int run(DataDirectory directory, ControlDb control) throws IOException {
            List<String> nodes = control.plans().nodes(plan(control, name).name());
            if (!nodes.isEmpty()) {
                throw new Failure.RefusedException(
                        "plan '" + name + "' is bound to " + String.join(", ", nodes) + "; unbind them first");
            }
            boolean removed = control.plans().remove(name);
            audit(control, "plan remove", name, removed ? "allowed" : "not found");
            return ExitCode.OK;
        }
    }

    @Command(
            name = "pause",
            mixinStandardHelpOptions = true,
            description = {
                "Nothing is ordered by this plan until 'plan resume'. What is under way goes on.",
                "Its snapshots count as overdue meanwhile, unless --until says how long the pause is meant to be."
            })
    static final class Pause extends OnPlan {
        @Option(
                names = "--until",
                paramLabel = "DATE",
                description = "Resume by itself then: a day or a moment in the plan's time zone, as 2026-12-24 or"
                        + " 2026-12-24T08:00. Snapshots are overdue no earlier.")
        private @Nullable String until;

        @Override
        int run(DataDirectory directory, ControlDb control) throws IOException {
            PlanTable.Row row = plan(control, name);
            long end = until == null ? 0 : moment(until, Plan.parse(row.settings()));
            boolean done = control.plans().pause(row.name(), end);
            audit(
                    control,
                    "plan pause",
                    name,
                    done ? "allowed" + (until == null ? "" : ", until " + until) : "not found");
            return ExitCode.OK;
        }

        private static long moment(String text, Plan plan) {
            ZoneId zone = plan.when().zone().isEmpty()
                    ? ZoneId.systemDefault()
                    : ZoneId.of(plan.when().zone());
            try {
                Instant moment = (text.contains("T")
                                ? LocalDateTime.parse(text)
                                : LocalDate.parse(text).atStartOfDay())
                        .atZone(zone)
                        .toInstant();
                if (moment.isAfter(Instant.now())) {
                    return moment.toEpochMilli();
                }
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException(
                        "'" + text + "' is not a date; write for instance 2026-12-24 or 2026-12-24T08:00", e);
            }
            throw new IllegalArgumentException("'" + text + "' is in the past, by time zone " + zone);
        }
    }

    @Command(name = "resume", mixinStandardHelpOptions = true, description = "Follows a paused plan again.")
    static final class Resume extends OnPlan {
        @Override
        int run(DataDirectory directory, ControlDb control) throws IOException {
            boolean done = control.plans().resume(plan(control, name).name());
            audit(control, "plan resume", name, done ? "allowed" : "not found");
            return ExitCode.OK;
        }
    }

    @Command(name = "next", mixinStandardHelpOptions = true, description = "Shows what is due next.")
    static final class Next extends ControlCommand.Printing<List<PlanCommand.Next.Due>> {
        private static final DateTimeFormatter LOCAL =
                DateTimeFormatter.ofPattern("EEE yyyy-MM-dd HH:mm xxx", Locale.ENGLISH);

        @Option(names = "--count", defaultValue = "5", description = "Moments of each plan; default ${DEFAULT-VALUE}.")
        private int count;

        /** @param local in the plan's zone */
        record Due(Instant at, String local, String plan, List<String> nodes) {}

        @Override
        List<Due> find(ControlDb control) throws IOException {
            List<Due> rows = new ArrayList<>();
            for (PlanTable.Row each : control.plans().all()) {
                Schedule schedule = Plan.parse(each.settings()).when().parsed();
                List<String> nodes = control.plans().nodes(each.name());
                Optional<Instant> at = schedule == null || each.paused() || nodes.isEmpty()
                        ? Optional.empty()
                        : schedule.next(Instant.now());
                for (int i = 0; i < count && at.isPresent() && schedule != null; i++) {
                    ZonedDateTime local = at.get().atZone(schedule.zone());
                    rows.add(new Due(at.get(), LOCAL.format(local), each.name(), nodes));
                    at = schedule.next(at.get());
                }
            }
            rows.sort(Comparator.comparing(Due::at));
            return rows;
        }

        @Override
        void print(PrintWriter out, List<Due> found) {
            for (Due row : found) {
                out.printf("%-28s %-20s %s%n", row.local, row.plan, String.join(", ", row.nodes));
            }
        }
    }

    @Command(
            name = "run",
            mixinStandardHelpOptions = true,
            description = "Has nodes back up by a plan now, bound to it or not.")
    static final class Run extends OnPlan {
        @Mixin
        private final OrderOptions orders = new OrderOptions();

        @Parameters(
                index = "1..*",
                arity = "0..*",
                paramLabel = "NODE",
                description = "Nodes' names; default: those that the plan is bound to.")
        private List<String> nodes = List.of();

        @Option(names = "--full-read", description = "Read every file, whatever the previous snapshot says.")
        private boolean fullRead;

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            String plan = plan(control, name).name();
            List<String> wanted = nodes.isEmpty() ? control.plans().nodes(plan) : nodes;
            if (wanted.isEmpty()) {
                throw new IllegalArgumentException("plan '" + plan + "' is bound to no node; name some");
            }
            List<Node> found = new ArrayList<>();
            for (String each : wanted) {
                found.add(node(control, each));
            }
            List<Long> tasks = new ArrayList<>();
            for (Node each : found) {
                tasks.add(Orders.backup(control, each.id(), plan, fullRead, "administrator"));
                audit(control, "plan run", plan + " " + each.name(), "allowed");
            }
            return orders.follow(directory, control, tasks, out(), err());
        }
    }
}
