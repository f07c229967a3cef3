package dev.holdfast.agent.fs;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The calls to libc, as thin as can be: results as the C functions give them, {@code errno} beside. Each thread has
 * scratch memory of its own for names, results and data. glibc or musl, 64 bits.
 */
final class Libc {
    static final int AT_FDCWD = -100;
    static final int AT_SYMLINK_NOFOLLOW = 0x100;
    static final int AT_REMOVEDIR = 0x200;
    static final int AT_EMPTY_PATH = 0x1000;
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    /** {@code FALLOC_FL_PUNCH_HOLE} and {@code FALLOC_FL_KEEP_SIZE}. */
    private static final long PUNCH_HOLE = 3;

    static final int O_CREAT = 0100;
    static final int O_EXCL = 0200;
    static final int O_NONBLOCK = 04000;
    private static final boolean ARM = "aarch64".equals(System.getProperty("os.arch"));
    static final int O_DIRECTORY = ARM ? 040000 : 0200000;
    static final int O_DIRECT = ARM ? 0200000 : 040000;
    static final int O_NOFOLLOW = ARM ? 0100000 : 0400000;
    static final int O_NOATIME = 01000000;
    static final int O_CLOEXEC = 02000000;
    static final int SEEK_DATA = 3;
    static final int SEEK_HOLE = 4;
    static final int STATX_BASIC_STATS = 0x7ff;
    static final int STATX_BTIME = 0x800;
    static final int STATX_MNT_ID = 0x1000;
    static final long FS_IOC_GETFLAGS = 0x80086601L;
    static final long FS_IOC_SETFLAGS = 0x40086602L;
    static final long FS_IOC_FSGETXATTR = 0x801c581fL;
    static final long FS_IOC_FSSETXATTR = 0x401c5820L;
    static final long FS_IOC_GETFSUUID = 0x80111500L;
    private static final long SYS_RENAMEAT2 = ARM ? 276 : 316;
    private static final int RENAME_NOREPLACE = 1;
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int SYNC_WAIT_WRITE_WAIT = 7;
    static final int F_SETSIG = 10;
    static final int F_SETLEASE = 1024;
    static final int F_RDLCK = 0;
    static final int F_UNLCK = 2;
    static final int SIGURG = 23;
    static final int UTIME_OMIT = (1 << 30) - 2;
    /** The name that stands for the open file itself. */
    static final byte[] SELF = new byte[0];

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final Linker.Option ERRNO_CAPTURED = Linker.Option.captureCallState("errno");
    /**
     * Of every function here, which takes numbers and pointers alone: each argument is in a register of 64 bits, of which a function
     * that takes an int looks at the lower half, and registers that it has no argument for are not looked at. Of a result that is an
     * int, the upper half means nothing. One type for all, since the JVM takes 3 ms to generate the code for each.
     */
    private static final FunctionDescriptor SIX_WORDS =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private static final int MAX_REASON_BYTES = 1024;

    private static final MethodHandle OPENAT = function("openat");
    private static final MethodHandle CLOSE = function("close");
    private static final MethodHandle STATX = function("statx");
    private static final MethodHandle GETDENTS = function("getdents64");
    private static final MethodHandle PREAD = function("pread");
    private static final MethodHandle PWRITE = function("pwrite");
    private static final MethodHandle LSEEK = function("lseek");
    private static final MethodHandle FTRUNCATE = function("ftruncate");
    private static final MethodHandle FALLOCATE = function("fallocate");
    private static final MethodHandle READLINKAT = function("readlinkat");
    private static final MethodHandle MKDIRAT = function("mkdirat");
    private static final MethodHandle MKNODAT = function("mknodat");
    private static final MethodHandle SYMLINKAT = function("symlinkat");
    private static final MethodHandle LINKAT = function("linkat");
    private static final MethodHandle RENAMEAT = function("renameat");
    /** By number, since musl has no function for it. */
    private static final MethodHandle RENAMEAT2 = function("syscall");

    private static final MethodHandle FLOCK = function("flock");
    private static final MethodHandle SYNCFS = function("syncfs");
    private static final MethodHandle SYNC_FILE_RANGE = function("sync_file_range");
    private static final MethodHandle UNLINKAT = function("unlinkat");
    private static final MethodHandle IOCTL = function("ioctl");
    private static final MethodHandle FCNTL = function("fcntl");
    private static final MethodHandle REALPATH = function("realpath");
    private static final MethodHandle GETEUID = function("geteuid");
    private static final MethodHandle GETPAGESIZE = function("getpagesize");
    private static final MethodHandle SETPRIORITY = function("setpriority");
    private static final MethodHandle STRERROR = function("strerror");

