package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads {@code struct statx} into a {@link Stat}. */
final class LinuxStat {
    private static final int S_IFMT = 0170000;
    static final int S_IFIFO = 0010000;
    static final int S_IFCHR = 0020000;
    private static final int S_IFDIR = 0040000;
    static final int S_IFBLK = 0060000;
    private static final int S_IFREG = 0100000;
    private static final int S_IFLNK = 0120000;
    private static final int S_IFSOCK = 0140000;

    private LinuxStat() {}

    /** Of an open file or directory. */
    static Stat of(int fd) throws IOException {
        return of(fd, Libc.SELF, Libc.AT_EMPTY_PATH);
    }

    /** The unit in which the file system of an open file keeps content. */
    static int blockBytes(int fd) throws IOException {
        of(fd);
        return Libc.scratch().stat.get(ValueLayout.JAVA_INT, 4);
    }

    /**
     * Of a name in an open directory.
     *
     * @param flags {@code AT_} flags of statx(2)
     */
    static Stat of(int fd, byte[] name, int flags) throws IOException {
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
}
