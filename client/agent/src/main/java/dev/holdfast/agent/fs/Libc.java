package dev.holdfast.agent.fs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.AddressLayout;
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
    static final int UTIME_OMIT = (1 << 30) - 2;
    /** The name that stands for the open file itself. */
    static final byte[] SELF = new byte[0];

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final AddressLayout TEXT =
            ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(1024, ValueLayout.JAVA_BYTE));

    private static final MethodHandle OPENAT = variadic("openat", 3, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle CLOSE = call("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle STATX = call("statx", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle GETDENTS = call("getdents64", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle PREAD = call("pread", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PWRITE = call("pwrite", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle LSEEK = call("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle FTRUNCATE = call("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle READLINKAT = call("readlinkat", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    private static final MethodHandle MKDIRAT = call("mkdirat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle MKNODAT = call("mknodat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG);
    private static final MethodHandle SYMLINKAT = call("symlinkat", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    private static final MethodHandle LINKAT = call("linkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle RENAMEAT = call("renameat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    /** By number, since musl has no function for it. */
    private static final MethodHandle RENAMEAT2 =
            variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);

    private static final MethodHandle FLOCK = call("flock", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SYNCFS = call("syncfs", JAVA_INT, JAVA_INT);
    private static final MethodHandle SYNC_FILE_RANGE =
            call("sync_file_range", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle UNLINKAT = call("unlinkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    private static final MethodHandle REALPATH = call("realpath", ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle GETEUID = plain("geteuid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle GETPAGESIZE = plain("getpagesize", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle SETPRIORITY =
            plain("setpriority", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle STRERROR = plain("strerror", FunctionDescriptor.of(TEXT, JAVA_INT));

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

    static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle variadic(String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                Linker.Option.firstVariadicArg(fixed),
                Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle plain(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
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
            reason = ((MemorySegment) STRERROR.invokeExact(errno)).getString(0);
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
            return (int) OPENAT.invokeExact(s.errno, dir, name, flags | O_CLOEXEC, mode);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int close(Scratch s, int fd) {
        try {
            return (int) CLOSE.invokeExact(s.errno, fd);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int statx(Scratch s, int dir, MemorySegment name, int flags) {
        return statx(s, dir, name, flags, STATX_BASIC_STATS | STATX_BTIME);
    }

    static int statx(Scratch s, int dir, MemorySegment name, int flags, int wanted) {
        try {
            return (int) STATX.invokeExact(s.errno, dir, name, flags, wanted, s.stat);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long getdents(Scratch s, int fd) {
        try {
            return (long) GETDENTS.invokeExact(s.errno, fd, s.data, s.data.byteSize());
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long pread(Scratch s, int fd, long length, long position) {
        try {
            return (long) PREAD.invokeExact(s.errno, fd, s.data, length, position);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long pwrite(Scratch s, int fd, long length, long position) {
        try {
            return (long) PWRITE.invokeExact(s.errno, fd, s.data, length, position);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long lseek(Scratch s, int fd, long offset, int whence) {
        try {
            return (long) LSEEK.invokeExact(s.errno, fd, offset, whence);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int ftruncate(Scratch s, int fd, long size) {
        try {
            return (int) FTRUNCATE.invokeExact(s.errno, fd, size);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long readlinkat(Scratch s, int dir, MemorySegment name) {
        try {
            return (long) READLINKAT.invokeExact(s.errno, dir, name, s.data, s.data.byteSize());
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int mkdirat(Scratch s, int dir, MemorySegment name, int mode) {
        try {
            return (int) MKDIRAT.invokeExact(s.errno, dir, name, mode);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int mknodat(Scratch s, int dir, MemorySegment name, int mode, long device) {
        try {
            return (int) MKNODAT.invokeExact(s.errno, dir, name, mode, device);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int symlinkat(Scratch s, MemorySegment target, int dir, MemorySegment name) {
        try {
            return (int) SYMLINKAT.invokeExact(s.errno, target, dir, name);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int linkat(Scratch s, int dir, MemorySegment name, int toDir, MemorySegment toName) {
        try {
            return (int) LINKAT.invokeExact(s.errno, dir, name, toDir, toName, 0);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int renameat(Scratch s, int dir, MemorySegment from, MemorySegment to) {
        try {
            return (int) RENAMEAT.invokeExact(s.errno, dir, from, dir, to);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static long renameatNew(Scratch s, int dir, MemorySegment from, MemorySegment to) {
        try {
            return (long) RENAMEAT2.invokeExact(s.errno, SYS_RENAMEAT2, dir, from, dir, to, RENAME_NOREPLACE);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Exclusively, without waiting. */
    static int flock(Scratch s, int fd) {
        try {
            return (int) FLOCK.invokeExact(s.errno, fd, LOCK_EX | LOCK_NB);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int syncfs(Scratch s, int fd) {
        try {
            return (int) SYNCFS.invokeExact(s.errno, fd);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Writes the pages of the whole file back, and waits; neither its attributes nor the disk's cache. */
    static int writeBack(Scratch s, int fd) {
        try {
            return (int) SYNC_FILE_RANGE.invokeExact(s.errno, fd, 0L, 0L, SYNC_WAIT_WRITE_WAIT);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int unlinkat(Scratch s, int dir, MemorySegment name, int flags) {
        try {
            return (int) UNLINKAT.invokeExact(s.errno, dir, name, flags);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** What it reads and writes is the scratch for times. */
    static int ioctl(Scratch s, int fd, long request) {
        try {
            return (int) IOCTL.invokeExact(s.errno, fd, request, s.times);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The absolute path without symlinks; nothing where that failed. */
    static byte[] resolved(Scratch s, MemorySegment path) {
        MemorySegment resolved;
        try {
            resolved = (MemorySegment) REALPATH.invokeExact(s.errno, path, s.data);
        } catch (Throwable e) {
            throw unexpected(e);
        }
        if (resolved.address() == 0) {
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
            return (int) GETEUID.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    static int pageBytes() {
        try {
            return (int) GETPAGESIZE.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** Of the calling thread, and of those that it starts from now on, as Linux understands it. */
    static int nice(int value) {
        try {
            return (int) SETPRIORITY.invokeExact(0, 0, value);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }
}
