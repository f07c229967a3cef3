package dev.holdfast.agent.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.cli.ConfigReport;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.config.Configuration;
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
            "Looks at the configuration of 'holdfast service'.",
            "",
            "Each option of 'service', and 'state', may be a key of /etc/holdfast/client.toml (or of the file that"
                    + " HOLDFAST_CONFIG names), or an environment variable: --restore-below is restore-below ="
                    + " [\"/srv/back\"] or HOLDFAST_RESTORE_BELOW=/srv/back. Options typed precede variables, and variables the"
                    + " file."
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
            ConfigReport report = ConfigReport.of(
                    Configuration.ofProcess(Main.CONFIGURATION), Main.commands(), "service", List.of(Main.STATE));
            if (json) {
                out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report.json()));
            } else {
                report.print(out);
            }
            return ExitCode.OK;
        }
    }
}
