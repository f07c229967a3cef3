package dev.holdfast.control.db;

import dev.holdfast.protocol.cli.TypedCommand;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Copies of the control database beside it, made once an hour where people decided something and once a day anyway. A
 * database that SQLite finds damaged at start is moved aside, and the newest copy that is whole takes its place.
 */
public final class ControlCopies {
    /** Beside the control database. */
    public static final String DIRECTORY = "control-copies";

    private static final int MOST = 9;
    private static final Duration AFTER_DECISION = Duration.ofHours(1);
    private static final Duration ANYWAY = Duration.ofDays(1);
    static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    private final Path directory;
    private final InstantSource clock;
    private String decisions = "";
    private Instant last = Instant.EPOCH;
    private boolean first = true;

    /** @param directory where copies lie, made if missing */
    public ControlCopies(Path directory, InstantSource clock) {
        this.directory = directory;
        this.clock = clock;
    }

    /**
     * What opening found.
     *
     * @param healedFrom the copy that took the database's place, empty where it was whole
     * @param copied when that was made, ms since 1970
     */
    public record Opened(ControlDb control, String healedFrom, long copied) {
        public boolean whole() {
            return healedFrom.isEmpty();
        }
    }

    /**
     * Opens the database; a damaged one is replaced.
     *
     * @throws IOException where it is damaged and no copy is whole, or for any other reason does not open
     */
    public Opened open(Path file) throws IOException {
        IOException damage;
        try {
            if (isEmpty(file) && !copies().isEmpty()) {
                throw new DamagedException("control database " + file + " is missing or empty");
            }
            return new Opened(whole(file, path -> new ControlDb(path, clock)), "", 0);
        } catch (DamagedException e) {
            damage = e;
        }
        for (Path copy : copies().reversed()) {
            try {
                wholeCopy(copy).close();
            } catch (IOException e) {
                damage.addSuppressed(e);
                continue;
            }
            Path draft = file.resolveSibling(file.getFileName() + ".healing");
            Files.copy(copy, draft, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.COPY_ATTRIBUTES);
            try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Path aside = file.resolveSibling(file.getFileName() + ".damaged-" + STAMP.format(clock.instant()));
            for (String tail : List.of("-wal", "-shm", "")) {
                Path beside = file.resolveSibling(file.getFileName() + tail);
                if (Files.exists(beside)) {
                    Files.move(beside, aside.resolveSibling(aside.getFileName() + tail));
                }
            }
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel directoryOfFile = FileChannel.open(
                    Objects.requireNonNull(file.toAbsolutePath().getParent()))) {
                directoryOfFile.force(true);
            }
            String name = copy.getFileName().toString();
            return new Opened(new ControlDb(file, clock), name, copied(copy).toEpochMilli());
        }
        throw new IOException(
                damage.getMessage() + "; no copy in " + directory
                        + " is whole either. Its last copy off-site comes back with: "
                        + TypedCommand.elsewhere(
                                "appliance", "recover", "--from", "URL", "--recovery-key-file", "F", "--data", "DIR"),
                damage);
    }

    /** SQLite says that the file is not what it should be. */
    private static final class DamagedException extends IOException {
        DamagedException(String message) {
            super(message);
        }
    }

    private interface Opening {
        ControlDb open(Path file) throws IOException;
    }

    private ControlDb wholeCopy(Path copy) throws IOException {
        return whole(copy, path -> ControlDb.ofCopy(path, clock));
    }

    private static ControlDb whole(Path file, Opening opening) throws IOException {
        ControlDb control;
        try {
            control = opening.open(file);
        } catch (IOException e) {
            String text = String.valueOf(e.getMessage());
            if (text.contains("SQLITE_CORRUPT") || text.contains("SQLITE_NOTADB")) {
                throw new DamagedException(text);
            }
            throw e;
        }
        try {
            List<String> faults = control.integrityFaults();
            if (faults.isEmpty()) {
                return control;
            }
            control.close();
            throw new DamagedException("control database " + file + " is damaged: " + faults.getFirst());
        } catch (DamagedException e) {
            throw e;
        } catch (IOException e) {
            control.close();
            throw String.valueOf(e.getMessage()).contains("SQLITE_CORRUPT")
                    ? new DamagedException(String.valueOf(e.getMessage()))
                    : e;
        }
    }

    /** The oldest first. */
    private static boolean isEmpty(Path file) throws IOException {
        return !Files.exists(file) || Files.size(file) == 0;
    }

    /**
     * For those who do not replace a lost database by a copy.
     *
     * @throws IOException where it is missing or empty, and there are copies of it
     */
    static void requireNoneLost(Path file) throws IOException {
        Path directory = file.toAbsolutePath().resolveSibling(DIRECTORY);
        if (isEmpty(file) && !copies(directory).isEmpty()) {
            throw new IOException("control database " + file + " is missing or empty, and there are copies of it in "
                    + directory + ". Start the appliance: it continues with the newest copy");
        }
    }

    List<Path> copies() throws IOException {
        return copies(directory);
    }

    private static List<Path> copies(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.getFileName().toString().matches("control-[0-9-]+\\.db"))
                    .sorted(Comparator.naturalOrder())
                    .toList();
        }
    }

    /** What the newest copy holds: an appliance that starts over and over must not push out the good ones. */
    private void remember() throws IOException {
        List<Path> all = copies();
        if (all.isEmpty()) {
            return;
        }
        Path newest = all.getLast();
        try (ControlDb copy = wholeCopy(newest)) {
            decisions = copy.decisions();
            last = copied(newest);
        } catch (IOException e) {
            // As if there were none.
            decisions = "";
        }
    }

    private static Instant copied(Path copy) {
        String name = copy.getFileName().toString();
        return STAMP.parse(name.substring("control-".length(), name.length() - ".db".length()), Instant::from);
    }

    /** Makes a copy where one is due. One thread's. */
    public void keep(ControlDb control) throws IOException {
        Instant now = clock.instant();
        String current = control.decisions();
        if (decisions.isEmpty()) {
            remember();
        }
        Duration age = Duration.between(last, now);
        boolean changed = !current.equals(decisions);
        boolean due = age.compareTo(ANYWAY) >= 0 || changed && (first || age.compareTo(AFTER_DECISION) >= 0);
        first = false;
        if (!due) {
            return;
        }
        if (!Files.isDirectory(directory)) {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Path draft = directory.resolve("draft.db");
        Files.deleteIfExists(draft);
        control.copyTo(draft);
        Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
        Files.move(
                draft,
                directory.resolve("control-" + STAMP.format(now) + ".db"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        decisions = current;
        last = now;
        List<Path> all = copies();
        for (Path old : all.subList(0, Math.max(0, all.size() - MOST))) {
            Files.delete(Objects.requireNonNull(old));
        }
    }
}
