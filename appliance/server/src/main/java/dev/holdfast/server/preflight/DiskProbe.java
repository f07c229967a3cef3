package dev.holdfast.server.preflight;

import dev.holdfast.protocol.cli.ByteText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One volume's file system: sequential writes and reads and random reads of a file, past the page cache where the file
 * system can, and the time of an fsync. The large file has no name while it is used: it is gone whatever ends the process.
 */
final class DiskProbe {
    private static final int BLOCK = 4096;
    private static final int STEP = 4 << 20;
    private static final long MOST_BYTES = 1L << 30;
    private static final long LEAST_BYTES = 64L << 20;
    /** Of the free space. */
    private static final int SHARE = 20;

    private static final int READERS = 8;
    private static final int MOST_SYNCS = 200;
    private static final String NAME = ".holdfast-preflight-";

    private final Path directory;
    private final Duration time;

    DiskProbe(Path directory, Duration time) {
        this.directory = directory;
        this.time = time;
    }

    /**
     * What was measured.
     *
     * @param direct whether past the page cache; otherwise the figures may be those of memory
     * @param writeBytes and {@code readBytes} of a second, in sequence
     * @param randomReads of 4 KiB in a second, by eight threads
     * @param fsyncMillis the median of the time of an fsync, and {@code slowFsyncMillis} of the slowest in a hundred
     */
    record Disk(
            String volume,
            String device,
            boolean direct,
            long freeBytes,
            double writeBytes,
            double readBytes,
            double randomReads,
            double fsyncMillis,
            double slowFsyncMillis) {}

    /** How large a file may be that is measured with. */
    long room() throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new NotDirectoryException(directory.toString());
        }
        long free = Files.getFileStore(directory).getUsableSpace();
        long bytes = Math.min(MOST_BYTES, free / SHARE) / STEP * STEP;
        if (bytes < LEAST_BYTES) {
            throw new IOException("the file system of " + directory + " has " + ByteText.of(free)
                    + " left; measuring needs " + ByteText.of(LEAST_BYTES * SHARE)
                    + ". Make room, or name another --volume");
        }
        return bytes;
    }

    Disk measure() throws Exception {
        long bytes = room();
        FileStore store = Files.getFileStore(directory);
        long free = store.getUsableSpace();
        double[] syncs = syncs();
        Path large = Files.createTempFile(directory, NAME, ".tmp");
        try (Target target = open(large)) {
            Files.delete(large);
            double write = write(target.channel, bytes);
            long written = target.channel.size();
            double read = read(target.channel, written);
            double random = random(target.channel, written);
            return new Disk(
                    directory.toString(),
                    store.name() + " (" + store.type() + ")",
                    target.direct,
                    free,
                    write,
                    read,
                    random,
                    syncs[0],
                    syncs[1]);
        } finally {
            Files.deleteIfExists(large);
        }
    }

    /** A channel, which is closed with it. */
    private record Target(FileChannel channel, boolean direct) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private static Target open(Path file) throws IOException {
        OpenOption direct = directOption();
        if (direct != null) {
            try {
                FileChannel channel =
                        FileChannel.open(file, Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, direct));
                return new Target(channel, true);
            } catch (IOException | UnsupportedOperationException e) {
                // Through the page cache, which is told.
            }
        }
        return new Target(FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE), false);
    }

    /** Not part of the platform's own interface, but of every JDK (module jdk.unsupported). */
    private static @Nullable OpenOption directOption() {
        try {
            return (OpenOption) Class.forName("com.sun.nio.file.ExtendedOpenOption")
                    .getField("DIRECT")
                    .get(null);
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }

    private static ByteBuffer aligned(int bytes) {
        return ByteBuffer.allocateDirect(bytes + BLOCK).alignedSlice(BLOCK).limit(bytes);
    }

    private double write(FileChannel channel, long most) throws IOException {
        ByteBuffer buffer = aligned(STEP);
        byte[] noise = new byte[STEP];
        new Random(1).nextBytes(noise);
        buffer.put(noise).flip();
        long begun = System.nanoTime();
        long at = 0;
        // Once more than the time asks for: what is read later must be there.
        while (at < LEAST_BYTES || at < most && System.nanoTime() - begun < time.toNanos()) {
            buffer.rewind();
            while (buffer.hasRemaining()) {
                at += channel.write(buffer, at);
            }
        }
        channel.force(true);
        return at * 1e9 / (System.nanoTime() - begun);
    }

    private double read(FileChannel channel, long size) throws IOException {
        ByteBuffer buffer = aligned(STEP);
        long begun = System.nanoTime();
        long at = 0;
        while (at < size && System.nanoTime() - begun < time.toNanos()) {
            buffer.clear().limit(STEP);
            int read = channel.read(buffer, at);
            if (read <= 0) {
                break;
            }
            at += read;
        }
        return at * 1e9 / Math.max(1, System.nanoTime() - begun);
    }

    private double random(FileChannel channel, long size) throws Exception {
        long blocks = size / BLOCK;
        return Rounds.perSecond(
                () -> {
                    ByteBuffer buffer = aligned(BLOCK);
                    Random random = new Random();
                    return () -> {
                        buffer.clear().limit(BLOCK);
                        return channel.read(buffer, random.nextLong(blocks) * BLOCK) > 0 ? 1 : 0;
                    };
                },
                READERS,
                time);
    }

    /** In a small file with a name, since some file systems sync one without a name for nothing. */
    private double[] syncs() throws IOException {
        Path small = Files.createTempFile(directory, NAME, ".tmp");
        Thread cleaner = Thread.ofPlatform().unstarted(() -> delete(small));
        Runtime.getRuntime().addShutdownHook(cleaner);
        List<Double> millis = new ArrayList<>();
        try (FileChannel channel = FileChannel.open(small, StandardOpenOption.WRITE)) {
            long begun = System.nanoTime();
            while (millis.size() < MOST_SYNCS && System.nanoTime() - begun < time.toNanos() || millis.isEmpty()) {
                channel.write(ByteBuffer.allocate(BLOCK));
                long before = System.nanoTime();
                channel.force(false);
                millis.add((System.nanoTime() - before) / 1e6);
            }
        } finally {
            delete(small);
            forget(cleaner);
        }
        Collections.sort(millis);
        return new double[] {millis.get(millis.size() / 2), millis.get(millis.size() * 99 / 100)};
    }

    private static void forget(Thread cleaner) {
        try {
            Runtime.getRuntime().removeShutdownHook(cleaner);
        } catch (IllegalStateException e) {
            // The process ends already.
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            System.getLogger(DiskProbe.class.getName()).log(System.Logger.Level.WARNING, file + " stays", e);
        }
    }
}
