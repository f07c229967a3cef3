package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.SnapshotName;
import dev.holdfast.agent.json.FlatJson;
import dev.holdfast.agent.remote.Identity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a run of a backup is about to make, in a file of the state directory: written before it is made, and locked while the run
 * lives. What has a record without a lock was left by a process that was killed; the next one removes it. docs/format.md is
 * normative.
 */
final class SnapshotRecord implements AutoCloseable {
    private static final String DIRECTORY = "source-snapshots";
    private static final String LOCK = "lock";
    /** How often to try again to remove what was just used. */
    private static final int PATIENCE = 20;

    private static final long PAUSE_NANOS = 250_000_000;
    /** Records of this process: closing another channel to such a file would give its lock up. */
    private static final Set<Path> LIVE = new HashSet<>();

    private final String run;
    private final Path file;
    private final FileChannel channel;
    private final List<Made> made = new ArrayList<>();
    private int next;

    private SnapshotRecord(String run, Path file, FileChannel channel) {
        this.run = run;
        this.file = file;
        this.channel = channel;
    }

    /** Begins the record of a run, with a directory of its own. */
    static SnapshotRecord begin(Path state) throws IOException {
        Path directory = state.toRealPath().resolve(DIRECTORY);
        Identity.createDirectory(directory);
        synchronized (LIVE) {
            try (FileChannel all = open(directory.resolve(LOCK));
                    FileLock turn = all.lock()) {
                assert turn.isValid();
                String run = SnapshotName.newRun();
                Path file = directory.resolve(run);
                FileChannel channel = open(file);
                try {
                    channel.lock();
                    Identity.createDirectory(directory(file));
                } catch (IOException | RuntimeException e) {
                    channel.close();
                    throw e;
                }
                LIVE.add(file);
                return new SnapshotRecord(run, file, channel);
            }
        }
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private static Path directory(Path record) {
        return record.resolveSibling(record.getFileName() + ".d");
    }

    /** For mount points and snapshots of this run. */
    Path directory() {
        return directory(file);
    }

    SnapshotName nextName() {
        return new SnapshotName(run, next++);
    }

    /** Notes, on stable storage, what is made next. */
    void note(Made each) throws IOException {
        ByteBuffer line =
                ByteBuffer.wrap((FlatJson.write(each.fields(), false) + "\n").getBytes(StandardCharsets.UTF_8));
        while (line.hasRemaining()) {
            channel.write(line, channel.size());
        }
        channel.force(true);
        made.add(each);
    }

    /** What was noted. */
    List<Made> all() {
        return made;
    }

    /** Removes what was noted, and the record if nothing is left. */
    void removeAll(Consumer<String> tell) throws IOException {
        if (remove(made, PATIENCE, tell)) {
            discard(file);
        }
    }

    /** Last first, since one may lie in another. Returns whether nothing is left. */
    private static boolean remove(List<Made> all, int patience, Consumer<String> tell) {
        boolean clean = true;
        for (Made each : all.reversed()) {
            try {
                remove(each, patience);
            } catch (IOException e) {
                clean = false;
                tell.accept("warning: " + each.told() + " cannot be removed: " + e.getMessage()
                        + "; the next backup tries again");
            }
        }
        return clean;
    }

    /** A reader that was interrupted may have a file open a little longer. */
    private static void remove(Made each, int patience) throws IOException {
        for (int left = patience; ; left--) {
            try {
                each.remove();
                return;
            } catch (IOException e) {
                if (left == 0) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    private static void discard(Path file) throws IOException {
        Path directory = directory(file);
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> left = Files.newDirectoryStream(directory)) {
                for (Path each : left) {
                    // Mount points; what is not empty stays, and with it the record.
                    Files.delete(each);
                }
            }
            Files.delete(directory);
        }
        Files.deleteIfExists(file);
    }

    /** Gives the record up: what it still says is for the next process. */
    @Override
    public void close() throws IOException {
        synchronized (LIVE) {
            channel.close();
            LIVE.remove(file);
        }
    }

    /**
     * Removes what processes left that were killed.
     *
     * @param tell takes a line for what was removed or cannot be
     */
    static void removeLeft(Path state, Consumer<String> tell) throws IOException {
        Path directory = state.toAbsolutePath().resolve(DIRECTORY);
        if (!Files.isDirectory(directory)) {
            return;
        }
        directory = directory.toRealPath();
        synchronized (LIVE) {
            try (FileChannel all = open(directory.resolve(LOCK));
                    FileLock turn = all.lock();
                    DirectoryStream<Path> records = Files.newDirectoryStream(
                            directory,
                            each -> SnapshotName.isRun(each.getFileName().toString()))) {
                assert turn.isValid();
                for (Path each : records) {
                    if (!LIVE.contains(each)) {
                        removeLeftOf(each, tell);
                    }
                }
            }
        }
    }

    private static void removeLeftOf(Path file, Consumer<String> tell) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock == null) {
                // Its process lives.
                return;
            }
            List<Made> left = new ArrayList<>();
            for (String line : Files.readString(file, StandardCharsets.UTF_8).split("\n")) {
                @Nullable Made each = parse(file.getFileName().toString(), line);
                if (each != null) {
                    left.add(each);
                    tell.accept("removing " + each.told() + ", which an interrupted backup left");
                }
            }
            if (remove(left, 0, tell)) {
                discard(file);
            }
        }
    }

    /** A line that was cut off belongs to what was not made yet. */
    private static @Nullable Made parse(String run, String line) {
        try {
            return line.isEmpty() ? null : Made.of(run, FlatJson.read(line.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException | IllegalArgumentException e) {
            return null;
        }
    }
}
