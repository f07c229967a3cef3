package dev.holdfast.control.data;

import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The mark of an appliance that is being made: file {@code unfinished}, with the volumes, one a line. Until {@link #end}
 * nothing has been stored, so that all of it may be removed.
 */
final class Unfinished {
    private static final String MARK = "unfinished";

    private Unfinished() {}

    /** Whether there is an attempt that was cut off, which the next one removes. */
    static boolean isLeft(Path root) {
        return Files.exists(root.resolve(MARK)) && !ApplianceFile.exists(root);
    }

    static void begin(Path root, List<Path> volumes) throws IOException {
        List<String> lines =
                volumes.stream().map(each -> each.toAbsolutePath().toString()).toList();
        AtomicFile.write(root.resolve(MARK), String.join("\n", lines).getBytes(StandardCharsets.UTF_8), true);
    }

    static void end(Path root) throws IOException {
        Files.delete(root.resolve(MARK));
        AtomicFile.syncDirectory(root);
    }

    /** Removes what an attempt left; does nothing where none was cut off. */
    static void clear(Path root) throws IOException {
        Path mark = root.resolve(MARK);
        if (!Files.exists(mark)) {
            return;
        }
        if (Files.exists(root.resolve(ApplianceFile.NAME))) {
            // All was done but for the mark.
            end(root);
            return;
        }
        for (String line : Files.readAllLines(mark)) {
            Path volume = Path.of(line);
            for (String made : List.of("volume.json", KeyringFiles.KEYRING, "containers")) {
                // A directory with containers is not removed: nothing was stored.
                Files.deleteIfExists(volume.resolve(made));
            }
        }
        try (Stream<Path> files = Files.walk(root)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                if (!each.equals(root) && !each.equals(mark)) {
                    Files.delete(each);
                }
            }
        }
        Files.delete(mark);
    }
}
