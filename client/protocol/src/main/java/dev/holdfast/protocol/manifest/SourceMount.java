package dev.holdfast.protocol.manifest;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.util.Locale;

/**
 * The file system that a source lay on when it was backed up, told by what stays the same: device numbers, which change
 * with each boot and differ for each subvolume, are not in it.
 *
 * <pre>
 * path bytes · type string · identity string · mount point bytes · inside bytes
 * </pre>
 *
 * @param path the source
 * @param type as the kernel names it: {@code ext4}, {@code nfs4}
 * @param identity what tells the file system from others of its type: {@code UUID …}, or a server's export; empty where
 *     nothing does, as for tmpfs
 * @param mountPoint where it was mounted
 * @param inside where the source is within the file system: behind a bind mount, or in a subvolume, another path
 */
public record SourceMount(TreePath path, String type, String identity, TreePath mountPoint, TreePath inside) {
    private static final int MAX_TYPE_BYTES = 255;
    private static final int MAX_IDENTITY_BYTES = 4096;

    /** @throws IllegalArgumentException where a text is too long */
    public SourceMount {
        if (type.length() > MAX_TYPE_BYTES / 4 || identity.length() > MAX_IDENTITY_BYTES / 4) {
            throw new IllegalArgumentException("the name of a file system is too long");
        }
    }

    void write(ByteWriter out) {
        out.bytes(path.toBytes())
                .string(type)
                .string(identity)
                .bytes(mountPoint.toBytes())
                .bytes(inside.toBytes());
    }

    static SourceMount read(ByteReader in) throws FormatException {
        TreePath path = TreePath.of(in.bytes(TreePath.MAX_BYTES, "mounted source"));
        String type = in.string(MAX_TYPE_BYTES, "file system type");
        String identity = in.string(MAX_IDENTITY_BYTES, "file system identity");
        TreePath mountPoint = TreePath.of(in.bytes(TreePath.MAX_BYTES, "mount point"));
        TreePath inside = TreePath.of(in.bytes(TreePath.MAX_BYTES, "path within a file system"));
        try {
            return new SourceMount(path, type, identity, mountPoint, inside);
        } catch (IllegalArgumentException e) {
            throw FormatException.corrupt(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Whether it is the same place of the same file system. A file system that is mounted elsewhere, a subvolume that takes
     * the place of another, and a driver of another name are not changes; neither is what cannot be compared.
     */
    public boolean samePlace(SourceMount other) {
        boolean comparable = !identity.isEmpty() && !other.identity.isEmpty();
        boolean same =
                comparable ? identity.equals(other.identity) : family(type).equals(family(other.type));
        return same && (mountPoint.equals(other.mountPoint) || inside.equals(other.inside));
    }

    /** Types that are names of one. */
    private static String family(String type) {
        return switch (type) {
            case "ext2", "ext3" -> "ext4";
            case "nfs4" -> "nfs";
            case "smb3", "smbfs" -> "cifs";
            case "fuseblk", "ntfs", "fuse.ntfs-3g", "fuse.ntfs" -> "ntfs3";
            case "fuse.exfat" -> "exfat";
            default -> type.toLowerCase(Locale.ROOT);
        };
    }

    /** For people: {@code ext4 UUID 1234…}. */
    public String fileSystem() {
        return identity.isEmpty() ? type : type + " " + identity;
    }
}
