package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.InodeFlags;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Inode flags and project of an open file or directory, by ioctl. */
final class LinuxInodeFlags {
    private static final int PROJECT_OFFSET = 12;
    /** Nothing can be done to a file that has them, so they are not set while a restore is under way. */
    private static final int LOCKING = InodeFlags.IMMUTABLE | InodeFlags.APPEND;

    /** What new files take over from the directory that they are made in: synchronous, no dump, no access time. */
    private static final int INHERITED = 0x8 | InodeFlags.NO_DUMP | 0x80 | 0x10000;

    private LinuxInodeFlags() {}

    /** None where the file system knows none. */
    static InodeFlags of(int fd) {
        Libc.Scratch s = Libc.scratch();
        int bits = Libc.ioctl(s, fd, Libc.FS_IOC_GETFLAGS) == 0 ? s.times.get(ValueLayout.JAVA_INT, 0) : 0;
        int project =
                Libc.ioctl(s, fd, Libc.FS_IOC_FSGETXATTR) == 0 ? s.times.get(ValueLayout.JAVA_INT, PROJECT_OFFSET) : 0;
        return bits == 0 && project == 0 ? InodeFlags.NONE : new InodeFlags(bits & InodeFlags.KEPT, project);
    }

    /** Whether files that are made in an open directory may begin with flags that it has. */
    static boolean inheritable(int directory) {
        Libc.Scratch s = Libc.scratch();
        return Libc.ioctl(s, directory, Libc.FS_IOC_GETFLAGS) == 0
                && (s.times.get(ValueLayout.JAVA_INT, 0) & INHERITED) != 0;
    }

    /** Sets what can be set; tells of the rest. */
    static void apply(int fd, InodeFlags wanted, List<String> lost) throws IOException {
        Libc.Scratch s = Libc.scratch();
        InodeFlags present = of(fd);
        int foreign = present.bits() & INHERITED & ~wanted.bits();
        if (foreign == 0 && wanted.isNone()) {
            return;
        }
        if (wanted.project() != present.project()) {
            boolean done = Libc.ioctl(s, fd, Libc.FS_IOC_FSGETXATTR) == 0;
            s.times.set(ValueLayout.JAVA_INT, PROJECT_OFFSET, wanted.project());
            if (!done || Libc.ioctl(s, fd, Libc.FS_IOC_FSSETXATTR) != 0) {
                lost.add("project " + Integer.toUnsignedString(wanted.project()) + ": " + reason(s));
            }
        }
        int missing = wanted.bits() & ~present.bits() & ~LOCKING;
        if (missing != 0 || foreign != 0) {
            boolean done = Libc.ioctl(s, fd, Libc.FS_IOC_GETFLAGS) == 0;
            int now = s.times.get(ValueLayout.JAVA_INT, 0);
            s.times.set(ValueLayout.JAVA_INT, 0, (now | missing) & ~foreign);
            if (!done || Libc.ioctl(s, fd, Libc.FS_IOC_SETFLAGS) != 0) {
                lost.add("inode flags " + InodeFlags.letters(missing | foreign) + ": " + reason(s));
            }
        }
        int locking = wanted.bits() & ~present.bits() & LOCKING;
        if (locking != 0) {
            String letters = InodeFlags.letters(locking);
            lost.add("inode flags " + letters + ": a restore does not set them, since nothing could be done to the file"
                    + " afterwards; set them with: chattr +" + letters);
        }
    }

    private static String reason(Libc.Scratch s) {
        return String.valueOf(Libc.error(s, "set", new byte[0]).getMessage());
    }
}
