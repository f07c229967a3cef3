package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Sets owner, mode, extended attributes, inode flags and times, and reports what the file system refused or stored otherwise.
 */
final class LinuxAttributes {
    private static final int SET_ID = 06000;

    /**
     * What a file may have from its directory when it is made: an ACL, or inode flags. Of a file that was not made just now, both.
     */
    record Inherited(boolean xattrs, boolean flags) {
        static final Inherited ANY = new Inherited(true, true);
    }

    private LinuxAttributes() {}

    /**
     * Sets the attributes of a name in an open directory, which is not followed. Owner first, since changing it clears set-id
     * bits and capabilities; times last, since all else touches them.
     *
     * @return what could not be set
     */
    static List<String> apply(int fd, byte[] name, Stat.Type type, Attributes a) throws IOException {
        Libc.Scratch s = Libc.scratch();
        List<String> lost = new ArrayList<>();
        boolean owned = note(s, lost, "owner", LibcAttributes.fchownat(s, fd, s.name(name), a.uid(), a.gid()));
        byte[] procPath = LinuxXattrs.procPath(fd, name);
        MemorySegment path = s.name(procPath);
        for (Xattr xattr : settable(a)) {
            stage(s, xattr);
            note(s, lost, label(xattr), LibcAttributes.lsetxattr(s, path, s.other(xattr.name()), xattr.value().length));
        }
        LinuxXattrs.dropOthers(
                lost,
                a.xattrs(),
                LinuxXattrs.names(s, LibcAttributes.llistxattr(s, s.name(procPath))),
                attribute -> LibcAttributes.lremovexattr(s, s.name(procPath), s.other(attribute)));
        int mode = safeMode(a.mode(), owned, lost);
        boolean moded =
                type == Stat.Type.SYMLINK || note(s, lost, "mode", LibcAttributes.fchmodat(s, fd, s.name(name), mode));
        times(s, a.mtime());
        boolean timed = note(s, lost, "modification time", LibcAttributes.utimensat(s, fd, s.name(name)));
        stored(
                LinuxStat.of(fd, name, Libc.AT_SYMLINK_NOFOLLOW),
                a,
                type == Stat.Type.SYMLINK || !moded ? -1 : mode,
                owned,
                timed,
                lost);
        return lost;
    }

    /** The same, of an open file or directory. */
    static List<String> apply(int fd, Attributes a, Inherited inherited) throws IOException {
        Libc.Scratch s = Libc.scratch();
        List<String> lost = new ArrayList<>();
        boolean owned = note(s, lost, "owner", LibcAttributes.fchown(s, fd, a.uid(), a.gid()));
        for (Xattr xattr : settable(a)) {
            stage(s, xattr);
            note(s, lost, label(xattr), LibcAttributes.fsetxattr(s, fd, s.other(xattr.name()), xattr.value().length));
        }
        if (inherited.xattrs()) {
            LinuxXattrs.dropOthers(
                    lost,
                    a.xattrs(),
                    LinuxXattrs.names(s, LibcAttributes.flistxattr(s, fd)),
                    attribute -> LibcAttributes.fremovexattr(s, fd, s.other(attribute)));
        }
        int mode = safeMode(a.mode(), owned, lost);
        boolean moded = note(s, lost, "mode", LibcAttributes.fchmod(s, fd, mode));
        if (inherited.flags() || !a.flags().isNone()) {
            LinuxInodeFlags.apply(fd, a.flags(), lost);
        }
        times(s, a.mtime());
        boolean timed = note(s, lost, "modification time", LibcAttributes.futimens(s, fd));
        stored(LinuxStat.of(fd), a, moded ? mode : -1, owned, timed, lost);
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
            lost.add(what + ": " + Libc.error(s, "set", Libc.SELF).getMessage());
        }
        return result == 0;
    }
}
