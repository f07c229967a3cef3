package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A directory's file descriptor, and the calls that end in {@code at}. */
final class LinuxDirectory implements Directory {
    private static final byte[] SELF = new byte[0];
    private static final int S_IFMT = 0170000;
    private static final int S_IFIFO = 0010000;
    private static final int S_IFCHR = 0020000;
    private static final int S_IFDIR = 0040000;
    private static final int S_IFBLK = 0060000;
    private static final int S_IFREG = 0100000;
    private static final int S_IFLNK = 0120000;
    private static final int S_IFSOCK = 0140000;
    private static final int SET_ID = 06000;
    private static final int DIRENT_RECLEN = 16;
    private static final int DIRENT_NAME = 19;

    private final int fd;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * What a file may have from its directory when it is made: an ACL, or inode flags. Of a file that was not made just now, both.
     */
    private record Inherited(boolean xattrs, boolean flags) {
        static final Inherited ANY = new Inherited(true, true);
    }

    private volatile @Nullable Inherited inherited;

    LinuxDirectory(int fd) {
        this.fd = fd;
    }

    @Override
    public synchronized List<byte[]> names() throws IOException {
        Libc.Scratch s = Libc.scratch();
        List<byte[]> names = new ArrayList<>();
        // A directory may be listed several times through one descriptor, by one thread at a time: it has one position.
        Libc.lseek(s, fd, 0, 0);
        while (true) {
            long count = Libc.getdents(s, fd);
            if (count < 0) {
                throw Libc.error(s, "list directory", SELF);
            }
            if (count == 0) {
                return names;
            }
            for (long at = 0; at < count; ) {
                int length = s.data.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + DIRENT_RECLEN) & 0xFFFF;
                long name = at + DIRENT_NAME;
                long end = name;
                while (s.data.get(ValueLayout.JAVA_BYTE, end) != 0) {
                    end++;
                }
                byte[] bytes = s.data.asSlice(name, end - name).toArray(ValueLayout.JAVA_BYTE);
                boolean dots = bytes[0] == '.' && (bytes.length == 1 || (bytes.length == 2 && bytes[1] == '.'));
                if (!dots) {
                    names.add(bytes);
                }
                at += length;
            }
        }
    }

    @Override
    public Stat stat() throws IOException {
        return stat(fd, SELF, Libc.AT_EMPTY_PATH);
    }

    @Override
    public Stat stat(byte[] name) throws IOException {
        return stat(fd, name, Libc.AT_SYMLINK_NOFOLLOW);
    }

    private static Stat stat(int fd, byte[] name, int flags) throws IOException {
        Libc.Scratch s = Libc.scratch();
        if (Libc.statx(s, fd, s.name(name), flags) != 0) {
            throw Libc.error(s, "stat", name);
        }
        MemorySegment b = s.stat;
        int mode = b.get(ValueLayout.JAVA_SHORT, 28) & 0xFFFF;
        Stat.Type type = switch (mode & S_IFMT) {
            case S_IFREG -> Stat.Type.FILE;
            case S_IFDIR -> Stat.Type.DIRECTORY;
            case S_IFLNK -> Stat.Type.SYMLINK;
            case S_IFIFO -> Stat.Type.FIFO;
            case S_IFCHR -> Stat.Type.CHARACTER_DEVICE;
            case S_IFBLK -> Stat.Type.BLOCK_DEVICE;
            case S_IFSOCK -> Stat.Type.SOCKET;
            default -> Stat.Type.OTHER;
        };
        long device = (long) b.get(ValueLayout.JAVA_INT, 136) << 32 | (b.get(ValueLayout.JAVA_INT, 140) & 0xFFFF_FFFFL);
        // The mask says what the file system knew.
        boolean born = (b.get(ValueLayout.JAVA_INT, 0) & Libc.STATX_BTIME) != 0;
        // The attributes of statx have the bits of the flags.
        int known = (int) (b.get(ValueLayout.JAVA_LONG, 8) & b.get(ValueLayout.JAVA_LONG, 56) & Stat.KNOWN_FLAGS);
        return new Stat(
                type,
                mode & 07777,
                b.get(ValueLayout.JAVA_INT, 20),
                b.get(ValueLayout.JAVA_INT, 24),
                b.get(ValueLayout.JAVA_LONG, 40),
                b.get(ValueLayout.JAVA_LONG, 48) * 512,
                new Timestamp(b.get(ValueLayout.JAVA_LONG, 112), b.get(ValueLayout.JAVA_INT, 120)),
                new Timestamp(b.get(ValueLayout.JAVA_LONG, 96), b.get(ValueLayout.JAVA_INT, 104)),
                born ? new Timestamp(b.get(ValueLayout.JAVA_LONG, 80), b.get(ValueLayout.JAVA_INT, 88)) : null,
                b.get(ValueLayout.JAVA_LONG, 32),
                device,
                b.get(ValueLayout.JAVA_INT, 16),
                b.get(ValueLayout.JAVA_INT, 128),
                b.get(ValueLayout.JAVA_INT, 132),
                known);
    }

    private int open(byte[] name, int flags, int mode, String call) throws IOException {
        Libc.Scratch s = Libc.scratch();
        int opened = Libc.openat(s, fd, s.name(name), flags, mode);
        if (opened < 0) {
            throw Libc.error(s, call, name);
        }
        return opened;
    }

    @Override
    public Directory openDirectory(byte[] name) throws IOException {
        return new LinuxDirectory(open(name, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0, "open directory"));
    }

    @Override
    public Directory openLinkedDirectory(byte[] name) throws IOException {
        return new LinuxDirectory(open(name, Libc.O_RDONLY | Libc.O_DIRECTORY, 0, "open directory"));
    }

    @Override
    public FileHandle openFile(byte[] name) throws IOException {
        // Non-blocking, since a FIFO may have taken the file's place since it was looked at.
        int flags = Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK;
        int opened;
        try {
            opened = open(name, flags | Libc.O_NOATIME, 0, "open");
        } catch (OsException e) {
            if (e.errno() != OsException.EPERM) {
                throw e;
            }
            // Only the owner and root may leave the access time alone.
            opened = open(name, flags, 0, "open");
        }
        return new LinuxFile(opened, Inherited.ANY);
    }

    @Override
    public byte[] readLink(byte[] name) throws IOException {
        Libc.Scratch s = Libc.scratch();
        long length = Libc.readlinkat(s, fd, s.name(name));
        if (length < 0) {
            throw Libc.error(s, "read link", name);
        }
        return s.data.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** A path that leads to a name in this directory without being followed, for the calls that have no {@code at} form. */
    private byte[] procPath(byte[] name) {
        byte[] prefix = ("/proc/self/fd/" + fd + "/").getBytes(StandardCharsets.US_ASCII);
        byte[] path = Arrays.copyOf(prefix, prefix.length + name.length);
        System.arraycopy(name, 0, path, prefix.length, name.length);
        return path;
    }

    @Override
    public List<Xattr> xattrs(byte[] name) throws IOException {
        Libc.Scratch s = Libc.scratch();
        MemorySegment path = s.name(procPath(name));
        return xattrs(s, name, () -> Libc.llistxattr(s, path), attribute -> Libc.lgetxattr(s, path, attribute));
    }

    private interface ListCall {
        long call();
    }

    private interface GetCall {
        long call(MemorySegment attribute);
    }

    /** Both calls leave what they find in the scratch data. */
    private static List<Xattr> xattrs(Libc.Scratch s, byte[] name, ListCall list, GetCall get) throws IOException {
        long length = list.call();
        if (length == 0) {
            return List.of();
        }
        if (length < 0) {
            if (s.errno() == OsException.EOPNOTSUPP) {
                return List.of();
            }
            throw Libc.error(s, "list attributes of", name);
        }
        List<Xattr> xattrs = new ArrayList<>();
        for (byte[] attribute : xattrNames(s, length)) {
            long size = get.call(s.other(attribute));
            if (size >= 0) {
                xattrs.add(new Xattr(attribute, s.data.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE)));
            } else if (s.errno() != OsException.ENODATA) {
                throw Libc.error(s, "read attribute " + new String(attribute, StandardCharsets.UTF_8) + " of", name);
            }
        }
        xattrs.sort((a, b) -> Arrays.compareUnsigned(a.name(), b.name()));
        return xattrs;
    }

    @Override
    public InodeFlags flags() {
        return LinuxInodeFlags.of(fd);
    }

    @Override
    public FileHandle createFile(byte[] name) throws IOException {
        int created = open(name, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW, 0600, "create");
        return new LinuxFile(created, inherited());
    }

    @Override
    public FileHandle openForUpdate(byte[] name) throws IOException {
        return new LinuxFile(open(name, Libc.O_RDWR | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0, "open"), Inherited.ANY);
    }

    @Override
    public void makeDirectory(byte[] name) throws IOException {
        Libc.Scratch s = Libc.scratch();
        check(s, Libc.mkdirat(s, fd, s.name(name), 0700), "make directory", name);
    }

    @Override
    public void makeSymlink(byte[] name, byte[] target) throws IOException {
        Libc.Scratch s = Libc.scratch();
        check(s, Libc.symlinkat(s, s.other(target), fd, s.name(name)), "make symlink", name);
    }

    @Override
    public void makeSpecial(byte[] name, Node.Special.Type type, int major, int minor) throws IOException {
        Libc.Scratch s = Libc.scratch();
        int format = switch (type) {
            case FIFO -> S_IFIFO;
            case CHARACTER_DEVICE -> S_IFCHR;
            case BLOCK_DEVICE -> S_IFBLK;
        };
        // The layout of dev_t in glibc and musl.
        long device =
                (major & 0xFFFFF000L) << 32 | (major & 0xFFFL) << 8 | (minor & 0xFFFFFF00L) << 12 | (minor & 0xFFL);
        check(s, Libc.mknodat(s, fd, s.name(name), format | 0600, device), "make special file", name);
    }

    @Override
    public void link(byte[] name, Directory target, byte[] targetName) throws IOException {
        if (!(target instanceof LinuxDirectory linux)) {
            throw new IllegalArgumentException("directories of different platforms");
        }
        Libc.Scratch s = Libc.scratch();
        check(s, Libc.linkat(s, fd, s.name(name), linux.fd, s.other(targetName)), "link", targetName);
    }

    @Override
    public void rename(byte[] from, byte[] to) throws IOException {
        Libc.Scratch s = Libc.scratch();
        check(s, Libc.renameat(s, fd, s.name(from), s.other(to)), "rename", to);
    }

    /** Where the file system cannot rename without replacing, this process at least does not compete with itself. */
    private static final Object RENAMING = new Object();

    @Override
    public void renameNew(byte[] from, byte[] to) throws IOException {
        Libc.Scratch s = Libc.scratch();
        if (Libc.renameatNew(s, fd, s.name(from), s.other(to)) == 0) {
            return;
        }
        if (s.errno() != OsException.EINVAL && s.errno() != OsException.ENOSYS) {
            throw Libc.error(s, "rename", to);
        }
        synchronized (RENAMING) {
            if (Libc.statx(s, fd, s.name(to), Libc.AT_SYMLINK_NOFOLLOW) == 0) {
                throw Libc.error(OsException.EEXIST, "rename", to);
            }
            rename(from, to);
        }
    }

    @Override
    public void sync() throws IOException {
        Libc.Scratch s = Libc.scratch();
        check(s, Libc.syncfs(s, fd), "sync", SELF);
    }

    @Override
    public void remove(byte[] name, boolean directory) throws IOException {
        Libc.Scratch s = Libc.scratch();
        check(s, Libc.unlinkat(s, fd, s.name(name), directory ? Libc.AT_REMOVEDIR : 0), "remove", name);
    }

    private static void check(Libc.Scratch s, int result, String call, byte[] name) throws OsException {
        if (result < 0) {
            throw Libc.error(s, call, name);
        }
    }

    /** Owner first, since changing it clears set-id bits and capabilities; times last, since all else touches them. */
    @Override
    public List<String> apply(byte[] name, Stat.Type type, Attributes a) throws IOException {
        if (type == Stat.Type.DIRECTORY) {
            try (LinuxDirectory self = (LinuxDirectory) openDirectory(name)) {
                return apply(self.fd, a, Inherited.ANY);
            }
        }
        Libc.Scratch s = Libc.scratch();
        List<String> lost = new ArrayList<>();
        boolean owned = note(s, lost, "owner", Libc.fchownat(s, fd, s.name(name), a.uid(), a.gid()));
        MemorySegment path = s.name(procPath(name));
        for (Xattr xattr : settable(a)) {
            stage(s, xattr);
            note(s, lost, label(xattr), Libc.lsetxattr(s, path, s.other(xattr.name()), xattr.value().length));
        }
        byte[] procPath = procPath(name);
        dropOthers(
                lost,
                a.xattrs(),
                () -> xattrNames(s, Libc.llistxattr(s, s.name(procPath))),
                attribute -> Libc.lremovexattr(s, s.name(procPath), s.other(attribute)));
        int mode = safeMode(a.mode(), owned, lost);
        boolean moded = type == Stat.Type.SYMLINK || note(s, lost, "mode", Libc.fchmodat(s, fd, s.name(name), mode));
        times(s, a.mtime());
        boolean timed = note(s, lost, "modification time", Libc.utimensat(s, fd, s.name(name)));
        stored(stat(name), a, type == Stat.Type.SYMLINK || !moded ? -1 : mode, owned, timed, lost);
        return lost;
    }

    /** The same, of an open file or directory. */
    private static List<String> apply(int fd, Attributes a, Inherited inherited) throws IOException {
        Libc.Scratch s = Libc.scratch();
        List<String> lost = new ArrayList<>();
        boolean owned = note(s, lost, "owner", Libc.fchown(s, fd, a.uid(), a.gid()));
        for (Xattr xattr : settable(a)) {
            stage(s, xattr);
            note(s, lost, label(xattr), Libc.fsetxattr(s, fd, s.other(xattr.name()), xattr.value().length));
        }
        if (inherited.xattrs()) {
            dropOthers(
                    lost,
                    a.xattrs(),
                    () -> xattrNames(s, Libc.flistxattr(s, fd)),
                    attribute -> Libc.fremovexattr(s, fd, s.other(attribute)));
        }
        int mode = safeMode(a.mode(), owned, lost);
        boolean moded = note(s, lost, "mode", Libc.fchmod(s, fd, mode));
        if (inherited.flags() || !a.flags().isNone()) {
            LinuxInodeFlags.apply(fd, a.flags(), lost);
        }
        times(s, a.mtime());
        boolean timed = note(s, lost, "modification time", Libc.futimens(s, fd));
        stored(stat(fd, SELF, Libc.AT_EMPTY_PATH), a, moded ? mode : -1, owned, timed, lost);
        return lost;
    }

    /** What the file system took and stored otherwise, which no call reports. */
    private static void stored(Stat now, Attributes a, int mode, boolean owned, boolean timed, List<String> lost) {
        if (owned && (a.uid() != -1 && now.uid() != a.uid() || a.gid() != -1 && now.gid() != a.gid())) {
            lost.add("owner: the file system stores another");
        }
        if (mode >= 0 && now.mode() != mode) {
            lost.add("mode: the file system stores another");
        }
        if (timed && !now.mtime().equals(a.mtime())) {
            long apart = Math.abs(now.mtime().seconds() - a.mtime().seconds());
            lost.add(
                    apart <= COARSEST_TIME_SECONDS
                            ? "modification time: the file system rounds it"
                            : "modification time: the file system stores another");
        }
    }

    /** FAT's. */
    private static final int COARSEST_TIME_SECONDS = 2;

    private static final byte[] DEFAULT_ACL = "system.posix_acl_default".getBytes(StandardCharsets.US_ASCII);

    /** What this directory gives to what is made in it. Looked up once. */
    private Inherited inherited() {
        Inherited known = inherited;
        if (known == null) {
            Libc.Scratch s = Libc.scratch();
            long size = Libc.fgetxattr(s, fd, s.other(DEFAULT_ACL));
            boolean none = size < 0 && (s.errno() == OsException.ENODATA || s.errno() == OsException.EOPNOTSUPP);
            known = new Inherited(!none, LinuxInodeFlags.inheritable(fd));
            inherited = known;
        }
        return known;
    }

    private interface NamesCall {
        List<byte[]> call();
    }

    private interface RemoveCall {
        int call(byte[] attribute);
    }

    /** Removes attributes that were there, or came from a default ACL, and are not wanted. */
    private static void dropOthers(List<String> lost, List<Xattr> wanted, NamesCall names, RemoveCall remove) {
        for (byte[] name : names.call()) {
            if (Xattrs.ofSystem(name) || wanted.stream().anyMatch(xattr -> Arrays.equals(xattr.name(), name))) {
                continue;
            }
            if (remove.call(name) != 0) {
                Libc.Scratch s = Libc.scratch();
                if (s.errno() != OsException.ENODATA) {
                    lost.add("attribute " + new String(name, StandardCharsets.UTF_8)
                            + ", which the snapshot does not have: "
                            + Libc.error(s, "remove", SELF).getMessage());
                }
            }
        }
    }

    /** What a call to list attributes left in the scratch data. */
    private static List<byte[]> xattrNames(Libc.Scratch s, long length) {
        List<byte[]> found = new ArrayList<>();
        byte[] names = length <= 0 ? SELF : s.data.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        for (int at = 0; at < names.length; ) {
            int end = at;
            while (names[end] != 0) {
                end++;
            }
            found.add(Arrays.copyOfRange(names, at, end));
            at = end + 1;
        }
        return found;
    }

    /** A file that could not be given to its owner must not run as somebody else instead. */
    private static int safeMode(int mode, boolean owned, List<String> lost) {
        if (owned || (mode & SET_ID) == 0) {
            return mode;
        }
        lost.add("mode: set-id bits dropped, since the owner could not be set");
        return mode & ~SET_ID;
    }

    private static void stage(Libc.Scratch s, Xattr xattr) {
        MemorySegment.copy(xattr.value(), 0, s.data, ValueLayout.JAVA_BYTE, 0, xattr.value().length);
    }

    private static List<Xattr> settable(Attributes a) {
        return a.xattrs().stream().filter(xattr -> !Xattrs.alias(xattr.name())).toList();
    }

    private static String label(Xattr xattr) {
        return "attribute " + new String(xattr.name(), StandardCharsets.UTF_8);
    }

    private static void times(Libc.Scratch s, Timestamp mtime) {
        s.times.set(ValueLayout.JAVA_LONG, 0, 0L);
        s.times.set(ValueLayout.JAVA_LONG, 8, Libc.UTIME_OMIT);
        s.times.set(ValueLayout.JAVA_LONG, 16, mtime.seconds());
        s.times.set(ValueLayout.JAVA_LONG, 24, mtime.nanos());
    }

    private static boolean note(Libc.Scratch s, List<String> lost, String what, int result) {
        if (result != 0) {
            lost.add(what + ": " + Libc.error(s, "set", SELF).getMessage());
        }
        return result == 0;
    }

    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            closeFd(fd);
        }
    }

    private static void closeFd(int fd) throws IOException {
        Libc.Scratch s = Libc.scratch();
        check(s, Libc.close(s, fd), "close", SELF);
    }

    /** A regular file's descriptor. */
    private static final class LinuxFile implements FileHandle {
        private final int fd;
        private Inherited inherited;
        private boolean closed;

        LinuxFile(int fd, Inherited inherited) {
            this.fd = fd;
            this.inherited = inherited;
        }

        @Override
        public Stat stat() throws IOException {
            return LinuxDirectory.stat(fd, SELF, Libc.AT_EMPTY_PATH);
        }

        @Override
        public List<Xattr> xattrs() throws IOException {
            Libc.Scratch s = Libc.scratch();
            return LinuxDirectory.xattrs(
                    s, SELF, () -> Libc.flistxattr(s, fd), attribute -> Libc.fgetxattr(s, fd, attribute));
        }

        @Override
        public int read(long position, byte[] target, int offset, int length) throws IOException {
            Libc.Scratch s = Libc.scratch();
            int part = Math.min(length, Libc.Scratch.DATA_BYTES);
            long count = Libc.pread(s, fd, part, position);
            if (count < 0) {
                throw Libc.error(s, "read", SELF);
            }
            MemorySegment.copy(s.data, ValueLayout.JAVA_BYTE, 0, target, offset, (int) count);
            return count == 0 ? -1 : (int) count;
        }

        @Override
        public void write(long position, byte[] source, int offset, int length) throws IOException {
            Libc.Scratch s = Libc.scratch();
            for (int done = 0; done < length; ) {
                int part = Math.min(length - done, Libc.Scratch.DATA_BYTES);
                MemorySegment.copy(source, offset + done, s.data, ValueLayout.JAVA_BYTE, 0, part);
                long count = Libc.pwrite(s, fd, part, position + done);
                if (count < 0) {
                    throw Libc.error(s, "write", SELF);
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
                throw Libc.error(s, "seek", SELF);
            }
            return found;
        }

        @Override
        public void awaitWrites(long size) {
            // ext4, btrfs, tmpfs, f2fs and FUSE take the lock that writers hold; XFS does when it reads. What is found
            // does not
            // matter, and to go only to the end costs little.
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
            check(s, Libc.ftruncate(s, fd, size), "set size", SELF);
        }

        @Override
        public boolean tryLock() {
            Libc.Scratch s = Libc.scratch();
            return Libc.flock(s, fd) == 0 || s.errno() != OsException.EAGAIN;
        }

        @Override
        public List<String> apply(Attributes a) throws IOException {
            Inherited first = inherited;
            inherited = Inherited.ANY;
            return LinuxDirectory.apply(fd, a, first);
        }

        @Override
        public void close() throws IOException {
            if (!closed) {
                closed = true;
                closeFd(fd);
            }
        }
    }
}
