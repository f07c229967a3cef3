package dev.holdfast.agent.fs;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A mounted file system that this process answers for: {@code /dev/fuse}, with requests and replies as the kernel defines them
 * (linux/fuse.h). Root mounts by itself, others by {@code fusermount3}. Safe for use by several threads.
 */
public final class FuseDevice implements AutoCloseable {
    /** How the file system appears in the table of mounts. */
    private static final String TYPE = "fuse.holdfast";

    private static final String SOURCE = "holdfast";
    private static final Path DEVICE = Path.of("/dev/fuse");
    private static final int EINTR = 4;
    private static final int EBUSY = 16;
    private static final long READ_ONLY_NOSUID_NODEV_NOATIME = 1 | 2 | 4 | 1024;
    private static final int MNT_DETACH = 2;

    private static final MethodHandle MOUNT = Libc.function("mount");
    private static final MethodHandle UMOUNT = Libc.function("umount2");
    private static final MethodHandle READ = Libc.function("read");
    private static final MethodHandle WRITE = Libc.function("write");

    private final int fd;
    private final byte[] point;
    private final boolean privileged;

    private FuseDevice(int fd, byte[] point, boolean privileged) {
        this.fd = fd;
        this.point = point.clone();
        this.privileged = privileged;
    }

    /**
     * Mounts on a directory, read-only, without devices and set-user-id programs.
     *
     * @param others whether other users than this one may enter; the kernel checks permissions then
     */
    public static FuseDevice mount(byte[] point, boolean others) throws IOException {
        if (!Files.exists(DEVICE)) {
            throw new IOException(
                    DEVICE + " is missing: load the kernel module (modprobe fuse), or start the container with"
                            + " --device /dev/fuse --cap-add SYS_ADMIN");
        }
        if (Libc.geteuid() != 0) {
            return new FuseDevice(FuseHelper.mount(point, options(others)), point, false);
        }
        Libc.Scratch s = Libc.scratch();
        byte[] device = DEVICE.toString().getBytes(StandardCharsets.US_ASCII);
        int fd = Libc.openat(s, Libc.AT_FDCWD, s.name(device), Libc.O_RDWR, 0);
        Libc.check(s, fd, "open", device);
        try {
            mount(s, fd, point, others);
        } catch (OsException e) {
            Libc.close(s, fd);
            throw e.errno() == OsException.EPERM
                    ? new IOException(e.getMessage() + "; in a container, mounting needs --cap-add SYS_ADMIN", e)
                    : e;
        }
        return new FuseDevice(fd, point, true);
    }

    private static String options(boolean others) {
        return "ro,nosuid,nodev,noatime,fsname=" + SOURCE + ",subtype=" + SOURCE
                + (others ? ",allow_other,default_permissions" : "");
    }

    private static void mount(Libc.Scratch s, int fd, byte[] point, boolean others) throws OsException {
        String data = "fd=" + fd + ",rootmode=40000,user_id=0,group_id=0"
                + (others ? ",allow_other,default_permissions" : "");
        try (Arena arena = Arena.ofConfined()) {
            int result = (int) (long) MOUNT.invokeExact(
                    s.errno,
                    arena.allocateFrom(SOURCE).address(),
                    s.name(point).address(),
                    arena.allocateFrom(TYPE).address(),
                    READ_ONLY_NOSUID_NODEV_NOATIME,
                    arena.allocateFrom(data).address(),
                    0L);
            Libc.check(s, result, "mount", point);
        } catch (OsException e) {
            throw e;
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** The next request; -1 once the file system is unmounted. */
    public long read(MemorySegment request) throws IOException {
        Libc.Scratch s = Libc.scratch();
        while (true) {
            long read;
            try {
                read = (long) READ.invokeExact(s.errno, (long) fd, request.address(), request.byteSize(), 0L, 0L, 0L);
            } catch (Throwable e) {
                throw Libc.unexpected(e);
            }
            if (read >= 0) {
                return read;
            }
            switch (s.errno()) {
                // The request was taken back before it was read, or a signal came.
                case OsException.ENOENT, EINTR, OsException.EAGAIN -> {}
                case OsException.ENODEV -> {
                    return -1;
                }
                default -> throw Libc.error(s, "read", Libc.SELF);
            }
        }
    }

    /** Sends a reply. One that nobody waits for any more is dropped. */
    public void write(MemorySegment reply, long length) throws IOException {
        Libc.Scratch s = Libc.scratch();
        long written;
        try {
            written = (long) WRITE.invokeExact(s.errno, (long) fd, reply.address(), length, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
        if (written < 0 && s.errno() != OsException.ENOENT && s.errno() != OsException.ENODEV) {
            throw Libc.error(s, "write", Libc.SELF);
        }
    }

    /**
     * Unmounts.
     *
     * @param lazily even if something uses the file system: it is gone for everything else
     * @return whether it was unmounted; false if something uses it
     */
    public boolean unmount(boolean lazily) throws IOException {
        if (!privileged) {
            return FuseHelper.unmount(point, lazily);
        }
        Libc.Scratch s = Libc.scratch();
        int result;
        try {
            result = (int) (long) UMOUNT.invokeExact(
                    s.errno, s.name(point).address(), lazily ? (long) MNT_DETACH : 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
        // Of a directory where nothing is mounted any more.
        if (result == 0 || s.errno() == OsException.EINVAL) {
            return true;
        }
        if (s.errno() == EBUSY) {
            return false;
        }
        throw Libc.error(s, "umount", point);
    }

    /** What the kernel still asks for fails from now on. */
    @Override
    public void close() throws OsException {
        Libc.closeFd(fd);
    }
}
