package dev.holdfast.agent.backup;

import dev.holdfast.agent.chunk.GearChunker;
import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.OsException;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.image.BlockSource;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Extent;
import dev.holdfast.protocol.manifest.Problem;
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

    private final ContentReader content;
    private final AttributeReader attributes;
    private final ChunkUploader uploader;
    private final BackupStats stats;
    private final Problems problems;
    private final long started;

    /** @param started when the backup began, ms since 1970 */
    FileReaders(
            ContentReader content,
            AttributeReader attributes,
            ChunkUploader uploader,
            BackupStats stats,
            Problems problems,
            long started) {
        this.content = content;
        this.attributes = attributes;
        this.uploader = uploader;
        this.stats = stats;
        this.problems = problems;
        this.started = started;
    }

    /** A small file's bytes, while its bundle fills. */
    private record Small(FileJob job, Attributes attributes, int offset, int length) {}

    /** Reads a bundle of small files into one chunk. */
    void readBundle(List<FileJob> jobs) throws IOException, InterruptedException {
        ChunkBuffers.Lease lease = uploader.buffers().take(content.prefix.length + room(jobs));
        System.arraycopy(content.prefix, 0, lease.array(), 0, content.prefix.length);
        List<Small> read = new ArrayList<>(jobs.size());
        List<FileJob> others = new ArrayList<>();
        int filled = content.prefix.length;
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
        if (filled > content.prefix.length) {
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
        stats.at(job.path);
        return job.directory.use(directory -> {
            try (Directory.FileHandle file = directory.openFile(job.name)) {
                stats.openedFiles.increment();
                settle(job.stat, file);
                int wanted = (int) job.stat.size();
                int length = content.fill(file::read, 0, buffer, offset, wanted);
                Stat after = file.stat();
                if (length < wanted || !job.stat.sameState(after)) {
                    return Optional.empty();
                }
                if (wanted == 0 && file.read(0, new byte[1], 0, 1) > 0) {
                    // Made up by the kernel when it is read.
                    return Optional.empty();
                }
                List<Xattr> xattrs = attributes.xattrs(job.path, file::xattrs);
                if (!xattrs.isEmpty() && length > 0 && file.nextHole(0) < length) {
                    return Optional.empty();
                }
                stats.readBytes.add(length);
                return Optional.of(new Small(job, attributes.attributes(job, after, xattrs, file), offset, length));
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
            throw new IOException("it was replaced by an entry that is not a regular file");
        }
        return stat;
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

    /** Of files that say they are empty, as those of /proc do, so much is read to find the end. */
    private static final long MAX_UNTOLD_BYTES = 64 << 20;

    /** Whether the kernel makes the content up when it is read: then the size says nothing, and no block is taken. */
    private static boolean madeUp(Stat stat, long end) {
        return stat.allocated() == 0 && end != stat.size();
    }

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
        ContentReader.Parts parts = content.new Parts(job);
        try {
            long end = content.readStream(new StreamSource.AsFile(stream, job.stat), parts);
            Attributes a = job.stat.attributes();
            parts.attributes = new Attributes(
                    a.mode(), a.uid(), a.gid(), a.mtime(), a.ctime(), 0, 0, 1, parts.begun ? 0 : end, List.of());
            stats.bytes.add(end);
            parts.finish(false, end);
        } catch (ContentReader.UploadFailedException e) {
            throw e.failure;
        }
    }

    /**
     * Reads a disk, or what changed on it. What cannot be read makes the backup fail: a disk with a part missing starts no machine.
     *
     * @param unchanged what is not read
     * @throws IOException which names the disk
     */
    void readDisk(FileJob job, BlockSource disk, UnchangedBlocks unchanged) throws IOException, InterruptedException {
        stats.at(job.path);
        long size = job.stat.size();
        stats.bytes.add(size);
        ContentReader.Parts parts = content.new Parts(job);
        try {
            long at = 0;
            while (at < size) {
                at = unchanged.takeOver(at, unchanged.nextRead(at), parts::takeOver);
                if (at < size) {
                    long end = unchanged.nextTaken(at);
                    readRange(disk, at, end, parts);
                    at = end;
                }
            }
            unchanged.end();
            Optional<String> doubt = disk.doubt();
            doubt.ifPresent(why -> problems.add(job.path, Problem.Kind.CHANGED, why));
            parts.finish(doubt.isPresent(), size);
        } catch (ContentReader.UploadFailedException e) {
            throw e.failure;
        } catch (PreviousBrokenException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException(job.path + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Reads the blocks with data between two multiples of the block size. */
    private void readRange(BlockSource disk, long from, long to, ContentReader.Parts parts) throws IOException {
        long at = from;
        while (at < to) {
            long data = disk.nextData(at);
            if (data < 0 || data >= to) {
                break;
            }
            long begin = Math.max(at, data / ContentReader.BLOCK_BYTES * ContentReader.BLOCK_BYTES);
            stats.holeBytes.add(begin - at);
            long blocks = (disk.nextHole(data) - 1) / ContentReader.BLOCK_BYTES + 1;
            at = Math.min(to, blocks * ContentReader.BLOCK_BYTES);
            content.readBlocks(disk::read, begin, at, parts);
        }
        stats.holeBytes.add(to - at);
    }

    /** Reads one larger file, handing its content on in parts. */
    void readLarge(FileJob job) throws IOException, InterruptedException {
        stats.openedFiles.increment();
        stats.at(job.path);
        ContentReader.Parts parts = content.new Parts(job);
        try {
            job.directory.use(directory -> {
                try (Directory.FileHandle file = directory.openFile(job.name)) {
                    Stat before = requireFile(file.stat());
                    settle(before, file);
                    parts.attributes =
                            attributes.attributes(job, before, attributes.xattrs(job.path, file::xattrs), file);
                    // The first to list the attributes of a file of the kernel moves its times.
                    Stat listed = file.stat();
                    long end = before.size() == 0
                            ? content.readInOrder(file, MAX_UNTOLD_BYTES, parts)
                            : content.readContent(file, before, parts);
                    if (end >= MAX_UNTOLD_BYTES && before.size() == 0) {
                        throw new IOException("its size is 0, and reading it finds no end");
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
        } catch (ContentReader.UploadFailedException e) {
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
}
