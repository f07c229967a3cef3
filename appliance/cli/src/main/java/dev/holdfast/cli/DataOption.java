package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** {@code --data}, which every command takes. */
final class DataOption {
    @Option(names = "--data", required = true, paramLabel = "DIR", description = "The appliance's data directory.")
    Path data = Path.of("");

    DataDirectory open() throws IOException {
        return DataDirectory.open(data);
    }
}
