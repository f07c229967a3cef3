package dev.holdfast.control.data;

import dev.holdfast.protocol.text.LooseText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that hold one secret, in whatever encoding they were written. */
public final class SecretFile {
    private SecretFile() {}

    /** The bytes of the first line; none where the file is empty. */
    public static byte[] line(Path file) throws IOException {
        String text = LooseText.of(Files.readAllBytes(file));
        return LooseText.bytes(text.lines().findFirst().orElse(""));
    }

    /**
     * All of it, for secrets that are also typed elsewhere.
     *
     * @throws IllegalArgumentException where it is no UTF-8, since what is typed is
     */
    public static String text(Path file) throws IOException {
        String text = LooseText.of(Files.readAllBytes(file));
        if (!LooseText.isText(text)) {
            throw new IllegalArgumentException(file + " is not UTF-8 text; convert it (iconv -t UTF-8)");
        }
        return text;
    }

    /** Reads a recovery key. Keys are ASCII; the parser of the key refuses other characters. */
    public static String recoveryKey(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }
}
