package dev.holdfast.server.audit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The heads that an appliance left behind: in {@code DATA/audit/heads}, to which lines are only ever appended, and in its logs. */
final class AuditAnchors {
    private static final String FILE = "audit/heads";

    private AuditAnchors() {}

    /** A head with the place where it was found. */
    record Found(String where, AuditHead head) {}

    static Path directory(Path data) {
        return data.resolve("audit");
    }

    /** Appends a head; when it returns the head is on stable storage. */
    static void append(Path data, AuditHead head) throws IOException {
        Path file = data.resolve(FILE);
        boolean made = !Files.exists(file);
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            // A line of its own, even behind one that a crash cut off.
            ByteBuffer line = ByteBuffer.wrap(("\n" + head.text() + "\n").getBytes(StandardCharsets.US_ASCII));
            while (line.hasRemaining()) {
                channel.write(line);
            }
            channel.force(true);
        }
        if (made) {
            dev.holdfast.store.disk.AtomicFile.syncDirectory(directory(data));
        }
    }

    /** All heads in an appliance's data directory. */
    static List<Found> own(Path data) throws IOException {
        List<Found> found = new ArrayList<>();
        Path heads = data.resolve(FILE);
        if (Files.exists(heads)) {
            found.addAll(in(heads, FILE));
        }
        Path logs = data.resolve("logs");
        if (Files.isDirectory(logs)) {
            try (Stream<Path> files = Files.list(logs)) {
                for (Path file : files.filter(
                                each -> each.getFileName().toString().startsWith("appliance.log")
                                        && !each.toString().endsWith(".lck"))
                        .sorted()
                        .toList()) {
                    found.addAll(in(file, "logs/" + file.getFileName()));
                }
            }
        }
        return found;
    }

    /** All heads in a text, such as an exported journal. */
    static List<Found> in(Path file, String where) throws IOException {
        List<Found> found = new ArrayList<>();
        // By bytes: not everything that holds a head is text.
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(Files.newInputStream(file), StandardCharsets.ISO_8859_1))) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                for (AuditHead head : AuditHead.find(line)) {
                    found.add(new Found(where + " line " + number, head));
                }
            }
        }
        return found;
    }
}
