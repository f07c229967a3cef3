package dev.holdfast.agent.fs;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A disk on Linux: as java.nio has it, with what only libc knows of holes. */
final class LinuxBlockFile extends NioBlockFile {
    private final byte[] name;
    private final LinuxFile file;
    private final int fd;

    LinuxBlockFile(Path path, boolean update) throws IOException {
        super(path, update);
        this.name = path.toString().getBytes(StandardCharsets.UTF_8);
        try {
            Libc.Scratch s = Libc.scratch();
            this.fd = Libc.openat(s, Libc.AT_FDCWD, s.name(name), update ? Libc.O_RDWR : Libc.O_RDONLY, 0);
            if (fd < 0) {
                throw Libc.error(s, "open", name);
            }
            this.file = new LinuxFile(fd, LinuxAttributes.Inherited.ANY);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * The kernel leases a file only while nobody has it open for writing. It lets a device be claimed only while it is not mounted, in
     * any container, and nothing lies on it. Both are given back at once.
     */
    @Override
    public boolean mayBeWritten() throws IOException {
        Libc.Scratch s = Libc.scratch();
        if (device()) {
            int claimed = Libc.openat(s, Libc.AT_FDCWD, s.name(name), Libc.O_RDONLY | Libc.O_EXCL, 0);
            if (claimed >= 0) {
                Libc.closeFd(claimed);
            }
            return claimed < 0;
        }
        // Were the lease broken meanwhile, the usual signal would end the process; this one is ignored.
        if (Libc.fcntl(s, fd, Libc.F_SETSIG, Libc.SIGURG) < 0 || Libc.fcntl(s, fd, Libc.F_SETLEASE, Libc.F_RDLCK) < 0) {
            return true;
        }
        Libc.check(s, Libc.fcntl(s, fd, Libc.F_SETLEASE, Libc.F_UNLCK), "give back a lease of", name);
        return false;
    }

    @Override
    public boolean punch(long position, long length) throws IOException {
        Libc.Scratch s = Libc.scratch();
        if (Libc.punchHole(s, fd, position, length) == 0) {
            return true;
        }
        if (s.errno() == OsException.EOPNOTSUPP || s.errno() == OsException.EINVAL || s.errno() == OsException.ENOSYS) {
            return false;
        }
        throw Libc.error(s, "give blocks back of", name);
    }

    @Override
    public long nextData(long position) throws IOException {
        return device() ? super.nextData(position) : file.nextData(position);
    }

    @Override
    public long nextHole(long position) throws IOException {
        return device() ? super.nextHole(position) : Math.min(size(), file.nextHole(position));
    }

    @Override
    public void truncate(long wanted) throws IOException {
        file.truncate(wanted);
        resized(wanted);
    }

    @Override
    public void close() throws IOException {
        try {
            super.close();
        } finally {
            file.close();
        }
    }
}
