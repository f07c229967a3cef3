package dev.holdfast.agent.remote;

import com.github.luben.zstd.Zstd;
import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreeCursor;
import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A copy of the last snapshot's pages in the client's state, so that the next backup need not fetch them. A cache: any
 * doubt about it means fetching. Records of: length u32, PageRef, zstd page; the last is the snapshot's UUID behind a
 * length of 0.
 */
public final class LocalManifest implements TreeCursor.Pages, AutoCloseable {
    private static final int MAX_RECORD_BYTES = 4 << 20;
    private static final String TEMPORARY = ".tmp";

    private final RandomAccessFile file;
    private final HashAlgorithm hash;
    private final UUID snapshot;
    private long[] offsets = new long[64];
    private int count;
    private int lastRef;

    private LocalManifest(RandomAccessFile file, HashAlgorithm hash) throws IOException {
        this.file = file;
        this.hash = hash;
        long at = 0;
        while (true) {
            file.seek(at);
            int length = file.readInt();
            if (length == 0) {
                snapshot = new UUID(file.readLong(), file.readLong());
                return;
            }
            if (length < 0 || length > MAX_RECORD_BYTES) {
                throw FormatException.corrupt("local manifest is damaged");
            }
            if (count == offsets.length) {
                offsets = Arrays.copyOf(offsets, count * 2);
            }
            offsets[count++] = at;
            at += 4L + length;
        }
    }

    /** @param hash by which the appliance names pages */
    public static LocalManifest open(Path path, HashAlgorithm hash) throws IOException {
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
        try {
            return new LocalManifest(file, hash);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    public UUID snapshot() {
        return snapshot;
    }

    @Override
    public int count() {
        return count;
    }

    private byte[] record(int index) throws IOException {
        file.seek(offsets[index]);
        byte[] record = new byte[file.readInt()];
        file.readFully(record);
        return record;
    }

    @Override
    public PageRef ref(int index) throws IOException {
        lastRef = index;
        return PageRef.read(new ByteReader(record(index)));
    }

    @Override
    public Page load(PageRef ref) throws IOException {
        // The cursor asks for a page right after its reference.
        ByteReader in = new ByteReader(record(lastRef));
        if (PageRef.read(in).equals(ref)) {
            byte[] bytes = new Packed(Codec.ZSTD, ref.length(), in.raw(in.remaining())).unpack();
            if (hash.digest(bytes).equals(ref.digest())) {
                return Page.parse(bytes);
            }
        }
        throw FormatException.corrupt("local manifest is damaged");
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /**
     * Writes a copy; it takes its place with {@link #commit}. A copy is convenient and no more: where it cannot be written,
     * as on a full disk, that is logged once and all else goes on. Used by one thread.
     */
    public static final class Writer implements AutoCloseable {
        private static final System.Logger LOG = System.getLogger(LocalManifest.class.getName());
        private static final int LEVEL = 1;
        private final Path path;
        private final Path temporary;
        private @Nullable DataOutputStream out;

        /** @param path where the copy goes; its directory is made if missing */
        public Writer(Path path) {
            this.path = path;
            this.temporary = path.resolveSibling(
                    path.getFileName() + "." + ProcessHandle.current().pid() + "-" + System.nanoTime() + TEMPORARY);
            try {
                Path directory = Objects.requireNonNull(path.getParent());
                Identity.createDirectory(directory);
                discardLeftovers(directory);
                FileChannel channel =
                        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16));
                // Tells others that the file has an owner; released by closing.
                channel.tryLock();
                Unfinished.add(temporary);
            } catch (IOException e) {
                abandon(e);
            }
        }

        /** What processes left that were killed: nobody holds its lock. */
        private static void discardLeftovers(Path directory) throws IOException {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*" + TEMPORARY)) {
                for (Path each : found) {
                    try (FileChannel channel = FileChannel.open(each, StandardOpenOption.WRITE)) {
                        if (channel.tryLock() != null) {
                            Files.deleteIfExists(each);
                        }
                    } catch (OverlappingFileLockException | NoSuchFileException e) {
                        // Another backup of this process writes it, or just ended.
                    }
                }
            }
        }

        private void abandon(IOException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "no copy of the snapshot's file list was kept in " + path.getParent()
                            + "; the next backup asks the appliance for it: " + e.getMessage());
            close();
        }

        public void page(PageRef ref, byte[] bytes) {
            DataOutputStream to = out;
            if (to == null) {
                return;
            }
            ByteWriter record = new ByteWriter(256);
            ref.write(record);
            record.raw(Zstd.compress(bytes, LEVEL));
            try {
                to.writeInt(record.size());
                to.write(record.toByteArray());
            } catch (IOException e) {
                abandon(e);
            }
        }

        public void commit(UUID snapshot) {
            DataOutputStream to = out;
            if (to == null) {
                return;
            }
            try {
                to.writeInt(0);
                to.writeLong(snapshot.getMostSignificantBits());
                to.writeLong(snapshot.getLeastSignificantBits());
                to.close();
                Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                abandon(e);
            }
        }

        @Override
        public void close() {
            DataOutputStream open = out;
            out = null;
            try {
                if (open != null) {
                    open.close();
                }
            } catch (IOException e) {
                // What was buffered is not wanted.
            }
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, "left behind: " + temporary, e);
            }
            Unfinished.remove(temporary);
        }
    }
}
