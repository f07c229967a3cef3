package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import java.util.List;

/**
 * What the file system says of one file, not following a symlink.
 *
 * @param allocated bytes of disk it takes; fewer than its size where it has holes
 * @param major and {@code minor}: the device that a device node stands for
 */
public record Stat(
        Type type,
        int mode,
        int uid,
        int gid,
        long size,
        long allocated,
        Timestamp mtime,
        Timestamp ctime,
        long inode,
        long device,
        int links,
        int major,
        int minor) {

    public enum Type {
        DIRECTORY,
        FILE,
        SYMLINK,
        FIFO,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        SOCKET,
        OTHER
    }

    /** Whether the other describes the same file in the same state: nothing wrote to it in between. */
    public boolean sameState(Stat other) {
        return inode == other.inode
                && device == other.device
                && size == other.size
                && mtime.equals(other.mtime)
                && ctime.equals(other.ctime);
    }

    /** Whether it surely has holes; where attributes or space behind the end count as well, holes may hide. */
    public boolean sparse() {
        return allocated < size;
    }

    /** Whether a snapshot's record describes this file in this state. */
    public boolean matches(Attributes recorded) {
        return inode == recorded.inode()
                && (type != Type.FILE || size == recorded.size())
                && mtime.equals(recorded.mtime())
                && ctime.equals(recorded.ctime());
    }

    public Attributes attributes() {
        boolean shared = links > 1 && type != Type.DIRECTORY;
        return new Attributes(
                mode,
                uid,
                gid,
                mtime,
                ctime,
                inode,
                shared ? device : 0,
                // A directory's link count tells how many subdirectories it has, which the tree says already.
                shared ? links : 1,
                type == Type.FILE ? size : 0,
                List.of());
    }
}
