package dev.holdfast.agent.remote;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Files that a signal must not leave behind: deleted as the process ends. Safe for use by several threads. */
final class Unfinished {
    private static final Set<Path> FILES = ConcurrentHashMap.newKeySet();

    static {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(Unfinished::delete));
        } catch (IllegalStateException e) {
            // The process ends already; the next one deletes what this one leaves.
        }
    }

    private Unfinished() {}

    static void add(Path file) {
        FILES.add(file);
    }

    static void remove(Path file) {
        FILES.remove(file);
    }

    private static void delete() {
        for (Path each : FILES) {
            try {
                Files.deleteIfExists(each);
            } catch (IOException e) {
                // The next backup tries again.
            }
        }
    }
}
