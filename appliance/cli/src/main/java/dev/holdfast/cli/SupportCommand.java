package dev.holdfast.cli;

import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.cli.ConfigReport;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.support.Bundle;
import dev.holdfast.protocol.support.Masking;
import dev.holdfast.protocol.support.SystemFacts;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
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
        description = "What somebody who helps needs to know of this appliance.",
        subcommands = {SupportCommand.Make.class, CommandLine.HelpCommand.class})
final class SupportCommand {
    @Command(
            name = "bundle",
            mixinStandardHelpOptions = true,
            description = {
                "Writes a ZIP file for whoever helps: versions, configuration, state, events, tasks, logs, and facts of this"
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

        @Option(
                names = "--days",
                paramLabel = "N",
                defaultValue = "3",
                description = "Of the logs and the journal, the last days, 1 to 90. Default: ${DEFAULT-VALUE}.")
        private int days;

        @Option(names = "--with-file-names", description = "Leave in what names files, such as the paths of plans.")
        private boolean fileNames;

        @Option(names = "--dry-run", description = "Only list what would be in it.")
        private boolean dryRun;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            CommandSpec command = Objects.requireNonNull(spec);
            PrintWriter out = command.commandLine().getOut();
            if (days < 1 || days > 90) {
                throw new IllegalArgumentException("--days is from 1 to 90");
            }
            Path root = data.path();
            if (!Files.isDirectory(root)) {
                throw new NoSuchFileException(root.toString());
            }
            try (SupportFacts facts = new SupportFacts(root, fileNames)) {
                List<String> places = new ArrayList<>(List.of("/etc/holdfast", "/run/holdfast", "/usr/lib/holdfast"));
                facts.places().forEach(each -> places.add(each.toString()));
                Bundle bundle = new Bundle(new Masking(fileNames, places));
                bundle.add(
                        "system.txt",
                        "release, operating system, Java, processors, memory, room on the volumes",
                        () -> SystemFacts.text(facts.places()));
                bundle.add(
                        "configuration.txt",
                        "what the configuration file and the environment set",
                        () -> facts.text(ConfigReport.of(
                                        ((ApplianceMain) command.root().userObject()).configuration(),
                                        ApplianceMain.commands(),
                                        "run",
                                        List.of())
                                .json()));
                facts.addTo(bundle, days);
                if (dryRun) {
                    print(out, bundle.list());
                    return ExitCode.OK;
                }
                Bundle.Written written = bundle.write(output);
                facts.audit(written.file());
                if (json) {
                    Output.json(out, written);
                } else {
                    print(out, written.parts());
                    out.println(written.file() + ": " + ByteText.of(written.bytes()));
                }
                return ExitCode.OK;
            }
        }

        private void print(PrintWriter out, List<Bundle.Listed> parts) {
            if (json) {
                Output.json(out, parts);
                return;
            }
            for (Bundle.Listed each : parts) {
                out.printf("%-24s %s%s%n", each.name(), each.what(), each.note().isEmpty() ? "" : "; " + each.note());
            }
        }
    }
}
