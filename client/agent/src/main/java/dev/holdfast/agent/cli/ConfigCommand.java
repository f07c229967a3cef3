package dev.holdfast.agent.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.cli.ConfigCheck;
import dev.holdfast.protocol.cli.ConfigReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;

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
    @Command(name = "check")
    static final class Check extends ConfigCheck {
        @Override
        protected ConfigReport check(Object root) {
            return ConfigReport.of(((Main) root).configuration(), Main.commands(), "service", List.of(Main.STATE));
        }

        @Override
        protected void printJson(PrintWriter out, Map<String, Object> report) throws IOException {
            out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(report));
        }
    }
}
