package dev.holdfast.agent.fs;

import dev.holdfast.agent.fs.LinuxAttributes.Inherited;
import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A directory's file descriptor, and the calls that end in {@code at}. */
final class LinuxDirectory implements Directory {
    private static final int DIRENT_RECLEN = 16;
    private static final int DIRENT_NAME = 19;

    private final int fd;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** What this directory gives to what is made in it; null until it is looked up. */
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
                throw Libc.error(s, "list directory", Libc.SELF);
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
        return LinuxStat.of(fd);
    }

    @Override
    public Stat stat(byte[] name) throws IOException {
        return LinuxStat.of(fd, name, Libc.AT_SYMLINK_NOFOLLOW);
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

    @Override
    public List<Xattr> xattrs(byte[] name) throws IOException {
        return LinuxXattrs.list(fd, name);
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
        Libc.check(s, Libc.mkdirat(s, fd, s.name(name), 0700), "make directory", name);
    }

    @Override
    public void makeSymlink(byte[] name, byte[] target) throws IOException {
        Libc.Scratch s = Libc.scratch();
        Libc.check(s, Libc.symlinkat(s, s.other(target), fd, s.name(name)), "make symlink", name);
    }

    @Override
    public void makeSpecial(byte[] name, Node.Special.Type type, int major, int minor) throws IOException {
        Libc.Scratch s = Libc.scratch();
        int format = switch (type) {
            case FIFO -> LinuxStat.S_IFIFO;
            case CHARACTER_DEVICE -> LinuxStat.S_IFCHR;
            case BLOCK_DEVICE -> LinuxStat.S_IFBLK;
        };
        // The layout of dev_t in glibc and musl.
        long device =
                (major & 0xFFFFF000L) << 32 | (major & 0xFFFL) << 8 | (minor & 0xFFFFFF00L) << 12 | (minor & 0xFFL);
        Libc.check(s, Libc.mknodat(s, fd, s.name(name), format | 0600, device), "make special file", name);
    }

    @Override
    public void link(byte[] name, Directory target, byte[] targetName) throws IOException {
        if (!(target instanceof LinuxDirectory linux)) {
            throw new IllegalArgumentException("directories of different platforms");
        }
        Libc.Scratch s = Libc.scratch();
        Libc.check(s, Libc.linkat(s, fd, s.name(name), linux.fd, s.other(targetName)), "link", targetName);
    }

    @Override
    public void rename(byte[] from, byte[] to) throws IOException {
        Libc.Scratch s = Libc.scratch();
        Libc.check(s, Libc.renameat(s, fd, s.name(from), s.other(to)), "rename", to);
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
        Libc.check(s, Libc.syncfs(s, fd), "sync", Libc.SELF);
    }

    @Override
    public void remove(byte[] name, boolean directory) throws IOException {
        Libc.Scratch s = Libc.scratch();
        Libc.check(s, Libc.unlinkat(s, fd, s.name(name), directory ? Libc.AT_REMOVEDIR : 0), "remove", name);
    }

    @Override
    public List<String> apply(byte[] name, Stat.Type type, Attributes a) throws IOException {
        if (type == Stat.Type.DIRECTORY) {
            try (LinuxDirectory self = (LinuxDirectory) openDirectory(name)) {
                return LinuxAttributes.apply(self.fd, a, Inherited.ANY);
            }
        }
        return LinuxAttributes.apply(fd, name, type, a);
    }

    private Inherited inherited() {
        Inherited known = inherited;
        if (known == null) {
            known = new Inherited(LinuxXattrs.hasDefaultAcl(fd), LinuxInodeFlags.inheritable(fd));
            inherited = known;
        }
        return known;
    }

    @Override
    public void close() throws IOException {
        if (closed.compareAndSet(false, true)) {
            Libc.closeFd(fd);
        }
    }
}
