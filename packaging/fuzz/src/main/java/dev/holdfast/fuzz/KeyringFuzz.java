package dev.holdfast.fuzz;

import dev.holdfast.store.envelope.Keyring;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Keyring files. */
public final class KeyringFuzz {
    private static final Path FILE;

    static {
        try {
            FILE = ScratchFile.create(".json");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private KeyringFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        Files.write(FILE, data);
        try {
            Keyring.read(FILE);
        } catch (IOException e) {
            // Malformed, and said so.
        }
    }
}
