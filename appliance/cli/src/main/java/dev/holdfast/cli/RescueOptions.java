package dev.holdfast.cli;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.rescue.Mirror;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** For commands that work on a data directory of which nothing is changed. */
final class RescueOptions {
    @Option(
            names = "--read-only",
            description =
                    "Change nothing in the data directory or on the volumes, which may be on file systems that are mounted"
                            + " read-only, and do without volumes that are missing.")
    private boolean readOnly;

    @Option(
            names = "--scratch",
            paramLabel = "DIR",
            description =
                    "With --read-only: where links and copies of what would be changed are kept meanwhile. Default: the"
                            + " system's directory for temporary files.")
    private @Nullable Path scratch;

    /**
     * A data directory to work in.
     *
     * @param mirror what the directory is part of; null for the real one
     */
    record Opened(DataDirectory directory, @Nullable Mirror mirror) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            if (mirror != null) {
                mirror.close();
            }
        }
    }

    boolean readOnly() {
        return readOnly;
    }

    Opened open(DataOption data, PrintWriter err) throws IOException {
        Path place = scratch;
        if (!readOnly) {
            if (place != null) {
                throw new IllegalArgumentException("--scratch is for --read-only; leave it out");
            }
            return new Opened(data.open(), null);
        }
        Mirror mirror = Mirror.of(
                data.path(), place == null ? Path.of(System.getProperty("java.io.tmpdir")) : place, warning -> {
                    err.println("warning: " + warning);
                    err.flush();
                });
        return new Opened(mirror.directory(), mirror);
    }
}
