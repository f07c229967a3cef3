package dev.holdfast.linux;

import dev.holdfast.agent.cli.Main;
import dev.holdfast.cli.ApplianceMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.asciidoctor.Asciidoctor;
import org.asciidoctor.Attributes;
import org.asciidoctor.Options;
import org.asciidoctor.SafeMode;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/**
 * Writes the sources of the man pages (AsciiDoc), and completions for bash, zsh and fish, into directories as the packages have
 * them.
 */
final class Manual {
    private static final String CLIENT = "holdfast";
    private static final String APPLIANCE = "holdfast-appliance";

    private Manual() {}

    /** @param args the directory for all, and the date of the pages (ISO 8601) */
    public static void main(String[] args) throws IOException {
        Path packages = Path.of(args[0]);
        pages(Main.commands(), packages.resolve("client"), args[1]);
        pages(appliance(), packages.resolve("appliance"), args[1]);
        completions(CLIENT, all(), packages.resolve("client"));
        completions(APPLIANCE, appliance(), packages.resolve("appliance"));
    }

    private static CommandLine appliance() {
        return ApplianceMain.commands().setCommandName(APPLIANCE);
    }

    /** The client's commands, and the appliance's below them. */
    private static CommandLine all() {
        return Main.commands().addSubcommand("appliance", ApplianceMain.commands());
    }

    private static void pages(CommandLine commands, Path root, String date) throws IOException {
        Path sources = Files.createTempDirectory("pages");
        Path pages = Files.createDirectories(root.resolve("usr/share/man/man1"));
        int result = ManPageGenerator.generateManPage(
                sources.toFile(), null, new boolean[0], true, commands.getCommandSpec());
        if (result != 0) {
            throw new IOException("picocli made no man pages: " + result);
        }
        Attributes attributes =
                Attributes.builder().attribute("docdate", date.substring(0, 10)).build();
        try (Asciidoctor asciidoctor = Asciidoctor.Factory.create();
                Stream<Path> made = Files.list(sources)) {
            asciidoctor.registerLogHandler(said -> {
                throw new IllegalStateException(said.getMessage() + " in a man page");
            });
            for (Path source : made.toList()) {
                // What "help" does, each page does.
                if (!source.toString().endsWith("-help.adoc")) {
                    asciidoctor.convertFile(
                            source.toFile(),
                            Options.builder()
                                    .backend("manpage")
                                    .docType("manpage")
                                    .safe(SafeMode.UNSAFE)
                                    .toDir(pages.toFile())
                                    .attributes(attributes)
                                    .build());
                }
                Files.delete(source);
            }
        }
        Files.delete(sources);
    }

    private static void completions(String name, CommandLine commands, Path root) throws IOException {
        write(root.resolve("usr/share/bash-completion/completions/" + name), AutoComplete.bash(name, commands));
        write(
                root.resolve("usr/share/zsh/vendor-completions/_" + name),
                String.join(
                        "\n",
                        List.of(
                                "#compdef " + name,
                                "autoload -U +X bashcompinit && bashcompinit",
                                "source /usr/share/bash-completion/completions/" + name,
                                "")));
        write(
                root.resolve("usr/share/fish/vendor_completions.d/" + name + ".fish"),
                new FishCompletion(name).of(commands));
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
