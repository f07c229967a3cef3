package dev.holdfast.agent.fs;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The calls to libc that read and set attributes; see {@link Libc}. Values of extended attributes are in the scratch data. */
final class LibcAttributes {
    private static final MethodHandle LLISTXATTR = Libc.function("llistxattr");
    private static final MethodHandle LGETXATTR = Libc.function("lgetxattr");
    private static final MethodHandle FLISTXATTR = Libc.function("flistxattr");
    private static final MethodHandle FGETXATTR = Libc.function("fgetxattr");
    private static final MethodHandle LSETXATTR = Libc.function("lsetxattr");
    private static final MethodHandle LREMOVEXATTR = Libc.function("lremovexattr");
    private static final MethodHandle FREMOVEXATTR = Libc.function("fremovexattr");
    private static final MethodHandle FSETXATTR = Libc.function("fsetxattr");
    private static final MethodHandle FCHOWNAT = Libc.function("fchownat");
    private static final MethodHandle FCHMODAT = Libc.function("fchmodat");
    private static final MethodHandle FCHOWN = Libc.function("fchown");
    private static final MethodHandle FCHMOD = Libc.function("fchmod");
    private static final MethodHandle UTIMENSAT = Libc.function("utimensat");
    private static final MethodHandle FUTIMENS = Libc.function("futimens");

    private LibcAttributes() {}

    static long llistxattr(Libc.Scratch s, MemorySegment path) {
        try {
            return (long)
                    LLISTXATTR.invokeExact(s.errno, path.address(), s.data.address(), s.data.byteSize(), 0L, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static long lgetxattr(Libc.Scratch s, MemorySegment path, MemorySegment attribute) {
        try {
            return (long) LGETXATTR.invokeExact(
                    s.errno, path.address(), attribute.address(), s.data.address(), s.data.byteSize(), 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static long flistxattr(Libc.Scratch s, int fd) {
        try {
            return (long) FLISTXATTR.invokeExact(s.errno, (long) fd, s.data.address(), s.data.byteSize(), 0L, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static long fgetxattr(Libc.Scratch s, int fd, MemorySegment attribute) {
        try {
            return (long) FGETXATTR.invokeExact(
                    s.errno, (long) fd, attribute.address(), s.data.address(), s.data.byteSize(), 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int lsetxattr(Libc.Scratch s, MemorySegment path, MemorySegment attribute, long length) {
        try {
            return (int) (long) LSETXATTR.invokeExact(
                    s.errno, path.address(), attribute.address(), s.data.address(), length, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int lremovexattr(Libc.Scratch s, MemorySegment path, MemorySegment attribute) {
        try {
            return (int) (long) LREMOVEXATTR.invokeExact(s.errno, path.address(), attribute.address(), 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fremovexattr(Libc.Scratch s, int fd, MemorySegment attribute) {
        try {
            return (int) (long) FREMOVEXATTR.invokeExact(s.errno, (long) fd, attribute.address(), 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fsetxattr(Libc.Scratch s, int fd, MemorySegment attribute, long length) {
        try {
            return (int) (long)
                    FSETXATTR.invokeExact(s.errno, (long) fd, attribute.address(), s.data.address(), length, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fchownat(Libc.Scratch s, int dir, MemorySegment name, int uid, int gid) {
        try {
            return (int) (long) FCHOWNAT.invokeExact(
                    s.errno, (long) dir, name.address(), (long) uid, (long) gid, (long) Libc.AT_SYMLINK_NOFOLLOW, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fchmodat(Libc.Scratch s, int dir, MemorySegment name, int mode) {
        try {
            return (int) (long) FCHMODAT.invokeExact(
                    s.errno, (long) dir, name.address(), (long) mode, (long) Libc.AT_SYMLINK_NOFOLLOW, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fchown(Libc.Scratch s, int fd, int uid, int gid) {
        try {
            return (int) (long) FCHOWN.invokeExact(s.errno, (long) fd, (long) uid, (long) gid, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fchmod(Libc.Scratch s, int fd, int mode) {
        try {
            return (int) (long) FCHMOD.invokeExact(s.errno, (long) fd, (long) mode, 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int utimensat(Libc.Scratch s, int dir, MemorySegment name) {
        try {
            return (int) (long) UTIMENSAT.invokeExact(
                    s.errno, (long) dir, name.address(), s.times.address(), (long) Libc.AT_SYMLINK_NOFOLLOW, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int futimens(Libc.Scratch s, int fd) {
        try {
            return (int) (long) FUTIMENS.invokeExact(s.errno, (long) fd, s.times.address(), 0L, 0L, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }
}
