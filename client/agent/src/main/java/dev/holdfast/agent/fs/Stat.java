package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.InodeFlags;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the file system says of one file, not following a symlink.
 *
 * @param allocated bytes of disk it takes; fewer than its size where it has holes
 * @param birth when it was made; null where the file system does not say
 * @param major and {@code minor}: the device that a device node stands for
 * @param flags those of {@link #KNOWN_FLAGS} that it has
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
        @Nullable Timestamp birth,
        long inode,
        long device,
        int links,
        int major,
        int minor,
        int flags) {

    private static final int ENCRYPTED = 0x800;
    private static final int VERITY = 0x100000;
    /** Those of {@link InodeFlags} that are known without opening the file. */
    private static final int OF_INODE =
            InodeFlags.COMPRESSED | InodeFlags.IMMUTABLE | InodeFlags.APPEND | InodeFlags.NO_DUMP;

    static final int KNOWN_FLAGS = OF_INODE | ENCRYPTED | VERITY;

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

    /**
     * Whether the other describes the same file. An inode number alone does not tell: a file system gives the number of a
     * removed file to the next one, and some give a file another number each time they load it.
     */
    public boolean sameFile(Stat other) {
        return type == other.type
                && device == other.device
                && (inode == other.inode || !FileSystems.keepsInodeNumbers(device))
                && (birth == null || other.birth == null || birth.equals(other.birth));
    }

    /** Whether the other describes the same file in the same state: nothing wrote to it in between. */
    public boolean sameState(Stat other) {
        return sameFile(other) && size == other.size && mtime.equals(other.mtime) && ctime.equals(other.ctime);
    }

    /** Whether a record has the inode flags that are known without opening the file. */
    public boolean sameFlags(InodeFlags recorded) {
        return (flags & OF_INODE) == (recorded.bits() & OF_INODE);
    }

    /** What protects its content in a way that a copy cannot have; empty for nothing. */
    public String protection() {
        return (flags & VERITY) != 0 ? "fs-verity" : (flags & ENCRYPTED) != 0 ? "encryption by the file system" : "";
    }

    /** Whether it surely has holes; where attributes or space behind the end count as well, holes may hide. */
    public boolean sparse() {
        return allocated < size;
    }

    /**
     * Whether a snapshot's record describes this file in this state. Without a change time, which nobody can set, nothing
     * does: size and modification time may be those of another content.
     */
    public boolean matches(Attributes recorded) {
        return inode == recorded.inode()
                && FileSystems.keepsChangeTimes(device)
                && (type != Type.FILE || size == recorded.size())
                && mtime.equals(recorded.mtime())
                && ctime.equals(recorded.ctime());
    }

    /** The same file, as if it lay on another device. */
    public Stat withDevice(long other) {
        return new Stat(
                type, mode, uid, gid, size, allocated, mtime, ctime, birth, inode, other, links, major, minor, flags);
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
