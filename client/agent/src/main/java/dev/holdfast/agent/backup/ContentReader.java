package dev.holdfast.agent.backup;

import dev.holdfast.agent.chunk.GearChunker;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Extent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads content, cuts it into chunks, and hands these to the uploader; holes are left out. Files are cut by content, disks in blocks.
 * Safe for use by several threads.
 */
final class ContentReader {
    /** Helpers read segments from this size on. A shorter segment is read before a helper wakes up. */
    private static final long HELPED_BYTES = 4 << 20;

    /** Of disks, whose file systems place what they write at multiples of their own blocks. */
    static final int BLOCK_BYTES = 256 << 10;

    private static final byte[] ZEROS = new byte[BLOCK_BYTES];

    private final GearChunker chunker;
    /** What every chunk begins with, in front of what is read. */
    final byte[] prefix;
    /** What one chunk holds of files where it begins with something else. */
    private final int mostBytes;

    private final ChunkUploader uploader;
    private final Helpers helpers;
    private final Pace pace;
    private final BackupStats stats;
    /** The chunk of zeros, once it was submitted. */
    private volatile @Nullable Upload zeroChunk;

    private final ThreadLocal<byte[]> arrays = ThreadLocal.withInitial(() -> new byte[SegmentReader.ARRAY_BYTES]);

    /** @param prefix what every chunk begins with, in front of what is read */
    ContentReader(
            GearChunker chunker, byte[] prefix, ChunkUploader uploader, Helpers helpers, Pace pace, BackupStats stats) {
        this.chunker = chunker;
        this.prefix = prefix;
        this.mostBytes = Packed.MAX_RAW_BYTES - prefix.length;
        this.uploader = uploader;
        this.helpers = helpers;
        this.pace = pace;
        this.stats = stats;
    }

    /** What is read; by several threads. */
    interface Input {
        /** Reads up to {@code length} bytes; -1 at the end. */
        int read(long position, byte[] target, int offset, int length) throws IOException;
    }

    /** Reads until {@code wanted} bytes are there or the file ends. Returns how many there are. */
    int fill(Input file, long position, byte[] buffer, int offset, int wanted) throws IOException {
        int filled = 0;
        while (filled < wanted) {
            int count = file.read(position + filled, buffer, offset + filled, wanted - filled);
            pace.pass(Math.max(0, count));
            if (count < 0) {
                break;
            }
            filled += count;
        }
        return filled;
    }

    /** Returns where the content ends: the size, or less where the file was shorter than it said. */
    long readContent(Directory.FileHandle file, Stat stat, Parts parts) throws IOException {
        long size = stat.size();
        long at = 0;
        while (at < size) {
            long data = file.nextData(at);
            if (data < 0 || data >= size) {
                stats.holeBytes.add(size - at);
                return size;
            }
            stats.holeBytes.add(data - at);
            long hole = Math.min(size, file.nextHole(data));
            long end = readSegment(file, data, hole, parts);
            if (end < hole) {
                return end;
            }
            at = hole;
        }
        return size;
    }

    /**
     * Reads a segment by the calling thread, and by the helpers as well where it is a large one.
     *
     * @return where reading stopped: at {@code to}, or where the file ends
     */
    private long readSegment(Directory.FileHandle file, long from, long to, Parts parts) throws IOException {
        return readSegment(file, from, to, parts, to - from < HELPED_BYTES ? null : helpers, false);
    }

    /** Reads a file in order and by the calling thread alone, up to its end or {@code most} bytes; returns how many there were. */
    long readInOrder(Directory.FileHandle file, long most, Parts parts) throws IOException {
        return readSegment(file, 0, most, parts, null, true);
    }

    /** As {@link #readInOrder} to the end, but helpers hash what was read. */
    long readStream(Directory.FileHandle file, Parts parts) throws IOException {
        return readSegment(file, 0, Long.MAX_VALUE, parts, helpers, true);
    }

    private long readSegment(
            Directory.FileHandle file, long from, long to, Parts parts, @Nullable Helpers helpers, boolean inOrder)
            throws IOException {
        try (SegmentReader reader =
                new SegmentReader(new Work(file::read, parts, false), from, to, arrays.get(), helpers, inOrder)) {
            return reader.read();
        }
    }

