package dev.holdfast.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file for parsers that read files, in memory where possible; it goes with the process. */
final class ScratchFile {
    private ScratchFile() {}

    static Path create(String suffix) throws IOException {
        Path memory = Path.of("/dev/shm");
        Path file = Files.isWritable(memory)
                ? Files.createTempFile(memory, "holdfast-fuzz-", suffix)
                : Files.createTempFile("holdfast-fuzz-", suffix);
        file.toFile().deleteOnExit();
        return file;
    }
}
