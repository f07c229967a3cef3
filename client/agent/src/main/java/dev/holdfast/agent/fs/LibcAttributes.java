package dev.holdfast.agent.fs;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The calls to libc that read and set attributes; see {@link Libc}. Values of extended attributes are in the scratch data. */
final class LibcAttributes {
    private static final MethodHandle LLISTXATTR = Libc.call("llistxattr", JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG);
    private static final MethodHandle LGETXATTR =
            Libc.call("lgetxattr", JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
    private static final MethodHandle FLISTXATTR = Libc.call("flistxattr", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle FGETXATTR =
            Libc.call("fgetxattr", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    private static final MethodHandle LSETXATTR =
            Libc.call("lsetxattr", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle LREMOVEXATTR = Libc.call("lremovexattr", JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle FREMOVEXATTR = Libc.call("fremovexattr", JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle FSETXATTR =
            Libc.call("fsetxattr", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle FCHOWNAT =
            Libc.call("fchownat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle FCHMODAT = Libc.call("fchmodat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle FCHOWN = Libc.call("fchown", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle FCHMOD = Libc.call("fchmod", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle UTIMENSAT =
            Libc.call("utimensat", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    private static final MethodHandle FUTIMENS = Libc.call("futimens", JAVA_INT, JAVA_INT, ADDRESS);

    private LibcAttributes() {}

    static long llistxattr(Libc.Scratch s, MemorySegment path) {
        try {
            return (long) LLISTXATTR.invokeExact(s.errno, path, s.data, s.data.byteSize());
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static long lgetxattr(Libc.Scratch s, MemorySegment path, MemorySegment attribute) {
        try {
            return (long) LGETXATTR.invokeExact(s.errno, path, attribute, s.data, s.data.byteSize());
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static long flistxattr(Libc.Scratch s, int fd) {
        try {
            return (long) FLISTXATTR.invokeExact(s.errno, fd, s.data, s.data.byteSize());
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static long fgetxattr(Libc.Scratch s, int fd, MemorySegment attribute) {
        try {
            return (long) FGETXATTR.invokeExact(s.errno, fd, attribute, s.data, s.data.byteSize());
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int lsetxattr(Libc.Scratch s, MemorySegment path, MemorySegment attribute, long length) {
        try {
            return (int) LSETXATTR.invokeExact(s.errno, path, attribute, s.data, length, 0);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int lremovexattr(Libc.Scratch s, MemorySegment path, MemorySegment attribute) {
        try {
            return (int) LREMOVEXATTR.invokeExact(s.errno, path, attribute);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fremovexattr(Libc.Scratch s, int fd, MemorySegment attribute) {
        try {
            return (int) FREMOVEXATTR.invokeExact(s.errno, fd, attribute);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fsetxattr(Libc.Scratch s, int fd, MemorySegment attribute, long length) {
        try {
            return (int) FSETXATTR.invokeExact(s.errno, fd, attribute, s.data, length, 0);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fchownat(Libc.Scratch s, int dir, MemorySegment name, int uid, int gid) {
        try {
            return (int) FCHOWNAT.invokeExact(s.errno, dir, name, uid, gid, Libc.AT_SYMLINK_NOFOLLOW);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fchmodat(Libc.Scratch s, int dir, MemorySegment name, int mode) {
        try {
            return (int) FCHMODAT.invokeExact(s.errno, dir, name, mode, Libc.AT_SYMLINK_NOFOLLOW);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fchown(Libc.Scratch s, int fd, int uid, int gid) {
        try {
            return (int) FCHOWN.invokeExact(s.errno, fd, uid, gid);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int fchmod(Libc.Scratch s, int fd, int mode) {
        try {
            return (int) FCHMOD.invokeExact(s.errno, fd, mode);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int utimensat(Libc.Scratch s, int dir, MemorySegment name) {
        try {
            return (int) UTIMENSAT.invokeExact(s.errno, dir, name, s.times, Libc.AT_SYMLINK_NOFOLLOW);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    static int futimens(Libc.Scratch s, int fd) {
        try {
            return (int) FUTIMENS.invokeExact(s.errno, fd, s.times);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }
}
