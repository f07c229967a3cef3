package dev.holdfast.control.db;

import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.sqlite.Schema;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Copies of the control database that are made before a newer release upgrades it, so that the older release can be run again.
 * Their names tell the schema versions of the control database and of the vaults' journals, and when they were made.
 */
public final class UpgradeCopies {
    static final int MOST = 3;
    private static final long MARGIN_BYTES = 16 << 20;
    private static final Pattern NAME = Pattern.compile("before-upgrade-v(\\d{1,6})-j(\\d{1,6})-(\\d{8}-\\d{6})\\.db");

    private final Path directory;
    private final InstantSource clock;

    /** @param directory where copies lie, made if missing */
    public UpgradeCopies(Path directory, InstantSource clock) {
        this.directory = directory;
        this.clock = clock;
    }

    /**
     * A copy.
     *
     * @param schema version of the control database in it
     * @param journals the highest schema version of a vault's journal at that time, 0 where there was none
     */
    public record Copy(Path file, int schema, int journals, Instant at) {}

    /** All copies, the oldest first. */
    public List<Copy> list() throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        List<Copy> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Matcher name = NAME.matcher(file.getFileName().toString());
                if (name.matches()) {
                    found.add(new Copy(
                            file,
                            Integer.parseInt(name.group(1)),
                            Integer.parseInt(name.group(2)),
                            ControlCopies.STAMP.parse(name.group(3), Instant::from)));
                }
            }
        }
        found.sort(Comparator.comparing(Copy::at).thenComparing(copy -> copy.file.toString()));
        return found;
    }

    /**
     * Copies a database before it is upgraded.
     *
     * @param vault the directory with the journals of the vaults
     */
    Schema.BeforeUpgrade before(Path file, Path vault) {
        return (connection, from) -> make(connection, file, from, journals(vault));
    }

    /** Bytes that a copy of a database needs at most. */
    public static long bytesFor(Path file) throws IOException {
        long bytes = MARGIN_BYTES;
        for (String tail : List.of("", "-wal")) {
            Path part = file.resolveSibling(file.getFileName() + tail);
            bytes += Files.exists(part) ? Files.size(part) : 0;
        }
        return bytes;
    }

    private void make(Connection connection, Path file, int from, int journals) throws IOException, SQLException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectory(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        long needed = bytesFor(file);
        long free = Files.getFileStore(directory).getUsableSpace();
        if (free < needed) {
            throw new IOException("control database " + file + " has schema version " + from
                    + " and is not upgraded: its copy needs " + ByteText.of(needed) + ", and " + directory + " has "
                    + ByteText.of(free) + " free. Nothing was changed. Free some space there, and start again");
        }
        Path draft =
                directory.resolve("before-upgrade-" + ProcessHandle.current().pid() + ".draft");
        Files.deleteIfExists(draft);
        try {
            try (PreparedStatement copy = connection.prepareStatement("VACUUM INTO ?")) {
                copy.setString(1, draft.toString());
                copy.execute();
            }
            Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
            try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(
                    draft,
                    directory.resolve("before-upgrade-v" + from + "-j" + journals + "-"
                            + ControlCopies.STAMP.format(clock.instant()) + ".db"),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(draft);
        }
        try (FileChannel channel = FileChannel.open(directory)) {
            channel.force(true);
        }
        List<Copy> all = list();
        for (Copy old : all.subList(0, Math.max(0, all.size() - MOST))) {
            Files.delete(old.file);
        }
    }

    /** The highest schema version of a vault's journal; 0 where there is none that can be read. */
    public static int journals(Path vault) throws IOException {
        int highest = 0;
        if (Files.isDirectory(vault)) {
            try (Stream<Path> files = Files.list(vault)) {
                for (Path each :
                        files.filter(file -> file.toString().endsWith(".db")).toList()) {
                    highest = Math.max(highest, Journal.schema().version("vault journal " + each, each));
                }
            }
        }
        return highest;
    }
}
