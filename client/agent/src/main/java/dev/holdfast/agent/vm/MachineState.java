package dev.holdfast.agent.vm;

import dev.holdfast.agent.remote.Identity;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What this client knows of a machine between two backups: a directory below {@code machines} in the state directory. Only one process
 * has it open at a time, and only this process backs the machine up by this state directory.
 */
final class MachineState implements AutoCloseable {
    private static final String JOURNAL = "running";
    private static final String ENDING = ".counted";
    private static final int NAME_CHARS = 16;
    private static final int OWNER_BYTES = 4;
    private static final int RUN_BYTES = 8;

    private final Path directory;
    private final String prefix;
    private final FileChannel lock;

    private MachineState(Path directory, String prefix, FileChannel lock) {
        this.directory = directory;
        this.prefix = prefix;
        this.lock = lock;
    }

    /**
     * How a machine is backed up. What one way puts into a machine, the other does not remove: bitmaps of libvirt's checkpoints are
     * libvirt's.
     */
    enum Way {
        MONITOR("holdfast-", ""),
        LIBVIRT("holdfast-libvirt-", "libvirt\n");

        private final String begins;
        private final String key;

        Way(String begins, String key) {
            this.begins = begins;
            this.key = key;
        }
    }

    /** @throws IOException where another backup of this machine runs */
    static MachineState open(Path state, Machine machine, Way way) throws IOException {
        Path machines = state.resolve("machines");
        Path directory = machines.resolve(hash(way.key + machine.identity()));
        Identity.createDirectory(directory);
        String owner = owner(machines.resolve("client"));
        FileChannel channel =
                FileChannel.open(directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock held = tryLock(channel);
            if (held == null) {
                throw new IOException("another backup of the machine " + machine.title() + " runs");
            }
            return new MachineState(directory, way.begins + owner + "-", channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String hash(String text) {
        return HashAlgorithm.SHA_256
                .digest(text.getBytes(StandardCharsets.UTF_8))
                .toString()
                .substring(0, NAME_CHARS);
    }

    private static String random(int bytes) {
        byte[] random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    /** Tells what this client made in machines from what others did. */
    private static String owner(Path file) throws IOException {
        try {
            String known = Files.readString(file, StandardCharsets.US_ASCII);
            if (known.matches("[0-9a-f]{" + 2 * OWNER_BYTES + "}")) {
                return known;
            }
        } catch (NoSuchFileException e) {
            // The first backup of a machine.
        }
        String made = random(OWNER_BYTES);
        write(file, made.getBytes(StandardCharsets.US_ASCII));
        return made;
    }

    /** With which all names begin that this client gives in the machine. */
    String prefix() {
        return prefix;
    }

    /** A name that no other backup has. */
    String newBitmap() {
        return prefix() + random(RUN_BYTES);
    }

    /** For scratch files where nobody says another place. */
    Path scratch() {
        return directory;
    }

    private Path file(List<TreePath> names) {
        StringBuilder key = new StringBuilder();
        names.forEach(each -> key.append(each).append('\n'));
        return directory.resolve(hash(key.toString()) + ENDING);
    }

    /** Of the snapshots of these disks together. Empty where there is none, or it cannot be read. */
    Optional<Counted> counted(List<TreePath> names) {
        return read(file(names));
    }

    private static Optional<Counted> read(Path file) {
        try {
            return Optional.of(Counted.parse(Files.readAllBytes(file)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    void store(List<TreePath> names, Counted counted) throws IOException {
        write(file(names), counted.json());
    }

    /** No bitmap counts since a snapshot of these disks any more. */
    void forget(List<TreePath> names) throws IOException {
        Files.deleteIfExists(file(names));
    }

    /** The bitmaps that count since some snapshot. */
    Set<String> bitmaps() throws IOException {
        Set<String> bitmaps = new HashSet<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + ENDING)) {
            for (Path each : files) {
                read(each).ifPresent(counted -> bitmaps.add(counted.bitmap()));
            }
        }
        return bitmaps;
    }

    private Path journalFile() {
        return directory.resolve(JOURNAL);
    }

    /** Whether a backup of some machine runs, or was killed. */
    static boolean left(Path state) throws IOException {
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(state.resolve("machines"))) {
            for (Path each : directories) {
                if (Files.exists(each.resolve(JOURNAL))) {
                    return true;
                }
            }
        } catch (NoSuchFileException e) {
            return false;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return false;
    }

    /** How a journal is read. */
    interface Parser<T> {
        T parse(byte[] bytes) throws IOException;
    }

    /** Of a backup that was killed; empty where none was, or it cannot be read. */
    <T> Optional<T> journal(Parser<T> parser) {
        try {
            return Optional.of(parser.parse(Files.readAllBytes(journalFile())));
        } catch (IOException | InvalidPathException e) {
            return Optional.empty();
        }
    }

    void begin(byte[] journal) throws IOException {
        write(journalFile(), journal);
    }

    /** Nothing of a backup is left. */
    void end() throws IOException {
        Files.deleteIfExists(journalFile());
    }

    /** Replaces a file as a whole. */
    static void write(Path file, byte[] content) throws IOException {
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
