package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * The calls to the kernel for subvolumes of btrfs, as thin as can be: linux/btrfs.h. Names are bytes, which the tool for it prints
 * in a way that cannot be read back.
 */
public final class Btrfs {
    /** Of the root of every subvolume. */
    private static final long ROOT_INODE = 256;
    /** Of what stands in a snapshot where another subvolume was. */
    private static final long PLACEHOLDER_INODE = 2;

    private static final long SNAP_CREATE_V2 = 0x50009417L;
    private static final long SNAP_DESTROY = 0x5000940fL;
    private static final long SUBVOL_GETFLAGS = 0x80089419L;
    private static final long FS_INFO = 0x8400941fL;
    private static final long GET_SUBVOL_ROOTREF = 0xd000943dL;
    private static final long INO_LOOKUP_USER = 0xd000943eL;
    private static final long READ_ONLY = 2;
    private static final int EOVERFLOW = 75;

    private static final int ARGUMENT_BYTES = 4096;
    /** In the arguments of {@code SNAP_CREATE_V2}, and of {@code SNAP_DESTROY}. */
    private static final int FLAGS_AT = 16;

    private static final int CREATED_NAME_AT = 56;
    private static final int DESTROYED_NAME_AT = 8;
    private static final int FSID_AT = 16;
    private static final int FSID_BYTES = 16;
    private static final int MAX_NAME_BYTES = 255;
    private static final int REFS_AT = 8;
    private static final int REF_BYTES = 16;
    private static final int REF_COUNT_AT = 4088;
    private static final int FOUND_NAME_AT = 16;
    private static final int FOUND_PATH_AT = 272;

    private static final MethodHandle IOCTL = Libc.function("ioctl");

    private Btrfs() {}

    /** Whether a directory of btrfs is the root of a subvolume. */
    public static boolean isSubvolume(Stat directory) {
        return directory.type() == Stat.Type.DIRECTORY && directory.inode() == ROOT_INODE;
    }

    /** Whether a directory of a snapshot stands where another subvolume was. */
    public static boolean isPlaceholder(Stat directory) {
        return directory.type() == Stat.Type.DIRECTORY && directory.inode() == PLACEHOLDER_INODE;
    }

    /** Something to do with a directory's descriptor, and memory for the arguments. */
    private interface Call<T> {
        T run(int fd, MemorySegment arguments) throws IOException;
    }

    private static <T> T in(TreePath directory, Call<T> call) throws IOException {
        byte[] path = SourceMounts.absolute(directory);
        Libc.Scratch s = Libc.scratch();
        int fd = Libc.openat(s, Libc.AT_FDCWD, s.name(path), Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW, 0);
        if (fd < 0) {
            throw Libc.error(s, "open directory", path);
        }
        try {
            return call.run(fd, s.data.asSlice(0, ARGUMENT_BYTES).fill((byte) 0));
        } finally {
            Libc.closeFd(fd);
        }
    }

    private static void ioctl(int fd, long request, MemorySegment arguments, String what, byte[] name)
            throws IOException {
        if (call(fd, request, arguments) < 0) {
            throw Libc.error(Libc.scratch(), what, name);
        }
    }

    private static int call(int fd, long request, MemorySegment arguments) {
        try {
            return (int)
                    (long) IOCTL.invokeExact(Libc.scratch().errno, (long) fd, request, arguments.address(), 0L, 0L, 0L);
        } catch (Throwable e) {
            throw Libc.unexpected(e);
        }
    }

    /** Which file system a directory lies on; another text for each. */
    public static String fileSystem(TreePath directory) throws IOException {
        return in(directory, (fd, arguments) -> {
            ioctl(fd, FS_INFO, arguments, "look at the file system of", SourceMounts.absolute(directory));
            return HexFormat.of()
                    .formatHex(arguments.asSlice(FSID_AT, FSID_BYTES).toArray(ValueLayout.JAVA_BYTE));
        });
    }

    /** Whether nothing can be written to a subvolume. */
    public static boolean readOnly(TreePath subvolume) throws IOException {
        return in(subvolume, (fd, arguments) -> {
            ioctl(fd, SUBVOL_GETFLAGS, arguments, "look at subvolume", SourceMounts.absolute(subvolume));
            return (arguments.get(ValueLayout.JAVA_LONG, 0) & READ_ONLY) != 0;
        });
    }

