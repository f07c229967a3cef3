package dev.holdfast.cli;

import dev.holdfast.protocol.cli.ConfigCheck;
import dev.holdfast.protocol.cli.ConfigReport;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;

@Command(
        name = "config",
        mixinStandardHelpOptions = true,
        description = {
            "Looks at the configuration of 'holdfast appliance run'.",
            "",
            "Each option of 'run' may be a key of /etc/holdfast/appliance.toml (or of the file that HOLDFAST_CONFIG names), or"
                    + " an environment variable: --log-level is log-level = \"DEBUG\" or HOLDFAST_LOG_LEVEL=DEBUG. Options"
                    + " typed precede variables, and variables the file. 'data' is the default of --data for all commands."
        },
        subcommands = {ConfigCommand.Check.class, CommandLine.HelpCommand.class})
final class ConfigCommand {
    @Command(name = "check")
    static final class Check extends ConfigCheck {
        @Override
        protected ConfigReport check(Object root) {
            CommandLine commands = ApplianceMain.commands();
            ConfigReport report = ConfigReport.of(((ApplianceMain) root).configuration(), commands, "run", List.of());
            CommandLine run = Objects.requireNonNull(commands.getSubcommands().get("run"));
            ((RunCommand) run.getCommand()).check();
            return report;
        }

        @Override
        protected void printJson(PrintWriter out, Map<String, Object> report) {
            Output.json(out, report);
        }
    }
}