    private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

    /** Memory for one thread's calls; freed with the thread. */
    static final class Scratch {
        private static final int NAME_BYTES = 8192;
        static final int DATA_BYTES = 1 << 18;
        /** Direct writes need memory, positions and lengths of multiples of a file system's block. */
        static final int BLOCK_BYTES = 1 << 12;

        private final Arena arena = Arena.ofAuto();
        final MemorySegment errno = arena.allocate(CAPTURE);
        final MemorySegment stat = arena.allocate(256, 8);
        final MemorySegment times = arena.allocate(32, 8);
        final MemorySegment data = arena.allocate(DATA_BYTES, BLOCK_BYTES);
        private MemorySegment name = arena.allocate(NAME_BYTES);
        private MemorySegment other = arena.allocate(NAME_BYTES);

        MemorySegment name(byte[] bytes) {
            if (name.byteSize() <= bytes.length) {
                name = arena.allocate(bytes.length * 2L);
            }
            return terminated(name, bytes);
        }

        MemorySegment other(byte[] bytes) {
            if (other.byteSize() <= bytes.length) {
                other = arena.allocate(bytes.length * 2L);
            }
            return terminated(other, bytes);
        }

        private static MemorySegment terminated(MemorySegment segment, byte[] bytes) {
            MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
            segment.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
            return segment;
        }

        int errno() {
            return (int) ERRNO.get(errno, 0L);
        }
    }

    private Libc() {}

    static Scratch scratch() {
        return SCRATCH.get();
    }

