package dev.holdfast.control.audit;

import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** Which format the segments of an audit log have. */
public final class AuditFormat {
    private AuditFormat() {}

    /** The newest segment; empty where there is none. */
    public static Optional<Path> newest(Path data) throws IOException {
        Path directory = data.resolve("audit");
        if (!Files.isDirectory(directory)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().endsWith(".hfa")).max(Comparator.comparing(Path::toString));
        }
    }

    /**
     * The version of a segment.
     *
     * @throws FormatException where this release does not read it
     */
    public static int version(Path segment) throws IOException {
        return AuditSegment.version(segment);
    }
}
