package dev.holdfast.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.cli.Main;
import dev.holdfast.cli.ApplianceMain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** Commands that messages tell people to run. */
final class PrintedCommands {
    /** From the product's name to where a sentence goes on: words, as the shell reads them. */
    private static final Pattern COMMAND = Pattern.compile(
            "(?<![\\w.-])(?:/\\S*/)?holdfast(?: (?:\\$'(?:[^'\\\\]|\\\\.)*'|'[^']*'|[A-Za-z0-9_@%+=:,./-]|\\\\')+)+");

    private PrintedCommands() {}

    /** In the order in which they stand there. */
    static List<String> in(String text) {
        List<String> found = new ArrayList<>();
        // The name that messages begin with is no command.
        Matcher matcher = COMMAND.matcher(text);
        while (matcher.find()) {
            found.add(matcher.group().replaceAll("[.,:;]+$", ""));
        }
        return found;
    }

    /** Has bash split it into words, and picocli's parsers read them. */
    static void mustParse(String command) throws IOException, InterruptedException {
        Process bash = new ProcessBuilder("bash", "-c", "printf '%s\\0' " + command).start();
        String printed = new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(bash.waitFor()).as(command).isZero();
        List<String> words = new ArrayList<>(List.of(printed.split("\0")));
        words.removeFirst();
        boolean appliance = words.getFirst().equals("appliance");
        if (appliance) {
            words.removeFirst();
        }
        CommandLine parser = appliance ? ApplianceMain.commands() : Main.commands();
        CommandLine.ParseResult parsed = parser.parseArgs(words.toArray(String[]::new));
        assertThat(parsed.hasSubcommand()).as(command).isTrue();
    }
}
