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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads content, cuts it into chunks, and hands these to the uploader; holes are left out. Safe for use by several threads. */
final class ContentReader {
    private static final int BUFFER_BYTES = 2 * GearChunker.MAX_BYTES;

    private final GearChunker chunker;
    /** What every chunk begins with, in front of what is read. */
    final byte[] prefix;
    /** What one chunk holds of files where it begins with something else. */
    private final int mostBytes;

    private final ChunkUploader uploader;
    private final Pace pace;
    private final BackupStats stats;
    /** The chunk of zeros, once it was submitted. */
    private volatile @Nullable Upload zeroChunk;

    private final ThreadLocal<byte[]> buffers = ThreadLocal.withInitial(() -> new byte[BUFFER_BYTES]);

    /** @param prefix what every chunk begins with, in front of what is read */
    ContentReader(GearChunker chunker, byte[] prefix, ChunkUploader uploader, Pace pace, BackupStats stats) {
        this.chunker = chunker;
        this.prefix = prefix;
        this.mostBytes = Packed.MAX_RAW_BYTES - prefix.length;
        this.uploader = uploader;
        this.pace = pace;
        this.stats = stats;
    }

    /** Reads until {@code wanted} bytes are there or the file ends. Returns how many there are. */
    int fill(Directory.FileHandle file, long position, byte[] buffer, int offset, int wanted) throws IOException {
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
                return size;
            }
            long hole = Math.min(size, file.nextHole(data));
            long end = readSegment(file, data, hole, parts);
            if (end < hole) {
                return end;
            }
            at = hole;
        }
        return size;
    }

    /** Returns where reading stopped: at {@code to}, or where the file ends. */
    long readSegment(Directory.FileHandle file, long from, long to, Parts parts) throws IOException {
        byte[] buffer = buffers.get();
        int begin = 0;
        int filled = 0;
        long position = from;
        boolean last = false;
        while (true) {
            if (!last && filled - begin < GearChunker.MAX_BYTES) {
                System.arraycopy(buffer, begin, buffer, 0, filled - begin);
                filled -= begin;
                begin = 0;
                int wanted = (int) Math.min(buffer.length - filled, to - position);
                int count = fill(file, position, buffer, filled, wanted);
                stats.readBytes.add(count);
                filled += count;
                position += count;
                last = position == to || count < wanted;
            }
            if (begin == filled) {
                return position;
            }
            int zeros = chunker.zeros(buffer, begin, filled);
            int length = Math.min(mostBytes, zeros > 0 ? zeros : chunker.next(buffer, begin, filled, last));
            parts.add(position - (filled - begin), buffer, begin, length, zeros > 0);
            begin += length;
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

        void add(long position, byte[] buffer, int offset, int length, boolean zeros) throws IOException {
            @Nullable Upload upload = zeros ? zeroChunk : null;
            try {
                if (upload == null) {
                    upload = submit(buffer, offset, length);
                }
                if (zeros) {
                    zeroChunk = upload;
                }
            } catch (IOException e) {
                throw new UploadFailedException(e);
            }
            extents.add(new Extent(position - end, upload.digest(), upload.length(), prefix.length, length));
            acknowledged.add(upload.acknowledged());
            end = position + length;
            if (extents.size() == FileJob.PART_EXTENTS) {
                emit(false, false, 0);
            }
        }

        private Upload submit(byte[] buffer, int offset, int length) throws IOException {
            ChunkBuffers.Lease lease = uploader.buffers().take(prefix.length + length);
            System.arraycopy(prefix, 0, lease.array(), 0, prefix.length);
            System.arraycopy(buffer, offset, lease.array(), prefix.length, length);
            return uploader.submit(ChunkKind.DATA, lease, prefix.length + length);
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
