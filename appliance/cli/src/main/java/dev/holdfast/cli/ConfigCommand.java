package dev.holdfast.cli;

import dev.holdfast.protocol.cli.ConfigReport;
import dev.holdfast.protocol.cli.ExitCode;
import java.io.PrintWriter;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

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
    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = "Checks the configuration and prints what it sets.")
    static final class Check implements Callable<Integer> {
        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            CommandLine commands = ApplianceMain.commands();
            ConfigReport report = ConfigReport.of(ApplianceMain.configuration(), commands, "run", List.of());
            CommandLine run = Objects.requireNonNull(commands.getSubcommands().get("run"));
            ((RunCommand) run.getCommand()).check();
            if (json) {
                Output.json(out, report.json());
            } else {
                report.print(out);
            }
            return ExitCode.OK;
        }
    }
}
