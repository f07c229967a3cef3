package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.protocol.config.Configuration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --data}, which every command takes. */
final class DataOption {
    private static final Configuration.Key KEY = new Configuration.Key("data", false, false);

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "The appliance's data directory. Default: $HOLDFAST_DATA, else 'data' in"
                    + " /etc/holdfast/appliance.toml.")
    private @Nullable Path data;

    /** @throws IllegalArgumentException where it is given neither way */
    Path path() {
        return or(data);
    }

    /**
     * The given directory, or else the configured one.
     *
     * @throws IllegalArgumentException where there is neither
     */
    static Path or(@Nullable Path given) {
        Path found = given == null ? configured() : given;
        if (found == null) {
            throw new IllegalArgumentException("--data is missing; give --data DIR, or set HOLDFAST_DATA, or 'data' in "
                    + ApplianceMain.CONFIGURATION);
        }
        return found;
    }

    /** Null where neither the environment nor the configuration file names one. */
    static @Nullable Path configured() {
        try {
            return ApplianceMain.configuration()
                    .of(KEY)
                    .map(set -> Path.of(set.values().getFirst()))
                    .orElse(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    DataDirectory open() throws IOException {
        return DataDirectory.open(path());
    }
}