    /**
     * Reads a range of a disk, in blocks at multiples of their size, so that a block that changes leaves all others as they are. Blocks
     * of zeros become holes.
     *
     * @param from a multiple of {@link #BLOCK_BYTES}; likewise {@code to}, unless the disk ends there
     */
    void readBlocks(Input disk, long from, long to, Parts parts) throws IOException {
        try (SegmentReader reader =
                new SegmentReader(new Work(disk, parts, true), from, to, arrays.get(), helpers, false)) {
            long end = reader.read();
            if (end < to) {
                throw new IOException("it ends at " + end + " bytes, before its size of " + to);
            }
        }
    }

    /** What {@link SegmentReader} does with a file. */
    private final class Work implements SegmentReader.Work {
        private final Input file;
        private final Parts parts;
        private final boolean blocks;

        Work(Input file, Parts parts, boolean blocks) {
            this.file = file;
            this.parts = parts;
            this.blocks = blocks;
        }

        @Override
        public int read(long position, byte[] array, int offset, int wanted) throws IOException {
            int count = fill(file, position, array, offset, wanted);
            stats.readBytes.add(count);
            return count;
        }

        @Override
        public SegmentReader.Cut cut(byte[] array, int from, int to, boolean last) {
            if (blocks) {
                int block = Math.min(BLOCK_BYTES, to - from);
                return new SegmentReader.Cut(block, Arrays.equals(array, from, from + block, ZEROS, 0, block));
            }
            int zeros = chunker.zeros(array, from, to);
            int length = zeros > 0 ? zeros : chunker.next(array, from, to, last);
            return new SegmentReader.Cut(Math.min(mostBytes, length), zeros > 0);
        }

        @Override
        public Upload submit(byte[] array, int offset, SegmentReader.Cut cut) throws UploadFailedException {
            @Nullable Upload known = !cut.zeros() ? null : blocks ? Upload.HOLE : zeroChunk;
            if (known != null) {
                return known;
            }
            int length = prefix.length + cut.length();
            try {
                ChunkBuffers.Lease lease = uploader.buffers().take(length);
                System.arraycopy(prefix, 0, lease.array(), 0, prefix.length);
                System.arraycopy(array, offset, lease.array(), prefix.length, cut.length());
                Upload upload = uploader.submit(ChunkKind.DATA, lease, length);
                if (cut.zeros()) {
                    zeroChunk = upload;
                }
                return upload;
            } catch (IOException e) {
                throw new UploadFailedException(e);
            }
        }

        @Override
        public void add(long position, int length, Upload upload) throws IOException {
            if (upload.equals(Upload.HOLE)) {
                stats.zeroBytes.add(length);
            } else {
                parts.add(position, length, upload);
            }
        }
    }

    /** Separates what the network did from what the file did. */
    static final class UploadFailedException extends IOException {
        final IOException failure;

        UploadFailedException(IOException failure) {
            super(failure);
            this.failure = failure;
        }
    }

    /** Collects extents and hands them on in parts. */
    final class Parts {
        private final FileJob job;
        Attributes attributes;
        private List<Extent> extents = new ArrayList<>();
        private List<CompletableFuture<Void>> acknowledged = new ArrayList<>();
        /** Where the content read so far ends. */
        long end;
        /** Whether a part is in the manifest already. */
        boolean begun;

        Parts(FileJob job) {
            this.job = job;
            this.attributes = job.stat.attributes();
        }

        void add(long position, int length, Upload upload) throws IOException {
            acknowledged.add(upload.acknowledged());
            add(position, new Extent(0, upload.digest(), upload.length(), prefix.length, length));
        }

        /** Adds what an earlier snapshot has, which the appliance has already. */
        void takeOver(long position, Extent known) throws IOException {
            add(position, known);
        }

        private void add(long position, Extent found) throws IOException {
            extents.add(new Extent(position - end, found.chunk(), found.chunkLength(), found.offset(), found.length()));
            end = position + found.length();
            if (extents.size() == FileJob.PART_EXTENTS) {
                emit(false, false, 0);
            }
        }

        void finish(boolean changed, long length) throws IOException {
            emit(true, changed, length);
        }

        private void emit(boolean last, boolean changed, long length) throws IOException {
            begun = true;
            try {
                job.put(new FileJob.Result.Part(attributes, extents, last, changed, length, acknowledged));
            } catch (InterruptedException e) {
                throw new UploadFailedException(new IOException("interrupted", e));
            }
            extents = new ArrayList<>();
            acknowledged = new ArrayList<>();
        }
    }
}
