package dev.holdfast.agent.backup;

import dev.holdfast.agent.chunk.GearChunker;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.DirectoryNode;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads files: small ones as bundles that share a chunk, others cut by content, holes left out. Compares what the file
 * system says before and after, and reports what changed meanwhile. Safe for use by several threads.
 */
final class FileReaders {
    /** Files up to this size travel in bundles: smaller than the chunker's minimum, they would be one chunk each. */
    static final int SMALL_BYTES = GearChunker.MIN_BYTES;

    /** What one chunk holds of files where it begins with something else. */
    private final int mostBytes;

    private static final int BUFFER_BYTES = 2 * GearChunker.MAX_BYTES;

    private final GearChunker chunker;
    private final byte[] prefix;
    private final ChunkUploader uploader;
    private final Pace pace;
    private final BackupStats stats;
    private final Problems problems;
    private final boolean takesFlags;
    private final long started;
    /** The chunk of zeros, once it was submitted. */
    private volatile @Nullable Upload zeroChunk;

    private final ThreadLocal<byte[]> buffers = ThreadLocal.withInitial(() -> new byte[BUFFER_BYTES]);

    /**
     * @param prefix what every chunk begins with, in front of what is read
     * @param takesFlags whether the appliance knows pages with inode flags
     * @param started when the backup began, ms since 1970
     */
    FileReaders(
            GearChunker chunker,
            byte[] prefix,
            ChunkUploader uploader,
            Pace pace,
            BackupStats stats,
            Problems problems,
            boolean takesFlags,
            long started) {
        this.started = started;
        this.prefix = prefix;
        this.mostBytes = Packed.MAX_RAW_BYTES - prefix.length;
        this.takesFlags = takesFlags;
        this.pace = pace;
        this.chunker = chunker;
        this.uploader = uploader;
        this.stats = stats;
        this.problems = problems;
    }

    /** A small file's bytes, while its bundle fills. */
    private record Small(FileJob job, Attributes attributes, int offset, int length) {}

    /** Reads a bundle of small files into one chunk. */
    void readBundle(List<FileJob> jobs) throws IOException, InterruptedException {
        ChunkBuffers.Lease lease = uploader.buffers().take(prefix.length + room(jobs));
        System.arraycopy(prefix, 0, lease.array(), 0, prefix.length);
        List<Small> read = new ArrayList<>(jobs.size());
        List<FileJob> others = new ArrayList<>();
        int filled = prefix.length;
        for (FileJob job : jobs) {
            try {
                Optional<Small> small = readSmall(job, lease.array(), filled);
                if (small.isEmpty()) {
                    others.add(job);
                } else {
                    read.add(small.get());
                    filled += small.get().length;
                }
            } catch (IOException e) {
                leaveOut(job, e);
            }
        }
        @Nullable Upload upload = null;
        if (filled > prefix.length) {
            upload = uploader.submit(ChunkKind.DATA, lease, filled);
        } else {
            uploader.buffers().giveBack(lease);
        }
        for (Small small : read) {
            List<Extent> extents = List.of();
            List<CompletableFuture<Void>> acknowledged = List.of();
            if (upload != null && small.length > 0) {
                extents = List.of(new Extent(0, upload.digest(), upload.length(), small.offset, small.length));
                acknowledged = List.of(upload.acknowledged());
            }
            small.job.put(new FileJob.Result.Part(small.attributes, extents, true, false, small.length, acknowledged));
        }
        // Only now, since they wait for memory of their own.
        for (FileJob job : others) {
            readLarge(job);
        }
    }

    private static int room(List<FileJob> jobs) {
        long bytes = 0;
        for (FileJob job : jobs) {
            bytes += job.stat.size();
        }
        return Math.toIntExact(bytes);
    }

    /**
     * Empty where the file is not as it was in the walk, or has a hole, which a bundle cannot keep, or must be looked for
     * after it was read: such files are read on their own. The walk found blocks enough for the size, so that holes could
     * only hide behind attributes.
     */
    private Optional<Small> readSmall(FileJob job, byte[] buffer, int offset) throws IOException {
        if (Ticks.changing(job.stat, started)) {
            return Optional.empty();
        }
        return job.directory.use(directory -> {
            try (Directory.FileHandle file = directory.openFile(job.name)) {
                stats.openedFiles.increment();
                settle(job.stat, file);
                int wanted = (int) job.stat.size();
                int length = fill(file, 0, buffer, offset, wanted);
                Stat after = file.stat();
                if (length < wanted || !job.stat.sameState(after)) {
                    return Optional.empty();
                }
                if (wanted == 0 && file.read(0, new byte[1], 0, 1) > 0) {
                    // Made up by the kernel when it is read.
                    return Optional.empty();
                }
                List<Xattr> xattrs = xattrs(job.path, file::xattrs);
                if (!xattrs.isEmpty() && length > 0 && file.nextHole(0) < length) {
                    return Optional.empty();
                }
                stats.readBytes.add(length);
                return Optional.of(new Small(job, attributes(job, after, xattrs, file), offset, length));
            }
        });
    }

