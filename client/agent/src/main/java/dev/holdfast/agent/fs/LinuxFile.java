package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A regular file's descriptor. */
final class LinuxFile implements Directory.FileHandle {
    /** From this length on, a write goes past the page cache where it can: nobody reads the pages soon. */
    private static final int LEAST_DIRECT_BYTES = 1 << 17;

    /** With larger blocks too little of a chunk would be left to write directly. */
    private static final int GREATEST_UNIT_BYTES = 1 << 16;

    private static final int UNKNOWN = -1;
    static final int NONE = -2;

    private final int fd;
    /** A second descriptor for direct writes, opened by the first of them. Closed with the file, since other threads may use it. */
    private volatile int direct = UNKNOWN;
    /** Whether a direct write was refused, so that no further one is tried. */
    private volatile boolean refused;
    /**
     * Positions and lengths of direct writes are multiples of it. No page or block of the file is then written directly by one thread
     * while another fills the rest of it through the cache, which the kernel does not keep apart.
     */
    private int unit = Libc.Scratch.BLOCK_BYTES;

    private LinuxAttributes.Inherited inherited;
    private boolean closed;

    LinuxFile(int fd, LinuxAttributes.Inherited inherited) {
        this.fd = fd;
        this.inherited = inherited;
    }

    /**
     * As if the file system had such blocks.
     *
     * @param direct the descriptor for direct writes, or {@link #NONE}
     */
    LinuxFile(int fd, int direct, int unit) {
        this(fd, LinuxAttributes.Inherited.ANY);
        this.unit = unit;
        this.direct = direct;
    }

    @Override
    public Stat stat() throws IOException {
        return LinuxStat.of(fd);
    }

    @Override
    public List<Xattr> xattrs() throws IOException {
        return LinuxXattrs.list(fd);
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
        Libc.Scratch s = Libc.scratch();
        int part = Math.min(length, Libc.Scratch.DATA_BYTES);
        long count = Libc.pread(s, fd, part, position);
        if (count < 0) {
            throw Libc.error(s, "read", Libc.SELF);
        }
        MemorySegment.copy(s.data, ValueLayout.JAVA_BYTE, 0, target, offset, (int) count);
        return count == 0 ? -1 : (int) count;
    }

    @Override
    public void write(long position, byte[] source, int offset, int length) throws IOException {
        int done = 0;
        int past = length >= LEAST_DIRECT_BYTES ? direct() : NONE;
        if (past >= 0) {
            int before = (int) (-position & (unit - 1));
            int whole = (length - before) / unit * unit;
            writeThroughCache(position, source, offset, before);
            done = before + writeDirectly(past, position + before, source, offset + before, whole);
        }
        writeThroughCache(position + done, source, offset + done, length - done);
    }

    /** Direct writes that make a file longer or take blocks wait for each other; those within what it has do not. */
    @Override
    public void reserve(long position, long length) throws IOException {
        if (direct() >= 0) {
            Libc.fallocate(Libc.scratch(), fd, position, length);
        }
    }

    /** The descriptor for direct writes; negative where there are none. */
    private int direct() throws IOException {
        if (direct == UNKNOWN) {
            openDirect();
        }
        return refused ? NONE : direct;
    }

    private synchronized void openDirect() throws IOException {
        if (direct != UNKNOWN) {
            return;
        }
        int opened = NONE;
        if (FileSystems.writesDirectly(stat().device())) {
            unit = Math.max(unit, Math.max(Libc.pageBytes(), LinuxStat.blockBytes(fd)));
            if (Integer.bitCount(unit) == 1 && unit <= GREATEST_UNIT_BYTES) {
                opened = openDirect(fd);
            }
        }
        direct = opened;
    }

