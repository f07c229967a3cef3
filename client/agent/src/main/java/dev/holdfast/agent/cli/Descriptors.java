package dev.holdfast.agent.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Whether standard input, output and error are what the caller gave. Where the caller closed one, its number goes to the
 * first file that Java opens for itself, and reading it would give that file.
 */
final class Descriptors {
    private static final String[] NAMES = {"standard input", "standard output", "standard error"};

    private Descriptors() {}

    /**
     * For a command that reads standard input.
     *
     * @throws IllegalArgumentException where it is closed
     */
    static void requireInput(String option) {
        if (closed(0)) {
            throw new IllegalArgumentException(option + " reads standard input, but that is closed");
        }
    }

    /** Which of output and error is closed, empty for none. */
    static String closedOutput() {
        return closed(1) ? NAMES[1] : closed(2) ? NAMES[2] : "";
    }

    private static boolean closed(int number) {
        Path open = Path.of("/proc/self/fd");
        if (!Files.isDirectory(open)) {
            return false;
        }
        try {
            Path target = Files.readSymbolicLink(open.resolve("" + number));
            boolean classes = Arrays.stream(
                            System.getProperty("java.class.path", "").split(File.pathSeparator))
                    .anyMatch(each -> target.equals(Path.of(each).toAbsolutePath()));
            return classes
                    || target.startsWith(System.getProperty("java.home"))
                    || target.toString().endsWith(".aot");
        } catch (IOException e) {
            return true;
        }
    }
}
