package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.protocol.config.Configuration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code --data}, which every command takes. */
final class DataOption {
    static final String DESCRIPTION =
            "The appliance's data directory. Default: $HOLDFAST_DATA, else 'data' in /etc/holdfast/appliance.toml.";

    private static final Configuration.Key KEY = new Configuration.Key("data", false, false);

    @Option(names = "--data", paramLabel = "DIR", description = DESCRIPTION)
    private @Nullable Path data;

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    /** @throws IllegalArgumentException where it is given neither way */
    Path path() {
        return or(data, Objects.requireNonNull(command));
    }

    /**
     * The given directory, or else the configured one.
     *
     * @throws IllegalArgumentException where there is neither
     */
    static Path or(@Nullable Path given, CommandSpec command) {
        Path found = given == null ? configured(command) : given;
        if (found == null) {
            throw new IllegalArgumentException("--data is missing; give --data DIR, or set HOLDFAST_DATA, or 'data' in "
                    + ApplianceMain.CONFIGURATION);
        }
        return found;
    }

    /** Null where neither the environment nor the configuration file names one. */
    static @Nullable Path configured(CommandSpec command) {
        return ApplianceMain.configuration(command)
                .of(KEY)
                .map(set -> Path.of(set.values().getFirst()))
                .orElse(null);
    }

    DataDirectory open() throws IOException {
        return DataDirectory.open(path());
    }
}
