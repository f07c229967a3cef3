package dev.holdfast.agent.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.cli.BundleOptions;
import dev.holdfast.protocol.cli.ConfigReport;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.support.Bundle;
import dev.holdfast.protocol.support.Masking;
import dev.holdfast.protocol.support.SystemFacts;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
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
        description = "Facts for support about this client.",
        subcommands = {SupportCommand.Make.class, CommandLine.HelpCommand.class})
final class SupportCommand {
    @Command(
            name = "bundle",
            mixinStandardHelpOptions = true,
            description = {
                "Writes a ZIP file for support: versions, configuration, certificates, the journal of the service, and facts"
                        + " of this machine. Connects to nothing, and works on a machine that is not enrolled.",
                "Secrets are left out, and so is each line from where it begins to name a file. Look at it before you send it: it"
                        + " is plain text."
            })
    static final class Make implements Callable<Integer> {
        @Option(
                names = "--output",
                paramLabel = "FILE",
                defaultValue = "holdfast-client-support.zip",
                description =
                        "The file, which must not exist yet. Only its owner can read it. Default: ${DEFAULT-VALUE}.")
        private Path output = Path.of("");

        @Mixin
        private final BundleOptions options = new BundleOptions();

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            CommandSpec command = Objects.requireNonNull(spec);
            PrintWriter out = command.commandLine().getOut();
            Main main = (Main) command.root().userObject();
            Path state = main.state();
            Bundle bundle = bundle(main, state, options.days());
            bundle.finish(
                    options,
                    output,
                    out,
                    value -> out.println(
                            new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(value)),
                    written -> {});
            return ExitCode.OK;
        }

        private Bundle bundle(Main main, Path state, int days) {
            Masking masking =
                    new Masking(options.fileNames(), List.of("/etc/holdfast", "/usr/lib/holdfast", state.toString()));
            return new Bundle(masking)
                    .add(
                            "system.txt",
                            "release, operating system, Java, processors, memory, room",
                            () -> SystemFacts.text(List.of(state)))
                    .add("configuration.txt", "what the configuration file and the environment set", () -> {
                        StringWriter text = new StringWriter();
                        ConfigReport.of(main.configuration(), Main.commands(), "service", List.of(Main.STATE))
                                .print(new PrintWriter(text, true));
                        return text.toString();
                    })
                    .add("state.txt", "names, sizes and times of the files in the state directory", () -> files(state))
                    .add("certificates.txt", "whose the certificates are, and when they end", () -> certificates(state))
                    .addLog(
                            "journal.txt",
                            "the journal of the service",
                            () -> SystemFacts.journal("holdfast-client.service", days));
        }

        private static String files(Path state) throws IOException {
            TreeMap<String, String> lines = new TreeMap<>();
            try (DirectoryStream<Path> files = Files.newDirectoryStream(state)) {
                for (Path each : files) {
                    lines.put(each.getFileName().toString(), Files.size(each) + " " + Files.getLastModifiedTime(each));
                }
            }
            StringBuilder text = new StringBuilder();
            lines.forEach(
                    (name, facts) -> text.append(facts).append(' ').append(name).append('\n'));
            return text.toString();
        }

        private static String certificates(Path state) throws IOException, CertificateException {
            StringBuilder text = new StringBuilder();
            for (String name : List.of("node.crt", "ca.crt")) {
                Path file = state.resolve(name);
                if (!Files.exists(file)) {
                    text.append(name).append(": not there\n");
                    continue;
                }
                try (InputStream in = Files.newInputStream(file)) {
                    X509Certificate certificate = (X509Certificate)
                            CertificateFactory.getInstance("X.509").generateCertificate(in);
                    text.append(name)
                            .append(": ")
                            .append(certificate.getSubjectX500Principal())
                            .append(", from ")
                            .append(certificate.getNotBefore().toInstant())
                            .append(" to ")
                            .append(certificate.getNotAfter().toInstant())
                            .append('\n');
                }
            }
            return text.toString();
        }
    }
}
