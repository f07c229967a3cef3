package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lists, sets and removes extended attributes, of open files and of names in open directories. */
final class LinuxXattrs {
    private static final byte[] DEFAULT_ACL = "system.posix_acl_default".getBytes(StandardCharsets.US_ASCII);

    private LinuxXattrs() {}

    /** Of an open file or directory. */
    static List<Xattr> list(int fd) throws IOException {
        Libc.Scratch s = Libc.scratch();
        return list(
                s,
                Libc.SELF,
                () -> LibcAttributes.flistxattr(s, fd),
                attribute -> LibcAttributes.fgetxattr(s, fd, attribute));
    }

    /** Of a name in an open directory, which is not followed. */
    static List<Xattr> list(int directory, byte[] name) throws IOException {
        Libc.Scratch s = Libc.scratch();
        MemorySegment path = s.name(procPath(directory, name));
        return list(
                s,
                name,
                () -> LibcAttributes.llistxattr(s, path),
                attribute -> LibcAttributes.lgetxattr(s, path, attribute));
    }

    /** Whether what is made in a directory gets an ACL from it; also where that cannot be found out. */
    static boolean hasDefaultAcl(int directory) {
        Libc.Scratch s = Libc.scratch();
        long size = LibcAttributes.fgetxattr(s, directory, s.other(DEFAULT_ACL));
        return size >= 0 || (s.errno() != OsException.ENODATA && s.errno() != OsException.EOPNOTSUPP);
    }

    /** A path that leads to a name in an open directory without being followed, for the calls that have no {@code at} form. */
    static byte[] procPath(int directory, byte[] name) {
        byte[] prefix = ("/proc/self/fd/" + directory + "/").getBytes(StandardCharsets.US_ASCII);
        byte[] path = Arrays.copyOf(prefix, prefix.length + name.length);
        System.arraycopy(name, 0, path, prefix.length, name.length);
        return path;
    }

    private interface ListCall {
        long call();
    }

    private interface GetCall {
        long call(MemorySegment attribute);
    }

    /** Both calls leave what they find in the scratch data. */
    private static List<Xattr> list(Libc.Scratch s, byte[] name, ListCall list, GetCall get) throws IOException {
        long length = list.call();
        if (length == 0) {
            return List.of();
        }
        if (length < 0) {
            if (s.errno() == OsException.EOPNOTSUPP) {
                return List.of();
            }
            throw Libc.error(s, "list attributes of", name);
        }
        List<Xattr> xattrs = new ArrayList<>();
        for (byte[] attribute : names(s, length)) {
            long size = get.call(s.other(attribute));
            if (size >= 0) {
                xattrs.add(new Xattr(attribute, s.data.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE)));
            } else if (s.errno() != OsException.ENODATA) {
                throw Libc.error(s, "read attribute " + new String(attribute, StandardCharsets.UTF_8) + " of", name);
            }
        }
        xattrs.sort((a, b) -> Arrays.compareUnsigned(a.name(), b.name()));
        return xattrs;
    }

    interface RemoveCall {
        int call(byte[] attribute);
    }

    /** Removes attributes that were there, or came from a default ACL, and are not wanted. */
    static void dropOthers(List<String> lost, List<Xattr> wanted, List<byte[]> present, RemoveCall remove) {
        for (byte[] name : present) {
            if (Xattrs.ofSystem(name) || wanted.stream().anyMatch(xattr -> Arrays.equals(xattr.name(), name))) {
                continue;
            }
            if (remove.call(name) != 0) {
                Libc.Scratch s = Libc.scratch();
                if (s.errno() != OsException.ENODATA) {
                    lost.add("attribute " + new String(name, StandardCharsets.UTF_8)
                            + ", which the snapshot does not have: "
                            + Libc.error(s, "remove", Libc.SELF).getMessage());
                }
            }
        }
    }

    /** What a call to list attributes left in the scratch data. */
    static List<byte[]> names(Libc.Scratch s, long length) {
        List<byte[]> found = new ArrayList<>();
        byte[] names = length <= 0 ? Libc.SELF : s.data.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        for (int at = 0; at < names.length; ) {
            int end = at;
            while (names[end] != 0) {
                end++;
            }
            found.add(Arrays.copyOfRange(names, at, end));
            at = end + 1;
        }
        return found;
    }
}
