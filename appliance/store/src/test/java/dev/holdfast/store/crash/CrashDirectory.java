package dev.holdfast.store.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** Where crashes are simulated: in memory where possible, since what fsync does is simulated and need not be waited for. */
final class CrashDirectory {
    private static final Path MEMORY = Path.of("/dev/shm");

    private CrashDirectory() {}

    static Path make() throws IOException {
        return Files.isWritable(MEMORY)
                ? Files.createTempDirectory(MEMORY, "holdfast-crash-")
                : Files.createTempDirectory("holdfast-crash-");
    }

    static void delete(Path tree) throws IOException {
        try (var files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
