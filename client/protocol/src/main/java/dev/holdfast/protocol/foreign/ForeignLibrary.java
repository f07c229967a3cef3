package dev.holdfast.protocol.foreign;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

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

    /** The exception for a function that could not be called; throws {@code cause} if it is an {@link Error}. */
    public static IllegalStateException failed(Throwable cause) {
        if (cause instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("a native function cannot be called", cause);
    }
}
