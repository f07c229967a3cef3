package dev.holdfast.protocol.cli;

import dev.holdfast.protocol.config.Configuration;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** What {@code config check} of client and appliance have in common. */
public final class ConfigReport {
    private final Configuration configuration;
    private final List<Configuration.Key> keys;

    private ConfigReport(Configuration configuration, List<Configuration.Key> keys) {
        this.configuration = configuration;
        this.keys = keys;
    }

    /**
     * Checks file and environment.
     *
     * @param commands all commands; the words are parsed, and nothing is run
     * @param service the command that they configure
     * @param more keys that configure other commands
     * @throws IllegalArgumentException if something is wrong; the message names it
     */
    public static ConfigReport of(
            Configuration configuration, CommandLine commands, String service, List<Configuration.Key> more) {
        CommandSpec spec =
                Objects.requireNonNull(commands.getSubcommands().get(service)).getCommandSpec();
        List<Configuration.Key> keys = new ArrayList<>(ConfiguredOptions.of(spec));
        keys.addAll(more);
        String[] words = ConfiguredOptions.with(configuration, spec, more, service);
        more.forEach(configuration::of);
        try {
            commands.parseArgs(words);
        } catch (CommandLine.ParameterException e) {
            throw new IllegalArgumentException(configuration.file() + " or the environment: " + e.getMessage(), e);
        }
        return new ConfigReport(configuration, keys);
    }

    /** What is set, by key; secrets are in files, which are only named. */
    public Map<String, Object> json() {
        Map<String, Object> set = new LinkedHashMap<>();
        keys.forEach(key -> configuration
                .of(key)
                .ifPresent(setting -> set.put(
                        key.key(),
                        Map.of(
                                "source", setting.source().name().toLowerCase(Locale.ROOT),
                                "values", setting.values()))));
        return Map.of(
                "file", configuration.file().toString(), "exists", Files.exists(configuration.file()), "settings", set);
    }

    /** The same for people. */
    public void print(PrintWriter out) {
        out.println(configuration.file() + (Files.exists(configuration.file()) ? ": correct" : ": not there"));
        for (Configuration.Key key : keys) {
            String from = configuration
                    .of(key)
                    .map(setting -> String.join(", ", setting.values())
                            + (setting.source() == Configuration.Source.FILE
                                    ? ""
                                    : "   (" + Configuration.variable(key.key()) + ")"))
                    .orElse("(default)");
            out.printf(Locale.ROOT, "  %-20s %s%n", key.key(), from);
        }
    }
}