    /** Opens a file once more; {@link #NONE} where its file system refuses. */
    static int openDirect(int fd) {
        Libc.Scratch s = Libc.scratch();
        byte[] self = ("/proc/self/fd/" + fd).getBytes(StandardCharsets.US_ASCII);
        int opened = Libc.openat(s, Libc.AT_FDCWD, s.name(self), Libc.O_WRONLY | Libc.O_DIRECT, 0);
        return opened < 0 ? NONE : opened;
    }

    /** Returns how much was written: less than {@code length} where the file system refused, for good. */
    private int writeDirectly(int past, long position, byte[] source, int offset, int length) throws IOException {
        Libc.Scratch s = Libc.scratch();
        int done = 0;
        while (done < length) {
            int part = Math.min(length - done, Libc.Scratch.DATA_BYTES);
            MemorySegment.copy(source, offset + done, s.data, ValueLayout.JAVA_BYTE, 0, part);
            long count = Libc.pwrite(s, past, part, position + done);
            if (count < 0 && s.errno() != OsException.EINVAL) {
                throw Libc.error(s, "write", Libc.SELF);
            }
            if (count <= 0 || count % unit != 0) {
                refused = true;
                return done;
            }
            done += (int) count;
        }
        return done;
    }

    private void writeThroughCache(long position, byte[] source, int offset, int length) throws IOException {
        Libc.Scratch s = Libc.scratch();
        for (int done = 0; done < length; ) {
            int part = Math.min(length - done, Libc.Scratch.DATA_BYTES);
            MemorySegment.copy(source, offset + done, s.data, ValueLayout.JAVA_BYTE, 0, part);
            long count = Libc.pwrite(s, fd, part, position + done);
            if (count < 0) {
                throw Libc.error(s, "write", Libc.SELF);
            }
            done += (int) count;
        }
    }

    @Override
    public long nextData(long position) throws IOException {
        return seek(position, Libc.SEEK_DATA, -1);
    }

    @Override
    public long nextHole(long position) throws IOException {
        return seek(position, Libc.SEEK_HOLE, position);
    }

    private long seek(long position, int whence, long beyondEnd) throws IOException {
        Libc.Scratch s = Libc.scratch();
        long found = Libc.lseek(s, fd, position, whence);
        if (found < 0) {
            if (s.errno() == OsException.ENXIO) {
                return beyondEnd;
            }
            if (s.errno() == OsException.EINVAL) {
                // Files that the kernel makes up know no holes.
                return whence == Libc.SEEK_DATA ? position : Long.MAX_VALUE;
            }
            throw Libc.error(s, "seek", Libc.SELF);
        }
        return found;
    }

    @Override
    public void awaitWrites(long size) {
        // ext4, btrfs, tmpfs, f2fs and FUSE take the lock that writers hold; XFS does when it reads. What is found
        // does not matter, and to go only to the end costs little.
        Libc.lseek(Libc.scratch(), fd, Math.max(0, size - 1), Libc.SEEK_HOLE);
    }

    @Override
    public void watchMappings() {
        // Where it fails reading goes on, as on file systems that have nothing to write back.
        Libc.writeBack(Libc.scratch(), fd);
    }

    @Override
    public InodeFlags flags() {
        return LinuxInodeFlags.of(fd);
    }

    @Override
    public void truncate(long size) throws IOException {
        Libc.Scratch s = Libc.scratch();
        Libc.check(s, Libc.ftruncate(s, fd, size), "set size", Libc.SELF);
    }

    @Override
    public boolean tryLock() {
        Libc.Scratch s = Libc.scratch();
        return Libc.flock(s, fd) == 0 || s.errno() != OsException.EAGAIN;
    }

    @Override
    public List<String> apply(Attributes a) throws IOException {
        LinuxAttributes.Inherited first = inherited;
        inherited = LinuxAttributes.Inherited.ANY;
        return LinuxAttributes.apply(fd, a, first);
    }

    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            try {
                if (direct >= 0) {
                    Libc.closeFd(direct);
                }
            } finally {
                Libc.closeFd(fd);
            }
        }
    }
}
