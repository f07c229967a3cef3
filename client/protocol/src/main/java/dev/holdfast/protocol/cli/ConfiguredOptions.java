package dev.holdfast.protocol.cli;

import dev.holdfast.protocol.config.Configuration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Options of a command that may be set in a configuration file or by environment variables. */
public final class ConfiguredOptions {
    private ConfiguredOptions() {}

    /** All options of a command but {@code --help} and {@code --version}. */
    public static List<Configuration.Key> of(CommandSpec command) {
        return command.options().stream()
                .filter(option -> !option.usageHelp() && !option.versionHelp() && !option.inherited())
                .map(ConfiguredOptions::key)
                .toList();
    }

    private static Configuration.Key key(OptionSpec option) {
        return new Configuration.Key(
                option.longestName().substring(2), option.arity().max() == 0, option.isMultiValue());
    }

    /**
     * A command line with what is configured.
     *
     * @param command whose name is among the words
     * @param more keys that configure other commands
     * @throws IllegalArgumentException if the file has further keys, or a value that cannot be
     */
    public static String[] with(
            Configuration configuration, CommandSpec command, List<Configuration.Key> more, String... args) {
        List<Configuration.Key> options = of(command);
        List<Configuration.Key> known = new ArrayList<>(options);
        known.addAll(more);
        configuration.requireKnown(known);
        List<String> words = new ArrayList<>(Arrays.asList(args));
        words.addAll(words.indexOf(command.name()) + 1, configuration.words(options, words));
        return words.toArray(String[]::new);
    }
}
