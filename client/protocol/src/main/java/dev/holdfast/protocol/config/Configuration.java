package dev.holdfast.protocol.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What is configured beside the command line. An option {@code --log-level} is set by the environment variable {@code
 * HOLDFAST_LOG_LEVEL}, else by the key {@code log-level} of the configuration file. The command line precedes both.
 * Immutable.
 */
public final class Configuration {
    /** Names another file. */
    public static final String FILE_VARIABLE = "HOLDFAST_CONFIG";

    private static final String PREFIX = "HOLDFAST_";

    /** Sets nothing. */
    public static final Configuration NONE = new Configuration(new ConfigFile(Path.of(""), Map.of()), Map.of());

    private final ConfigFile file;
    private final Map<String, String> environment;

    /** Where a value comes from. */
    public enum Source {
        ENVIRONMENT,
        FILE
    }

    /**
     * A value that is set.
     *
     * @param values one, or several of an option that may be repeated
     */
    public record Setting(Source source, List<String> values) {
        public Setting {
            values = List.copyOf(values);
        }
    }

    /**
     * An option that may be configured.
     *
     * @param key without dashes at the beginning
     * @param flag whether it has no value on the command line
     * @param repeatable whether it may have several values; in a variable, commas are between them
     */
    public record Key(String key, boolean flag, boolean repeatable) {}

    public Configuration(ConfigFile file, Map<String, String> environment) {
        this.file = file;
        this.environment = Map.copyOf(environment);
    }

    /**
     * This process's configuration.
     *
     * @param usual the file, where {@value #FILE_VARIABLE} names no other
     * @throws IllegalArgumentException if the file is not valid
     * @throws IOException if it cannot be read
     */
    public static Configuration ofProcess(Path usual) throws IOException {
        Map<String, String> environment = System.getenv();
        String named = environment.getOrDefault(FILE_VARIABLE, "");
        return new Configuration(ConfigFile.read(named.isEmpty() ? usual : Path.of(named)), environment);
    }

    public Path file() {
        return file.file();
    }

    /** The variable that sets an option. */
    public static String variable(String key) {
        return PREFIX + key.replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /** What is set for an option; empty variables set nothing. */
    public Optional<Setting> of(Key key) {
        String variable = environment.getOrDefault(variable(key.key()), "");
        if (!variable.isEmpty()) {
            return Optional.of(new Setting(
                    Source.ENVIRONMENT, key.repeatable() ? List.of(variable.split(",", -1)) : List.of(variable)));
        }
        return Optional.ofNullable(file.values().get(key.key())).map(values -> {
            if (values.size() != 1 && !key.repeatable()) {
                throw wrong(key.key(), "has " + values.size() + " values, and takes one");
            }
            return new Setting(Source.FILE, values);
        });
    }

    /** @throws IllegalArgumentException if the file has a key that nothing reads */
    public void requireKnown(Collection<Key> keys) {
        Set<String> names = keys.stream().map(Key::key).collect(Collectors.toCollection(TreeSet::new));
        for (String key : file.values().keySet()) {
            if (!names.contains(key)) {
                throw wrong(key, "is not known; known are " + String.join(", ", names));
            }
        }
    }

    /** The options as words of a command line, without those that its words have already. */
    public List<String> words(Collection<Key> keys, List<String> given) {
        List<String> words = new ArrayList<>();
        for (Key key : keys) {
            String option = "--" + key.key();
            if (given.stream().anyMatch(word -> word.equals(option) || word.startsWith(option + "="))) {
                continue;
            }
            for (String value : of(key).map(Setting::values).orElse(List.of())) {
                if (!key.flag()) {
                    words.add(option + "=" + value);
                } else if (value.equals("true")) {
                    words.add(option);
                } else if (!value.equals("false")) {
                    throw wrong(key.key(), "is '" + value + "'; write true or false");
                }
            }
        }
        return words;
    }

    private IllegalArgumentException wrong(String key, String what) {
        boolean byVariable = !environment.getOrDefault(variable(key), "").isEmpty();
        return new IllegalArgumentException(
                byVariable
                        ? "the environment variable " + variable(key) + " " + what
                        : file.file() + ": the key '" + key + "' " + what);
    }
}
