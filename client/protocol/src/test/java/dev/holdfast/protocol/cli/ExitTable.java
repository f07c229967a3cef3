package dev.holdfast.protocol.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** The tables of docs/command-line.md: which command ends with which exit codes. */
public final class ExitTable {
    private static final Pattern NAME = Pattern.compile("`([a-z -]+)`");

    private ExitTable() {}

    /**
     * Reads a table.
     *
     * @param whose {@code client} or {@code appliance}
     * @return by the command's name, such as {@code snapshot list}
     */
    public static Map<String, Set<Integer>> of(Path root, String whose) throws IOException {
        List<String> lines = Files.readAllLines(root.resolve("docs/command-line.md"));
        Map<String, Set<Integer>> table = new TreeMap<>();
        int at = 0;
        while (!lines.get(at).startsWith("| command of the " + whose)) {
            at++;
        }
        String[] columns = cells(lines.get(at));
        for (at += 2; lines.get(at).startsWith("|"); at++) {
            String[] cells = cells(lines.get(at));
            Set<Integer> codes = new TreeSet<>(Set.of(ExitCode.OK, ExitCode.USAGE, ExitCode.FAILED));
            for (int i = 1; i < columns.length; i++) {
                if (!cells[i].equals("-")) {
                    codes.add(Integer.parseInt(columns[i]));
                }
            }
            Matcher names = NAME.matcher(cells[0]);
            while (names.find()) {
                table.put(names.group(1), codes);
            }
        }
        return table;
    }

    private static String[] cells(String line) {
        return Arrays.stream(line.substring(1).split("\\|", -1))
                .map(String::strip)
                .filter(cell -> !cell.isEmpty())
                .toArray(String[]::new);
    }

    /** Every command that does something, by its name, as picocli knows it. */
    public static Map<String, CommandLine> commands(CommandLine line) {
        Map<String, CommandLine> found = new TreeMap<>();
        collect(line, "", found);
        return found;
    }

    private static void collect(CommandLine line, String name, Map<String, CommandLine> found) {
        boolean group = line.getSubcommands().keySet().stream().anyMatch(word -> !word.equals("help"));
        // One command, 'recover', does something by itself and has commands below it.
        if (!group || line.getCommandSpec().userObject() instanceof Callable) {
            found.put(name, line);
        }
        line.getSubcommands().forEach((word, each) -> {
            if (name.isEmpty() || !word.equals("help")) {
                collect(each, name.isEmpty() ? word : name + " " + word, found);
            }
        });
    }
}
