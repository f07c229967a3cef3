package dev.holdfast.protocol.foreign;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** Native libraries that are called through {@link java.lang.foreign}. */
public final class ForeignLibrary {
    private ForeignLibrary() {}

    /** The absolute path of a library in the directories of {@code java.library.path}; empty if it is in none of them. */
    public static Optional<Path> installed(String library) {
        for (String directory : System.getProperty("java.library.path", "").split(File.pathSeparator)) {
            Path file = Path.of(directory, library);
            if (!directory.isEmpty() && Files.isRegularFile(file)) {
                return Optional.of(file.toAbsolutePath());
            }
        }
        return Optional.empty();
    }

    /** Whether the user wants Java code instead of a library: by the value {@code java} of a system property. */
    public static boolean declined(String property) {
        return System.getProperty(property, "").equals("java");
    }

    /**
     * Logs that Java code does what a library would do faster. It is a warning where installations usually have the library, and
     * so can be made to have it.
     *
     * @param work what is done in Java, and how much longer that takes
     */
    public static void tellMissing(System.Logger log, String library, String work) {
        boolean usual = usual(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
        log.log(
                usual ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG,
                work + ", since this installation has no " + library
                        + " that works; build Holdfast where a C compiler is installed (README.md, \"Quick start\")");
    }

    /** Whether builds of Holdfast have libraries for this platform. */
    static boolean usual(String system, String processor) {
        return system.equals("Linux") && Set.of("amd64", "aarch64").contains(processor);
    }

    /** The exception for a function that could not be called; throws {@code cause} if it is an {@link Error}. */
    public static IllegalStateException failed(Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("a native function cannot be called", cause);
    }
}