    /**
     * Waits until all that changed the file before {@code stat} is done, and whatever changes it now moves its change time:
     * within one tick of the file system's clock a file can change without a trace. Files that are written to all the time
     * wait once, for one tick.
     */
    private void settle(Stat stat, Directory.FileHandle file) throws IOException {
        long tick = Ticks.millis(stat);
        long since = System.currentTimeMillis() - Ticks.millis(stat.ctime());
        if (since < tick && since > -tick) {
            try {
                Thread.sleep(tick - Math.max(0, since));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        }
        if (Ticks.changing(stat, started)) {
            file.watchMappings();
        }
        file.awaitWrites(stat.size());
    }

    private static Stat requireFile(Stat stat) throws IOException {
        if (stat.type() != Stat.Type.FILE) {
            throw new IOException("it was replaced by something that is no regular file");
        }
        return stat;
    }

    private int fill(Directory.FileHandle file, long position, byte[] buffer, int offset, int wanted)
            throws IOException {
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

    private boolean changed(FileJob job, Stat before, Stat after, boolean cutShort) {
        // Reading may have taken place on another file than the walk saw; then the walk's word does not count.
        if (!before.sameState(after) || cutShort) {
            String detail = after.size() == before.size()
                    ? "written to while it was read"
                    : "size went from " + before.size() + " to " + after.size() + " bytes while it was read";
            problems.add(job.path, Problem.Kind.CHANGED, detail);
            return true;
        }
        return false;
    }

    private boolean displaced(FileJob job, Stat read) {
        if (job.inPlace(read, Ticks.changing(read, started))) {
            return false;
        }
        problems.add(job.path, Problem.Kind.CHANGED, "moved or replaced while it was read");
        return true;
    }

    /** All extended attributes, or a report of why not. */
    List<Xattr> xattrs(TreePath path, Directory directory, byte[] name) {
        return xattrs(path, () -> directory.xattrs(name));
    }

    private interface XattrSource {
        List<Xattr> list() throws IOException;
    }

    private List<Xattr> xattrs(TreePath path, XattrSource source) {
        try {
            List<Xattr> xattrs = source.list();
            long bytes = 0;
            for (Xattr xattr : xattrs) {
                bytes += xattr.name().length + xattr.value().length;
            }
            if (bytes <= MAX_XATTR_BYTES) {
                return xattrs;
            }
            problems.add(path, Problem.Kind.UNREPRESENTABLE, bytes + " bytes of extended attributes are too many");
        } catch (IOException e) {
            problems.add(path, Problem.Kind.ATTRIBUTES_LOST, String.valueOf(e.getMessage()));
        }
        return List.of();
    }

    /** Of files that say they are empty, as those of /proc do, so much is read to find the end. */
    private static final long MAX_UNTOLD_BYTES = 64 << 20;

    /** Whether the kernel makes the content up when it is read: then the size says nothing, and no block is taken. */
    private static boolean madeUp(Stat stat, long end) {
        return stat.allocated() == 0 && end != stat.size();
    }

    /** Everything about an open file. */
    private Attributes attributes(FileJob job, Stat stat, List<Xattr> xattrs, Directory.FileHandle file) {
        return job.attributes(stat).withXattrs(xattrs).withFlags(kept(job.path, stat, file.flags()));
    }

    /** The flags of a directory; none, and a report, where it cannot be opened. */
    InodeFlags flags(TreePath path, DirectoryNode parent, byte[] name, Stat stat) {
        try {
            InodeFlags found = parent.use(directory -> {
                try (Directory self = directory.openDirectory(name)) {
                    return self.flags();
                }
            });
            return kept(path, stat, found);
        } catch (IOException e) {
            // What it holds cannot be listed either, which is reported.
            return InodeFlags.NONE;
        }
    }

    private InodeFlags kept(TreePath path, Stat stat, InodeFlags found) {
        if (!stat.protection().isEmpty() && stat.type() == Stat.Type.FILE) {
            problems.add(path, Problem.Kind.UNREPRESENTABLE, stat.protection() + " is not kept; the content is");
        }
        if (!takesFlags && !found.isNone()) {
            problems.add(
                    path,
                    Problem.Kind.ATTRIBUTES_LOST,
                    "inode flags " + InodeFlags.letters(found.bits()) + ": the appliance is too old for them");
            return InodeFlags.NONE;
        }
        return found;
    }

    /** More would not fit a manifest page. */
    private static final int MAX_XATTR_BYTES = 400 << 10;

    private void leaveOut(FileJob job, IOException cause) throws InterruptedException {
        boolean vanished = cause instanceof OsException os && os.vanished();
        problems.add(
                job.path,
                vanished ? Problem.Kind.VANISHED : Problem.Kind.UNREADABLE,
                String.valueOf(cause.getMessage()));
        job.put(new FileJob.Result.LeftOut());
    }

    /** Reads a stream to its end as the content of one file. */
    void readStream(FileJob job, InputStream stream) throws IOException, InterruptedException {
        Parts parts = new Parts(job);
        try {
            long end = readSegment(new StreamFile(stream, job.stat), 0, Long.MAX_VALUE, parts);
            Attributes a = job.stat.attributes();
            parts.attributes = new Attributes(
                    a.mode(), a.uid(), a.gid(), a.mtime(), a.ctime(), 0, 0, 1, parts.begun ? 0 : end, List.of());
            stats.bytes.add(end);
            parts.finish(false, end);
        } catch (UploadFailedException e) {
            throw e.failure;
        }
    }

    /** A stream in the place of a file: read once, from the beginning. */
    private record StreamFile(InputStream stream, Stat stat) implements Directory.FileHandle {
        @Override
        public int read(long position, byte[] target, int offset, int length) throws IOException {
            return stream.read(target, offset, length);
        }

        @Override
        public void write(long position, byte[] source, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long nextData(long position) {
            return position;
        }

        @Override
        public long nextHole(long position) {
            return Long.MAX_VALUE;
        }

        @Override
        public List<Xattr> xattrs() {
            return List.of();
        }

        @Override
        public void awaitWrites(long size) {}

        @Override
        public void watchMappings() {}

        @Override
        public InodeFlags flags() {
            return InodeFlags.NONE;
        }

        @Override
        public void truncate(long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean tryLock() {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<String> apply(Attributes attributes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    /** Reads one larger file, handing its content on in parts. */
    void readLarge(FileJob job) throws IOException, InterruptedException {
        stats.openedFiles.increment();
        Parts parts = new Parts(job);
        try {
            job.directory.use(directory -> {
                try (Directory.FileHandle file = directory.openFile(job.name)) {
                    Stat before = requireFile(file.stat());
                    settle(before, file);
                    parts.attributes = attributes(job, before, xattrs(job.path, file::xattrs), file);
                    // The first to list the attributes of a file of the kernel moves its times.
                    Stat listed = file.stat();
                    long end = before.size() == 0
                            ? readSegment(file, 0, MAX_UNTOLD_BYTES, parts)
                            : readContent(file, before, parts);
                    if (end >= MAX_UNTOLD_BYTES && before.size() == 0) {
                        throw new IOException("it says that it is empty, and has no end");
                    }
                    if (listed.size() == before.size() && madeUp(listed, end) && listed.sameState(file.stat())) {
                        parts.finish(false, end);
                        return true;
                    }
                    boolean changed = changed(job, before, file.stat(), end < before.size()) || displaced(job, before);
                    parts.finish(changed, changed ? end : before.size());
                    return true;
                }
            });
        } catch (UploadFailedException e) {
            throw e.failure;
        } catch (IOException e) {
            if (parts.begun) {
                // Its beginning is in the manifest already: keep what was read, and say so.
                problems.add(job.path, Problem.Kind.CHANGED, "reading stopped: " + e.getMessage());
                parts.finish(true, parts.end);
            } else {
                leaveOut(job, e);
            }
        }
    }

    /** Separates what the network did from what the file did. */
    private static final class UploadFailedException extends IOException {
        private final IOException failure;

        UploadFailedException(IOException failure) {
            super(failure);
            this.failure = failure;
        }
    }

    /** Returns where the content ends: the size, or less where the file was shorter than it said. */
    private long readContent(Directory.FileHandle file, Stat stat, Parts parts) throws IOException {
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

    private long readSegment(Directory.FileHandle file, long from, long to, Parts parts) throws IOException {
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

    /** Collects extents and hands them on in parts. */
    private final class Parts {
        private final FileJob job;
        private Attributes attributes;
        private List<Extent> extents = new ArrayList<>();
        private List<CompletableFuture<Void>> acknowledged = new ArrayList<>();
        private long end;
        private boolean begun;

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
