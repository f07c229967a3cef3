package dev.holdfast.protocol.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Runs commands in this process and notes with which exit codes they end. Takes over {@link System#err} until it is closed.
 * Used by one thread.
 */
public final class ExitCases implements AutoCloseable {
    private final Program program;
    private final Set<String> commands;
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();
    private final PrintStream standardError = System.err;
    private final Map<String, Set<Integer>> seen = new TreeMap<>();
    private final List<String> deviations = new ArrayList<>();

    /** The entry point of a program. */
    public interface Program {
        int run(StandardOutput out, String... words);
    }

    /** @param commands the names of all commands, such as {@code snapshot list} */
    public ExitCases(Program program, Set<String> commands) {
        this.program = program;
        this.commands = commands;
        System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
    }

    /** Runs a command; returns its exit code. */
    public int run(List<String> words) {
        printed.reset();
        errors.reset();
        return program.run(new StandardOutput(printed), words.toArray(String[]::new));
    }

    /** What the last command printed. */
    public String printed() {
        return printed.toString(StandardCharsets.UTF_8);
    }

    /** The command that the words begin with, by the longest name. */
    public String command(List<String> words) {
        return commands.stream()
                .filter(each -> (String.join(" ", words) + " ").startsWith(each + " "))
                .max(Comparator.comparingInt(String::length))
                .orElseThrow();
    }

    /** Runs a command and notes its name with the code, and what was different. */
    public void check(int code, List<String> words) {
        try {
            mustEnd(code, words);
        } catch (AssertionError e) {
            deviations.add(String.valueOf(e.getMessage()));
        }
        note(command(words), code);
    }

    private void note(String command, int code) {
        seen.computeIfAbsent(command, name -> new TreeSet<>()).add(code);
    }

    /** The codes that were noted for a command. */
    public Set<Integer> seen(String command) {
        return seen.getOrDefault(command, Set.of());
    }

    private void mustEnd(int code, List<String> words) {
        int ended = run(words);
        String said = errors.toString(StandardCharsets.UTF_8);
        assertThat(ended).as("%s%n%s%n%s", words, printed, said).isEqualTo(code);
        boolean tells = Set.of(ExitCode.OK, ExitCode.WARNINGS, ExitCode.DAMAGED).contains(code);
        if (!tells) {
            List<String> lines =
                    said.lines().filter(each -> !each.startsWith("warning: ")).toList();
            assertThat(said).as("%s", words).doesNotContain("Exception");
            assertThat(lines).as("%s", words).hasSizeBetween(1, 2);
            assertThat(lines.getFirst()).as("%s", words).startsWith("holdfast: ");
        }
    }

    /** @param elsewhere commands, each with a code, that other tests check */
    public void note(Set<String> elsewhere) {
        for (String each : elsewhere) {
            int at = each.lastIndexOf(' ');
            note(each.substring(0, at), Integer.parseInt(each.substring(at + 1)));
        }
    }

    /** Fails unless every command ended as it should, and each code of the table was noted, and no other one. */
    public void requireAll(Map<String, Set<Integer>> table) {
        assertThat(seen.keySet()).isEqualTo(commands);
        assertThat(deviations).isEmpty();
        assertThat(seen).isEqualTo(table);
    }

    @Override
    public void close() {
        System.setErr(standardError);
    }
}