    static MethodHandle function(String name) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), SIX_WORDS, ERRNO_CAPTURED);
    }

    static AssertionError unexpected(Throwable e) {
        return new AssertionError("a call to libc threw", e);
    }

    /** The exception for the call that just failed on this thread. */
    static OsException error(Scratch s, String call, byte[] name) {
        return error(s.errno(), call, name);
    }

    static OsException error(int errno, String call, byte[] name) {
        String reason;
        try {
            long text = (long) STRERROR.invokeExact(scratch().errno, (long) errno, 0L, 0L, 0L, 0L, 0L);
            reason = MemorySegment.ofAddress(text).reinterpret(MAX_REASON_BYTES).getString(0);
        } catch (Throwable e) {
            throw unexpected(e);
        }
        return new OsException(errno, reason, call, name);
    }

    static void check(Scratch s, int result, String call, byte[] name) throws OsException {
        if (result < 0) {
            throw error(s, call, name);
        }
    }

    static void closeFd(int fd) throws OsException {
        Scratch s = scratch();
        check(s, close(s, fd), "close", SELF);
    }

    static int openat(Scratch s, int dir, MemorySegment name, int flags, int mode) {
        try {
            return (int) (long) OPENAT.invokeExact(
                    s.errno, (long) dir, name.address(), (long) (flags | O_CLOEXEC), (long) mode, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int close(Scratch s, int fd) {
        try {
            return (int) (long) CLOSE.invokeExact(s.errno, (long) fd, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int statx(Scratch s, int dir, MemorySegment name, int flags) {
        return statx(s, dir, name, flags, STATX_BASIC_STATS | STATX_BTIME);
    }

    static int statx(Scratch s, int dir, MemorySegment name, int flags, int wanted) {
        try {
            return (int) (long) STATX.invokeExact(
                    s.errno, (long) dir, name.address(), (long) flags, (long) wanted, s.stat.address(), 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long getdents(Scratch s, int fd) {
        try {
            return (long) GETDENTS.invokeExact(s.errno, (long) fd, s.data.address(), s.data.byteSize(), 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long pread(Scratch s, int fd, long length, long position) {
        try {
            return (long) PREAD.invokeExact(s.errno, (long) fd, s.data.address(), length, position, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long pwrite(Scratch s, int fd, long length, long position) {
        try {
            return (long) PWRITE.invokeExact(s.errno, (long) fd, s.data.address(), length, position, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long lseek(Scratch s, int fd, long offset, int whence) {
        try {
            return (long) LSEEK.invokeExact(s.errno, (long) fd, offset, (long) whence, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int ftruncate(Scratch s, int fd, long size) {
        try {
            return (int) (long) FTRUNCATE.invokeExact(s.errno, (long) fd, size, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Gives the blocks of a range back, which reads as zeros then; the size stays. */
    static int punchHole(Scratch s, int fd, long position, long length) {
        try {
            return (int) (long) FALLOCATE.invokeExact(s.errno, (long) fd, PUNCH_HOLE, position, length, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Takes blocks for a range, and makes the file at least as long as its end. */
    static int fallocate(Scratch s, int fd, long position, long length) {
        try {
            return (int) (long) FALLOCATE.invokeExact(s.errno, (long) fd, 0L, position, length, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long readlinkat(Scratch s, int dir, MemorySegment name) {
        try {
            return (long) READLINKAT.invokeExact(
                    s.errno, (long) dir, name.address(), s.data.address(), s.data.byteSize(), 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int mkdirat(Scratch s, int dir, MemorySegment name, int mode) {
        try {
            return (int) (long) MKDIRAT.invokeExact(s.errno, (long) dir, name.address(), (long) mode, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int mknodat(Scratch s, int dir, MemorySegment name, int mode, long device) {
        try {
            return (int) (long) MKNODAT.invokeExact(s.errno, (long) dir, name.address(), (long) mode, device, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int symlinkat(Scratch s, MemorySegment target, int dir, MemorySegment name) {
        try {
            return (int)
                    (long) SYMLINKAT.invokeExact(s.errno, target.address(), (long) dir, name.address(), 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int linkat(Scratch s, int dir, MemorySegment name, int toDir, MemorySegment toName) {
        try {
            return (int) (long)
                    LINKAT.invokeExact(s.errno, (long) dir, name.address(), (long) toDir, toName.address(), 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int renameat(Scratch s, int dir, MemorySegment from, MemorySegment to) {
        try {
            return (int)
                    (long) RENAMEAT.invokeExact(s.errno, (long) dir, from.address(), (long) dir, to.address(), 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long renameatNew(Scratch s, int dir, MemorySegment from, MemorySegment to) {
        try {
            return (long) RENAMEAT2.invokeExact(
                    s.errno, SYS_RENAMEAT2, (long) dir, from.address(), (long) dir, to.address(), (long)
                            RENAME_NOREPLACE);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Exclusively, without waiting. */
    static int flock(Scratch s, int fd) {
        try {
            return (int) (long) FLOCK.invokeExact(s.errno, (long) fd, (long) (LOCK_EX | LOCK_NB), 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int syncfs(Scratch s, int fd) {
        try {
            return (int) (long) SYNCFS.invokeExact(s.errno, (long) fd, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Writes the pages of the whole file back, and waits; neither its attributes nor the disk's cache. */
    static int writeBack(Scratch s, int fd) {
        try {
            return (int)
                    (long) SYNC_FILE_RANGE.invokeExact(s.errno, (long) fd, 0L, 0L, (long) SYNC_WAIT_WRITE_WAIT, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int unlinkat(Scratch s, int dir, MemorySegment name, int flags) {
        try {
            return (int) (long) UNLINKAT.invokeExact(s.errno, (long) dir, name.address(), (long) flags, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** What it reads and writes is the scratch for times. */
    static int ioctl(Scratch s, int fd, long request) {
        try {
            return (int) (long) IOCTL.invokeExact(s.errno, (long) fd, request, s.times.address(), 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int fcntl(Scratch s, int fd, int command, int value) {
        try {
            return (int) (long) FCNTL.invokeExact(s.errno, (long) fd, (long) command, (long) value, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The absolute path without symlinks; nothing where that failed. */
    static byte[] resolved(Scratch s, MemorySegment path) {
        long resolved;
        try {
            resolved = (long) REALPATH.invokeExact(s.errno, path.address(), s.data.address(), 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
        if (resolved == 0) {
            return new byte[0];
        }
        long length = 0;
        while (s.data.get(ValueLayout.JAVA_BYTE, length) != 0) {
            length++;
        }
        return s.data.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }

    static int geteuid() {
        try {
            return (int) (long) GETEUID.invokeExact(scratch().errno, 0L, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int pageBytes() {
        try {
            return (int) (long) GETPAGESIZE.invokeExact(scratch().errno, 0L, 0L, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Of the calling thread, and of those that it starts from now on, as Linux understands it. */
    static int nice(int value) {
        try {
            return (int) (long) SETPRIORITY.invokeExact(scratch().errno, 0L, 0L, (long) value, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }
}
