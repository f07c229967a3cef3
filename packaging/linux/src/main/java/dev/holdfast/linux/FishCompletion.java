package dev.holdfast.linux;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Completions for fish, which picocli does not make: subcommands, options and their fixed values, by the words before the
 * cursor. Used by one thread.
 */
final class FishCompletion {
    private final String name;
    private final StringBuilder text = new StringBuilder();

    FishCompletion(String name) {
        this.name = name;
    }

    String of(CommandLine commands) {
        add(commands, List.of());
        return text.toString();
    }

    private void add(CommandLine command, List<String> path) {
        String condition = condition(command, path);
        for (Map.Entry<String, CommandLine> each : command.getSubcommands().entrySet()) {
            line(
                    condition,
                    "-f -a " + quoted(each.getKey()),
                    description(each.getValue().getCommandSpec()));
        }
        for (OptionSpec option : command.getCommandSpec().options()) {
            if (!option.hidden()) {
                line(condition, words(option), first(option.description()));
            }
        }
        command.getSubcommands().forEach((word, sub) -> {
            List<String> below = new ArrayList<>(path);
            below.add(word);
            add(sub, below);
        });
    }

    /** All words of the path were typed, and none of the words that may follow. */
    private static String condition(CommandLine command, List<String> path) {
        List<String> tests = new ArrayList<>();
        path.forEach(word -> tests.add("__fish_seen_subcommand_from " + word));
        if (!command.getSubcommands().isEmpty()) {
            tests.add("not __fish_seen_subcommand_from "
                    + String.join(" ", command.getSubcommands().keySet()));
        }
        return String.join("; and ", tests);
    }

    private static String words(OptionSpec option) {
        List<String> words = new ArrayList<>();
        for (String each : option.names()) {
            words.add(each.startsWith("--") ? "-l " + each.substring(2) : "-s " + each.substring(1));
        }
        if (option.arity().max() > 0) {
            words.add(takesFile(option) ? "-r -F" : "-x");
            List<String> values = new ArrayList<>();
            if (option.completionCandidates() != null) {
                option.completionCandidates().forEach(values::add);
            }
            if (!values.isEmpty()) {
                words.add("-a " + quoted(String.join(" ", values)));
            }
        }
        return String.join(" ", words);
    }

    private static boolean takesFile(OptionSpec option) {
        Class<?> type = option.isMultiValue() ? option.auxiliaryTypes()[0] : option.type();
        return Path.class.isAssignableFrom(type);
    }

    private void line(String condition, String what, String description) {
        text.append("complete -c ").append(name);
        if (!condition.isEmpty()) {
            text.append(" -n ").append(quoted(condition));
        }
        text.append(' ').append(what);
        if (!description.isEmpty()) {
            text.append(" -d ").append(quoted(description));
        }
        text.append('\n');
    }

    private static String description(CommandSpec command) {
        return first(command.usageMessage().description());
    }

    /** The first sentence. */
    private static String first(String... lines) {
        String line = lines.length == 0 ? "" : lines[0].replace("%n", " ").replace("%%", "%");
        int end = line.indexOf(". ");
        return end < 0 ? line : line.substring(0, end + 1);
    }

    private static String quoted(String word) {
        return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
