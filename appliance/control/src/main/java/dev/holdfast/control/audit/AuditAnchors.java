package dev.holdfast.control.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The heads that an appliance left behind: in {@code DATA/audit/heads}, to which lines are only ever appended, and in its logs. */
final class AuditAnchors {
    private static final String FILE = "audit/heads";
    /** What stands before a head in the appliance's log, and who logs it. */
    static final String LOGGED = "audit head ";

    /** Part of the format of logs (docs/format.md): it stays, whatever the class that logs is called. */
    static final String LOGGER = "dev.holdfast.server.audit.AuditKeeper";

    private static final ObjectMapper JSON = new ObjectMapper();

    private AuditAnchors() {}

    /**
     * A head with the place where it was found.
     *
     * @param own whether only the appliance writes there, so that a head that it did not sign is a forgery
     */
    record Found(String where, AuditHead head, boolean own) {}

    /**
     * What a place has.
     *
     * @param missing signatures unchecked
     * @param notes on what looks like a head and is none
     */
    record Search(List<Found> heads, List<MissingSegment> missing, List<String> notes) {}

    static Path directory(Path data) {
        return data.resolve("audit");
    }

    /** Appends a head, or what else is signed; when it returns it is on stable storage. */
    static void append(Path data, String word) throws IOException {
        Path file = data.resolve(FILE);
        boolean made = !Files.exists(file);
        try (FileChannel channel = FileChannel.open(
                file,
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.APPEND, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            // A line of its own, even behind one that a crash cut off.
            ByteBuffer line = ByteBuffer.wrap(("\n" + word + "\n").getBytes(StandardCharsets.US_ASCII));
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
    static Search own(Path data) throws IOException {
        List<Found> found = new ArrayList<>();
        List<MissingSegment> missing = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        Path heads = data.resolve(FILE);
        if (Files.exists(heads)) {
            readHeads(heads, found, missing, notes);
        }
        Path logs = data.resolve("logs");
        if (Files.isDirectory(logs)) {
            try (Stream<Path> files = Files.list(logs)) {
                for (Path file : files.filter(
                                each -> each.getFileName().toString().startsWith("appliance.log")
                                        && !each.toString().endsWith(".lck"))
                        .sorted()
                        .toList()) {
                    String where = "logs/" + file.getFileName();
                    eachLine(
                            file,
                            (number, line) -> logged(line)
                                    .ifPresent(head -> found.add(new Found(where + " line " + number, head, false))));
                }
            }
        }
        return new Search(found, missing, notes);
    }

    /** A line counts if it was written whole, with its end: a crash or a full disk leaves the beginning of one. */
    private static void readHeads(Path file, List<Found> found, List<MissingSegment> missing, List<String> notes)
            throws IOException {
        boolean ended = endsWithNewline(file);
        long[] last = {0};
        List<String> bad = new ArrayList<>();
        eachLine(file, (number, line) -> {
            last[0] = number;
            if (line.isEmpty()) {
                return;
            }
            Optional<AuditHead> head = AuditHead.parse(line);
            Optional<MissingSegment> segment = MissingSegment.parse(line);
            head.ifPresent(each -> found.add(new Found(FILE + " line " + number, each, true)));
            segment.ifPresent(missing::add);
            if (head.isEmpty() && segment.isEmpty()) {
                bad.add(Long.toString(number));
            }
        });
        if (!ended) {
            String cut = Long.toString(last[0]);
            found.removeIf(each -> each.where().equals(FILE + " line " + cut));
            if (!bad.contains(cut)) {
                bad.add(cut);
            }
        }
        if (!bad.isEmpty()) {
            notes.add(FILE + " has " + bad.size() + " lines that are no whole head, the first in line " + bad.getFirst()
                    + "; a crash or a full disk leaves such lines, and they say nothing");
        }
    }

    private static boolean endsWithNewline(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer end = ByteBuffer.allocate(1);
            return channel.size() == 0 || channel.read(end, channel.size() - 1) == 1 && end.get(0) == '\n';
        }
    }

    /**
     * The head that a line of the appliance's own log records. Everything else in the log may repeat what strangers sent, and
     * is no record of a head whatever it looks like.
     */
    private static Optional<AuditHead> logged(String line) {
        if (!line.contains(AuditHead.MAGIC)) {
            return Optional.empty();
        }
        try {
            JsonNode record = JSON.readTree(line);
            String message = record.path("message").asText();
            return record.path("logger").asText().equals(LOGGER) && message.startsWith(LOGGED)
                    ? AuditHead.parse(message.substring(LOGGED.length()))
                    : Optional.empty();
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /** All heads in a text, such as an exported journal. */
    static List<Found> in(Path file, String where) throws IOException {
        List<Found> found = new ArrayList<>();
        eachLine(
                file,
                (number, line) -> AuditHead.find(line)
                        .forEach(head -> found.add(new Found(where + " line " + number, head, false))));
        return found;
    }

    private interface Line {
        void read(long number, String line);
    }

    private static void eachLine(Path file, Line each) throws IOException {
        // By bytes: not everything that holds a head is text.
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(Files.newInputStream(file), StandardCharsets.ISO_8859_1))) {
            long number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                each.read(++number, line);
            }
        }
    }
}
