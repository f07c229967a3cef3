package dev.holdfast.agent.mount;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Node;
import java.time.Instant;

/**
 * What {@code stat} says of a file.
 *
 * @param mode with the bits of the type
 * @param blocks of 512 bytes
 * @param exact whether size and blocks are final; they take reading the whole list of extents, for a large file
 */
record FileStatus(
        long inode,
        int mode,
        int links,
        int uid,
        int gid,
        int device,
        long size,
        long blocks,
        Timestamp modified,
        Timestamp changed,
        boolean exact) {
    static final int TYPE = 0170000;
    static final int DIRECTORY = 0040000;
    static final int REGULAR = 0100000;
    static final int SYMLINK = 0120000;
    private static final int FIFO = 0010000;
    private static final int CHARACTER_DEVICE = 0020000;
    private static final int BLOCK_DEVICE = 0060000;
    private static final int BLOCK_BYTES = 512;

    static Timestamp time(Instant instant) {
        return new Timestamp(instant.getEpochSecond(), instant.getNano());
    }

    /** The bits of a type; 0 for a hard link, which has that of another entry. */
    static int type(Node.Named node) {
        return switch (node) {
            case Node.Directory directory -> DIRECTORY;
            case Node.RegularFile file -> REGULAR;
            case Node.Symlink link -> SYMLINK;
            case Node.Special special ->
                switch (special.type()) {
                    case FIFO -> FIFO;
                    case CHARACTER_DEVICE -> CHARACTER_DEVICE;
                    case BLOCK_DEVICE -> BLOCK_DEVICE;
                };
            case Node.HardLink link -> 0;
        };
    }

    private static int device(Node.Named node) {
        if (!(node instanceof Node.Special special)) {
            return 0;
        }
        // As the kernel encodes it in 32 bits.
        return special.minor() & 0xff | special.major() << 8 | (special.minor() & ~0xff) << 12;
    }

    /** Of anything but a hard link. */
    static FileStatus of(long inode, Node.Named node, long size, long dataBytes, boolean exact) {
        Attributes attributes = node.attributes();
        return new FileStatus(
                inode,
                type(node) | attributes.mode(),
                attributes.links(),
                attributes.uid(),
                attributes.gid(),
                device(node),
                size,
                (dataBytes + BLOCK_BYTES - 1) / BLOCK_BYTES,
                attributes.mtime(),
                attributes.ctime(),
                exact);
    }

    /** Of something that no snapshot has: everybody may read it. */
    static FileStatus made(long inode, int type, long size, Timestamp time) {
        int mode = type == SYMLINK ? 0777 : 0555;
        return new FileStatus(inode, type | mode, type == DIRECTORY ? 2 : 1, 0, 0, 0, size, 0, time, time, true);
    }
}
