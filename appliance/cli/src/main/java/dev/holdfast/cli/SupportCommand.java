package dev.holdfast.cli;

import dev.holdfast.protocol.cli.BundleOptions;
import dev.holdfast.protocol.cli.ConfigReport;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.support.Bundle;
import dev.holdfast.server.support.SupportFacts;
import dev.holdfast.server.support.SupportFiles;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "support",
        mixinStandardHelpOptions = true,
        description = "Facts for support about this appliance.",
        subcommands = {SupportCommand.Make.class, CommandLine.HelpCommand.class})
final class SupportCommand {
    @Command(
            name = "bundle",
            mixinStandardHelpOptions = true,
            description = {
                "Writes a ZIP file for support: versions, configuration, state, events, tasks, logs, and facts of this"
                        + " machine. Works with and without a running appliance, and if the data is damaged.",
                "Secrets are left out, and so is each line from where it begins to name a file. The names of nodes and users are"
                        + " in it. Look at it before you send it: it is plain text."
            })
    static final class Make implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Option(
                names = "--output",
                paramLabel = "FILE",
                defaultValue = "holdfast-appliance-support.zip",
                description =
                        "The file, which must not exist yet. Only its owner can read it. Default: ${DEFAULT-VALUE}.")
        private Path output = Path.of("");

        @Mixin
        private final BundleOptions options = new BundleOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            CommandSpec command = Objects.requireNonNull(spec);
            PrintWriter out = command.commandLine().getOut();
            int days = options.days();
            Path root = data.path();
            if (!Files.isDirectory(root)) {
                throw new NoSuchFileException(root.toString());
            }
            try (SupportApi api = new SupportApi(root)) {
                SupportFacts facts = new SupportFacts(root, options.fileNames(), api);
                Bundle bundle = facts.bundle()
                        .add(
                                "configuration.txt",
                                "what the configuration file and the environment set",
                                () -> facts.text(ConfigReport.of(
                                                ((ApplianceMain) command.root().userObject()).configuration(),
                                                ApplianceMain.commands(),
                                                "run",
                                                List.of())
                                        .json()));
                facts.addTo(bundle, days);
                bundle.finish(
                        options,
                        output,
                        out,
                        value -> Output.json(out, value),
                        // Written where that is possible: a bundle is made of damaged appliances, too.
                        written -> SupportFiles.audit(root, written.file()));
                return ExitCode.OK;
            }
        }
    }
}
