package dev.holdfast.protocol.manifest;

import java.util.List;

/**
 * What a file system says of one file.
 *
 * @param mode permission bits with set-user-id, set-group-id and sticky: {@code 07777}, no type bits
 * @param mtime last change of content
 * @param ctime last change of content or attributes; not restored, used to detect changes
 * @param inode used to detect changes, and with {@code device} to tie hard links together
 * @param device kept only where {@code links > 1}, since device numbers change with every boot
 * @param size bytes, as the file system reports them; 0 where the type has no content
 * @param flags none where the file system has none, or the type cannot have them
 */
public record Attributes(
        int mode,
        int uid,
        int gid,
        Timestamp mtime,
        Timestamp ctime,
        long inode,
        long device,
        int links,
        long size,
        List<Xattr> xattrs,
        InodeFlags flags) {

    /** Without flags. */
    public Attributes(
            int mode,
            int uid,
            int gid,
            Timestamp mtime,
            Timestamp ctime,
            long inode,
            long device,
            int links,
            long size,
            List<Xattr> xattrs) {
        this(mode, uid, gid, mtime, ctime, inode, device, links, size, xattrs, InodeFlags.NONE);
    }

    /** Seconds since 1970, possibly negative, and nanoseconds within the second. */
    public record Timestamp(long seconds, int nanos) implements Comparable<Timestamp> {
        @Override
        public int compareTo(Timestamp other) {
            int bySeconds = Long.compare(seconds, other.seconds);
            return bySeconds != 0 ? bySeconds : Integer.compare(nanos, other.nanos);
        }
    }

    public Attributes withLinks(int names, long fileSystem) {
        return new Attributes(mode, uid, gid, mtime, ctime, inode, fileSystem, names, size, xattrs, flags);
    }

    public Attributes withXattrs(List<Xattr> found) {
        return new Attributes(mode, uid, gid, mtime, ctime, inode, device, links, size, found, flags);
    }

    public Attributes withFlags(InodeFlags found) {
        return new Attributes(mode, uid, gid, mtime, ctime, inode, device, links, size, xattrs, found);
    }
}
