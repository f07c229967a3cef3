package dev.holdfast.server.local.setup;

import dev.holdfast.control.data.SecretFile;
import dev.holdfast.store.disk.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;

/** A password or a similar text, and where it comes from. Never printed. */
public sealed interface Secret {
    /** Typed at a terminal. */
    record Typed(String text) implements Secret {
        @Override
        public String toString() {
            return "a secret";
        }
    }

    /** The first line of a file. */
    record InFile(Path file) implements Secret {}

    /** A new one, which is written to a file that only its owner can read. */
    record MakeInto(Path file) implements Secret {}

    /** Whether it is made up by the setup. */
    default boolean made() {
        return this instanceof MakeInto;
    }

    /** The secret itself; made where it is to be made and was not. */
    default String text() throws IOException {
        return switch (this) {
            case Typed typed -> typed.text;
            case InFile in -> firstLine(in.file);
            case MakeInto into -> {
                if (!Files.exists(into.file)) {
                    AtomicFile.write(into.file, (random() + "\n").getBytes(StandardCharsets.US_ASCII), true);
                }
                yield firstLine(into.file);
            }
        };
    }

    private static String firstLine(Path file) throws IOException {
        String line = SecretFile.text(file).lines().findFirst().orElse("").strip();
        if (line.isEmpty()) {
            throw new IllegalArgumentException("the first line of " + file + " is empty; write the secret there");
        }
        return line;
    }

    /** Five groups of four: 100 bits. */
    private static String random() {
        String letters = "abcdefghjkmnpqrstuvwxyz123456789";
        SecureRandom random = new SecureRandom();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            text.append(i > 0 && i % 4 == 0 ? "-" : "").append(letters.charAt(random.nextInt(letters.length())));
        }
        return text.toString();
    }
}
