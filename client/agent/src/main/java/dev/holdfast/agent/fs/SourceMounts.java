package dev.holdfast.agent.fs;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.SourceMount;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Which file system a source lies on, on Linux. A file system on a device is told by its UUID: the kernel gives it from
 * Linux 6.9 on, udev's links before. Those of servers are told by what they export.
 */
final class SourceMounts {
    private static final Path BY_UUID = Path.of("/dev/disk/by-uuid");
    private static final int UUID_BYTES = 16;

    /** Their source names what is mounted, and stays the same. */
    private static final Set<String> NAMED_BY_SOURCE = Set.of(
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "9p",
            "virtiofs",
            "zfs",
            "fuse.sshfs",
            "fuse.glusterfs",
            "fuse.rclone");

    private final Mounts mounts;

    SourceMounts(Mounts mounts) {
        this.mounts = mounts;
    }

    /**
     * @param follow whether a symlink of that name is the directory that it leads to
     * @return empty where it cannot be told
     */
    Optional<SourceMount> of(TreePath source, boolean follow) {
        try {
            TreePath real = follow || source.isRoot()
                    ? resolved(source)
                    : resolved(source.parent()).child(source.name());
            Optional<Mounts.Mount> found = mounts.of(mountId(real), real);
            if (found.isEmpty() || found.get().type().equals("autofs")) {
                return Optional.empty();
            }
            Mounts.Mount mount = found.get();
            return Optional.of(
                    new SourceMount(source, mount.type(), identity(mount, real), mount.point(), inside(mount, real)));
        } catch (IOException | IllegalArgumentException e) {
            // It is no more there, or its names are longer than anybody wants to read.
            return Optional.empty();
        }
    }

    private static TreePath resolved(TreePath path) throws IOException {
        Libc.Scratch s = Libc.scratch();
        byte[] real = Libc.resolved(s, s.name(absolute(path)));
        if (real.length == 0) {
            throw Libc.error(s, "resolve", absolute(path));
        }
        return TreePath.of(Arrays.copyOfRange(real, 1, real.length));
    }

    static byte[] absolute(TreePath path) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.write('/');
        joined.writeBytes(path.toBytes());
        return joined.toByteArray();
    }

    /** 0 where the kernel does not say. */
    static long mountId(TreePath real) {
        Libc.Scratch s = Libc.scratch();
        int done = Libc.statx(s, Libc.AT_FDCWD, s.name(absolute(real)), Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_MNT_ID);
        boolean known = done == 0 && (s.stat.get(ValueLayout.JAVA_INT, 0) & Libc.STATX_MNT_ID) != 0;
        return known ? s.stat.get(ValueLayout.JAVA_LONG, 144) : 0;
    }

    /** Where the source is within the file system, whatever of it is mounted where. */
    private static TreePath inside(Mounts.Mount mount, TreePath real) throws FormatException {
        TreePath root = mount.root();
        if (root == null || !real.startsWith(mount.point())) {
            return TreePath.ROOT;
        }
        TreePath inside = root;
        int above = mount.point().names().size();
        for (byte[] name : real.names().subList(above, real.names().size())) {
            inside = inside.child(name);
        }
        return inside;
    }

    private static String identity(Mounts.Mount mount, TreePath real) {
        String source = mount.source();
        if (NAMED_BY_SOURCE.contains(mount.type())) {
            String named = source.endsWith("/") ? source.substring(0, source.length() - 1) : source;
            // Names of hosts and shares have no case there.
            return named.startsWith("//") ? named.toLowerCase(Locale.ROOT) : named;
        }
        if (!source.startsWith("/dev/")) {
            return "";
        }
        return uuid(real)
                .or(() -> uuid(mount.point()))
                .or(() -> linked(mount))
                .map(uuid -> "UUID " + uuid)
                .orElse("");
    }

    /** As the kernel has it, where the path is a directory that may be opened. */
    private static Optional<String> uuid(TreePath directory) {
        Libc.Scratch s = Libc.scratch();
        int flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW;
        int fd = Libc.openat(s, Libc.AT_FDCWD, s.name(absolute(directory)), flags, 0);
        if (fd < 0) {
            return Optional.empty();
        }
        try {
            boolean known = Libc.ioctl(s, fd, Libc.FS_IOC_GETFSUUID) == 0
                    && s.times.get(ValueLayout.JAVA_BYTE, 0) == UUID_BYTES;
            if (!known) {
                return Optional.empty();
            }
            ByteBuffer bytes = s.times.asSlice(1, UUID_BYTES).asByteBuffer();
            UUID uuid = new UUID(bytes.getLong(), bytes.getLong());
            // One of zeros alone was never given to it.
            return uuid.equals(new UUID(0, 0)) ? Optional.empty() : Optional.of(uuid.toString());
        } finally {
            Libc.close(s, fd);
        }
    }

    /** As udev has it: a link of that name leads to the device. */
    private static Optional<String> linked(Mounts.Mount mount) {
        try (DirectoryStream<Path> links = Files.newDirectoryStream(BY_UUID)) {
            Path device = Path.of(mount.source()).toRealPath();
            for (Path link : links) {
                if (link.toRealPath().equals(device)) {
                    return Optional.of(link.getFileName().toString());
                }
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
