package dev.holdfast.control.vault;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Which directories may become a vault by a call over the network. The machine's administrator can write where the service
 * can; a user of the console must not get there: neither to make directories, nor to put objects between other files.
 */
final class DirectoryGuard {
    /** What file systems and NAS keep in the top directory of a share that is empty otherwise. */
    private static final Set<String> OF_FILE_SYSTEMS =
            Set.of("lost+found", ".snapshot", ".snapshots", "#recycle", "@eaDir", "System Volume Information");
    /** In each directory that was used as a vault. */
    private static final String VAULT = ".holdfast";

    private final List<Path> own;

    /** @param own directories of the appliance itself: its data and volumes */
    DirectoryGuard(List<Path> own) {
        this.own = List.copyOf(own);
    }

    /** @throws IllegalArgumentException where the directory may not become a vault, saying why and what to do */
    void require(Path directory) throws IOException {
        if (!directory.equals(directory.normalize())) {
            throw new PhrasedArgumentException(
                    Phrase.of("vault.directory-dots").with("directory", directory.toString()));
        }
        if (!Files.isDirectory(directory)) {
            throw new PhrasedArgumentException(Phrase.of("vault.no-directory")
                    .with("directory", directory.toString())
                    .with("user", System.getProperty("user.name")));
        }
        Path real = directory.toRealPath();
        for (Path each : own) {
            // A volume may be missing.
            Path mine = Files.exists(each) ? each.toRealPath() : each.toAbsolutePath();
            if (real.startsWith(mine) || mine.startsWith(real)) {
                throw new PhrasedArgumentException(Phrase.of("vault.on-own-data")
                        .with("directory", directory.toString())
                        .with("data", each.toString()));
            }
        }
        if (Files.isReadable(real) && !Files.isDirectory(real.resolve(VAULT))) {
            requireEmpty(directory, real);
        }
    }

    private static void requireEmpty(Path directory, Path real) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(real)) {
            for (Path each : entries) {
                if (!OF_FILE_SYSTEMS.contains(String.valueOf(each.getFileName()))) {
                    throw new PhrasedArgumentException(
                            Phrase.of("vault.directory-in-use").with("directory", directory.toString()));
                }
            }
        }
    }
}