    /** Makes a snapshot that cannot be written to. Subvolumes below are empty directories in it. */
    public static void snapshot(TreePath subvolume, TreePath made) throws IOException {
        in(
                subvolume,
                (source, _) -> in(made.parent(), (fd, arguments) -> {
                    arguments.set(ValueLayout.JAVA_LONG, 0, source);
                    arguments.set(ValueLayout.JAVA_LONG, FLAGS_AT, READ_ONLY);
                    put(arguments, CREATED_NAME_AT, made.name());
                    ioctl(fd, SNAP_CREATE_V2, arguments, "make snapshot", SourceMounts.absolute(made));
                    return fd;
                }));
    }

    /** Deletes a subvolume with all that is in it. */
    public static void delete(TreePath subvolume) throws IOException {
        in(subvolume.parent(), (fd, arguments) -> {
            put(arguments, DESTROYED_NAME_AT, subvolume.name());
            ioctl(fd, SNAP_DESTROY, arguments, "delete snapshot", SourceMounts.absolute(subvolume));
            return fd;
        });
    }

    private static void put(MemorySegment arguments, int at, byte[] name) {
        if (name.length > MAX_NAME_BYTES) {
            throw new IllegalArgumentException("a name of " + name.length + " bytes");
        }
        MemorySegment.copy(name, 0, arguments, ValueLayout.JAVA_BYTE, at, name.length);
    }

    /** The subvolumes that lie in a subvolume: directly, not in one of these. Known to kernels since 4.18. */
    public static List<TreePath> children(TreePath subvolume) throws IOException {
        return in(subvolume, (fd, arguments) -> {
            List<TreePath> found = new ArrayList<>();
            for (long[] ref : references(fd, arguments, SourceMounts.absolute(subvolume))) {
                arguments.fill((byte) 0);
                arguments.set(ValueLayout.JAVA_LONG, 0, ref[1]);
                arguments.set(ValueLayout.JAVA_LONG, 8, ref[0]);
                if (call(fd, INO_LOOKUP_USER, arguments) == 0) {
                    byte[] path = text(arguments, FOUND_PATH_AT);
                    TreePath at = subvolume;
                    for (byte[] name : path.length == 0
                            ? List.<byte[]>of()
                            : TreePath.of(trimmed(path)).names()) {
                        at = at.child(name);
                    }
                    found.add(at.child(text(arguments, FOUND_NAME_AT)));
                } else if (Libc.scratch().errno() != OsException.ENOENT) {
                    throw Libc.error(Libc.scratch(), "look for subvolumes in", SourceMounts.absolute(subvolume));
                }
            }
            return found;
        });
    }

    /** Pairs: the number of a subvolume, and of the directory in which it has its name. */
    private static List<long[]> references(int fd, MemorySegment arguments, byte[] subvolume) throws IOException {
        List<long[]> found = new ArrayList<>();
        long least = 0;
        while (true) {
            arguments.fill((byte) 0);
            arguments.set(ValueLayout.JAVA_LONG, 0, least);
            int done = call(fd, GET_SUBVOL_ROOTREF, arguments);
            boolean more = done < 0 && Libc.scratch().errno() == EOVERFLOW;
            if (done < 0 && !more) {
                throw Libc.error(Libc.scratch(), "list subvolumes in", subvolume);
            }
            int count = arguments.get(ValueLayout.JAVA_BYTE, REF_COUNT_AT) & 0xFF;
            for (int i = 0; i < count; i++) {
                long at = REFS_AT + (long) i * REF_BYTES;
                long tree = arguments.get(ValueLayout.JAVA_LONG, at);
                found.add(new long[] {tree, arguments.get(ValueLayout.JAVA_LONG, at + 8)});
                least = tree + 1;
            }
            if (!more || count == 0) {
                return found;
            }
        }
    }

    private static byte[] text(MemorySegment arguments, int at) {
        int end = at;
        while (arguments.get(ValueLayout.JAVA_BYTE, end) != 0) {
            end++;
        }
        return arguments.asSlice(at, end - at).toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] trimmed(byte[] path) {
        return path[path.length - 1] == '/' ? java.util.Arrays.copyOf(path, path.length - 1) : path;
    }
}
