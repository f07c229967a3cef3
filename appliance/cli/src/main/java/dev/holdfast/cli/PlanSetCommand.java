package dev.holdfast.cli;

import dev.holdfast.control.calendar.Hours;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.protocol.cli.SizeOption;
import dev.holdfast.protocol.cli.SourceOptions;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import java.io.IOException;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "set",
        mixinStandardHelpOptions = true,
        description = {
            "Makes or replaces a plan. A change takes effect at the next run.",
            "Scripts are named only: they lie on the node, in the directory 'scripts' of its state, and must belong to"
                    + " its administrator. The one before must succeed; the one after runs in any case, and finds"
                    + " HOLDFAST_RESULT (done, failed) and HOLDFAST_SNAPSHOT in its environment."
        })
final class PlanSetCommand extends ApiCommand.Acting {
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
            description = "Back up the output of a script instead of paths. If the script fails, no snapshot is made.")
    private String streamScript = "";

    @Option(
            names = "--stream-name",
            defaultValue = "",
            paramLabel = "NAME",
            description = "The file that the script's output becomes; default: the script's name.")
    private String streamName = "";

    @Option(
            names = "--disk",
            paramLabel = "DISK",
            description =
                    "Back up a whole disk instead of paths: a block device or a disk image on the node, by its absolute"
                            + " path; may be repeated.")
    private List<String> disks = List.of();

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
                    "When: minute hour day month weekday, or @hourly, @daily, @weekly, @monthly, or 'every 5 min'. Without"
                            + " it only when asked (plan run).")
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
            description = "Do not run backups that were missed while the appliance was stopped.")
    private boolean makeUp = true;

    @Option(
            names = "--overdue",
            defaultValue = "60",
            paramLabel = "MINUTES",
            description = "Alert when overdue by so many minutes: no snapshot so long after it was due; default"
                    + " ${DEFAULT-VALUE}, 0 for never.")
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

    @Option(
            names = "--upgrade-clients",
            description = "Upgrade the clients of its nodes to the newest package that the appliance offers, within"
                    + " --hours, one node at a time. A version that fails on one node goes to no others. Default: only when"
                    + " asked (node upgrade).")
    private boolean upgradeClients;

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
                streamName.isEmpty() ? streamScript : streamName,
                disks,
                source.snapshots().equals(SourceSnapshots.NONE)
                        ? null
                        : source.snapshots().mode().text(),
                source.snapshotPercent());
        return options.equals(Plan.Options.NONE) ? null : options;
    }

    @Override
    void act(ApiClient api) throws IOException {
        Plan plan = new Plan(
                new Plan.What(
                        paths, source.excludes(), source.oneFileSystem(), before, after, scriptMinutes, options()),
                new Plan.When(schedule, zone, hours.stream().map(Hours::parse).toList(), jitter, makeUp, overdue),
                new Plan.How(threads, readRate, sendRate, idle, priority),
                upgradeClients);
        api.put(ApiClient.path("plans", name), plan);
        out().println(name + ": " + PlanCommand.describe(plan));
    }
}
