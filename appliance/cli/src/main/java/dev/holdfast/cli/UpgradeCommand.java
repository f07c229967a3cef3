package dev.holdfast.cli;

import dev.holdfast.control.upgrade.Copy;
import dev.holdfast.control.upgrade.Format;
import dev.holdfast.control.upgrade.FormatCheck;
import dev.holdfast.control.upgrade.RollBack;
import dev.holdfast.control.upgrade.WrittenBy;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import java.io.PrintWriter;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "upgrade",
        mixinStandardHelpOptions = true,
        description = {
            "Looks at a data directory before this release opens it, and prepares one for an older release.",
            "An upgrade is the start of a newer release: it copies the control database, then upgrades it."
        },
        subcommands = {UpgradeCommand.Check.class, UpgradeCommand.Back.class, CommandLine.HelpCommand.class})
final class UpgradeCommand {
    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = {
                "Shows the formats of everything in the data directory: what this release reads, and what it upgrades at its next"
                        + " start. Changes nothing; works beside a running appliance, of any release.",
                "Exit code 5 if a newer release wrote something, 7 if something is damaged, 1 if something is missing."
            })
    static final class Check extends LocalCommand<FormatCheck.Report> {
        @Mixin
        private final DataOption data = new DataOption();

        @Override
        FormatCheck.Report find() throws Exception {
            return FormatCheck.look(data.path());
        }

        @Override
        int code(FormatCheck.Report report) throws Exception {
            List<Format> newer = report.all(Format.State.TOO_NEW);
            if (!newer.isEmpty()) {
                err().println("holdfast: " + FormatCheck.refusal(data.path(), report, newer));
                return ExitCode.REFUSED;
            }
            if (!report.all(Format.State.DAMAGED).isEmpty()) {
                return ExitCode.DAMAGED;
            }
            return report.all(Format.State.MISSING).isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
        }

        @Override
        void print(PrintWriter out, FormatCheck.Report report) {
            for (Format each : report.formats()) {
                out.printf(
                        "%-9s %-34s %-12s %s%n",
                        each.state().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        each.what(),
                        each.found(),
                        each.detail());
            }
            for (WrittenBy.Run each : report.releases()) {
                out.println("run by    release " + each.release() + " since " + each.since() + ", schema "
                        + each.control());
            }
            for (Copy each : report.copies()) {
                out.println(
                        "copy      " + each.name() + ", schema " + each.schema() + ", made " + Output.time(each.at()));
            }
        }
    }

    @Command(
            name = "roll-back",
            mixinStandardHelpOptions = true,
            description = {
                "Prepares the data directory for the release before the last upgrade. Run it with the newer release while no"
                        + " appliance runs, then install the older one and start it.",
                "Snapshots stay. Nodes, their certificates, tokens, holds, locks, retention pauses and suspensions stay as they"
                        + " are now; the rest of the control database is as it was before the upgrade, and the output names what differs. The newer database is"
                        + " kept aside."
            })
    static final class Back extends LocalCommand<RollBack.Result> {
        @Mixin
        private final DataOption data = new DataOption();

        @Option(
                names = "--copy",
                paramLabel = "NAME",
                description = "The copy to go back to, as 'upgrade check' lists it; default: the newest.")
        private @Nullable String copy;

        @Option(names = "--dry-run", description = "Only show what the older release would not know.")
        private boolean dryRun;

        @Override
        RollBack.Result find() throws Exception {
            return new RollBack(data.open(), InstantSource.system()).run(Actor.ADMINISTRATOR, copy, dryRun);
        }

        @Override
        void print(PrintWriter out, RollBack.Result result) throws Exception {
            out.println((dryRun ? "Would go back to " : "Goes back to ")
                    + result.copy().name() + " of " + Output.time(result.copy().at()) + ", schema "
                    + result.copy().schema());
            out.println("Nodes, certificates, tokens, holds and locks stay as they are now (" + result.carried()
                    + " differ from the copy). Snapshots stay.");
            for (RollBack.Left each : result.left()) {
                out.println("As before the upgrade: " + each.what() + ": " + String.join(", ", each.names()));
            }
            out.println("Not known to the older release: " + result.auditEntries() + " audit entries, " + result.tasks()
                    + " tasks");
            if (!dryRun) {
                out.println("The newer database is kept: " + result.aside());
                out.println("Now install the older release and start it. To stay with this release instead: "
                        + TypedCommand.appliance(data.path(), "run")
                        + " upgrades the copy again; to undo, move the kept file back to control.db first");
            }
        }
    }
}
