package dev.holdfast.agent.fs;

import dev.holdfast.protocol.manifest.Attributes;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.InodeFlags;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.Xattr;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A directory by its path. Symlinks are refused where a directory is expected, as far as java.nio can tell. */
final class NioDirectory implements Directory {
    private final Path path;
    private final boolean unix;

    NioDirectory(Path path) {
        this.path = path;
        this.unix = path.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    private Path child(byte[] name) {
        return path.resolve(new String(name, StandardCharsets.UTF_8));
    }

    @Override
    public List<byte[]> names() throws IOException {
        List<byte[]> names = new ArrayList<>();
        try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
            for (Path child : children) {
                names.add(String.valueOf(child.getFileName()).getBytes(StandardCharsets.UTF_8));
            }
        }
        return names;
    }

    @Override
    public Stat stat() throws IOException {
        return stat(path);
    }

    @Override
    public Stat stat(byte[] name) throws IOException {
        return stat(child(name));
    }

    private Stat stat(Path file) throws IOException {
        try {
            BasicFileAttributes a = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            Map<String, Object> more =
                    unix ? Files.readAttributes(file, "unix:*", LinkOption.NOFOLLOW_LINKS) : Map.of();
            int fullMode = (int) number(more, "mode", a.isDirectory() ? 0755 : 0644);
            Stat.Type type = a.isRegularFile()
                    ? Stat.Type.FILE
                    : a.isDirectory()
                            ? Stat.Type.DIRECTORY
                            : a.isSymbolicLink() ? Stat.Type.SYMLINK : special(fullMode);
            Timestamp mtime = timestamp(a.lastModifiedTime());
            Timestamp ctime = more.get("ctime") instanceof FileTime time ? timestamp(time) : mtime;
            long device = number(more, "rdev", 0);
            return new Stat(
                    type,
                    fullMode & 07777,
                    (int) number(more, "uid", 0),
                    (int) number(more, "gid", 0),
                    a.size(),
                    a.size(),
                    mtime,
                    ctime,
                    null,
                    number(more, "ino", String.valueOf(a.fileKey()).hashCode()),
                    number(more, "dev", 0),
                    (int) number(more, "nlink", 1),
                    (int) (device >>> 8 & 0xFFF),
                    (int) (device & 0xFF),
                    0);
        } catch (NoSuchFileException e) {
            throw gone(file);
        }
    }

    private static Stat.Type special(int mode) {
        return switch (mode & 0170000) {
            case 0010000 -> Stat.Type.FIFO;
            case 0020000 -> Stat.Type.CHARACTER_DEVICE;
            case 0060000 -> Stat.Type.BLOCK_DEVICE;
            case 0140000 -> Stat.Type.SOCKET;
            default -> Stat.Type.OTHER;
        };
    }

    private static long number(Map<String, Object> attributes, String name, long otherwise) {
        return attributes.get(name) instanceof Number number ? number.longValue() : otherwise;
    }

    private static Timestamp timestamp(FileTime time) {
        Instant instant = time.toInstant();
        return new Timestamp(instant.getEpochSecond(), instant.getNano());
    }

    private static OsException gone(Path file) {
        return new OsException(OsException.ENOENT, "No such file or directory", "open " + file, new byte[0]);
    }

    private static OsException exists(Path file) {
        return new OsException(OsException.EEXIST, "File exists", "create " + file, new byte[0]);
    }

    @Override
    public Directory openDirectory(byte[] name) throws IOException {
        Path directory = child(name);
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw gone(directory);
        }
        if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
            throw new NotDirectoryException(directory.toString());
        }
        return new NioDirectory(directory);
    }

    @Override
    public Directory openLinkedDirectory(byte[] name) throws IOException {
        Path directory = child(name).toRealPath();
        if (!Files.isDirectory(directory)) {
            throw new NotDirectoryException(directory.toString());
        }
        return new NioDirectory(directory);
    }

    private FileHandle open(byte[] name, OpenOption... options) throws IOException {
        Path file = child(name);
        Set<OpenOption> all = new java.util.HashSet<>(Arrays.asList(options));
        all.add(LinkOption.NOFOLLOW_LINKS);
        try {
            return new NioFile(file, FileChannel.open(file, all));
        } catch (NoSuchFileException e) {
            throw gone(file);
        } catch (FileAlreadyExistsException e) {
            throw exists(file);
        }
    }

    @Override
    public FileHandle openFile(byte[] name) throws IOException {
        return open(name, StandardOpenOption.READ);
    }

    @Override
    public byte[] readLink(byte[] name) throws IOException {
        return Files.readSymbolicLink(child(name)).toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public List<Xattr> xattrs(byte[] name) throws IOException {
        return xattrs(child(name));
    }

    private static List<Xattr> xattrs(Path file) throws IOException {
        UserDefinedFileAttributeView view =
                Files.getFileAttributeView(file, UserDefinedFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (view == null || Files.isSymbolicLink(file)) {
            return List.of();
        }
        List<Xattr> xattrs = new ArrayList<>();
        for (String attribute : view.list()) {
            ByteBuffer value = ByteBuffer.allocate(view.size(attribute));
            view.read(attribute, value);
            xattrs.add(new Xattr(("user." + attribute).getBytes(StandardCharsets.UTF_8), value.array()));
        }
        xattrs.sort((a, b) -> Arrays.compareUnsigned(a.name(), b.name()));
        return xattrs;
    }

    @Override
    public InodeFlags flags() {
        return InodeFlags.NONE;
    }

    @Override
    public FileHandle createFile(byte[] name) throws IOException {
        return open(name, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public FileHandle openForUpdate(byte[] name) throws IOException {
        return open(name, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    @Override
    public void makeDirectory(byte[] name) throws IOException {
        try {
            Files.createDirectory(child(name));
        } catch (FileAlreadyExistsException e) {
            throw exists(child(name));
        }
    }

    @Override
    public void makeSymlink(byte[] name, byte[] target) throws IOException {
        try {
            Files.createSymbolicLink(child(name), Path.of(new String(target, StandardCharsets.UTF_8)));
        } catch (FileAlreadyExistsException e) {
            throw exists(child(name));
        }
    }

    @Override
    public void makeSpecial(byte[] name, Node.Special.Type type, int major, int minor) throws IOException {
        throw new OsException(OsException.EOPNOTSUPP, "not possible on this platform", "make special file", name);
    }

    @Override
    public void link(byte[] name, Directory target, byte[] targetName) throws IOException {
        if (!(target instanceof NioDirectory nio)) {
            throw new IllegalArgumentException("directories of different platforms");
        }
        try {
            Files.createLink(nio.child(targetName), child(name));
        } catch (FileAlreadyExistsException e) {
            throw exists(nio.child(targetName));
        }
    }

    @Override
    public void rename(byte[] from, byte[] to) throws IOException {
        Files.move(child(from), child(to), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void renameNew(byte[] from, byte[] to) throws IOException {
        try {
            Files.move(child(from), child(to));
        } catch (FileAlreadyExistsException e) {
            throw exists(child(to));
        }
    }

    /** Java has no call for a file system; each file's own would cost more than it tells. */
    @Override
    public void sync() {}

    @Override
    public void remove(byte[] name, boolean directory) throws IOException {
        try {
            Files.delete(child(name));
        } catch (NoSuchFileException e) {
            throw gone(child(name));
        }
    }

    @Override
    public List<String> apply(byte[] name, Stat.Type type, Attributes attributes) {
        return apply(child(name), type, attributes, unix);
    }

    private static List<String> apply(Path file, Stat.Type type, Attributes a, boolean unix) {
        List<String> lost = new ArrayList<>();
        if (unix) {
            attempt(lost, "owner", () -> {
                if (a.uid() != -1) {
                    Files.setAttribute(file, "unix:uid", a.uid(), LinkOption.NOFOLLOW_LINKS);
                }
                if (a.gid() != -1) {
                    Files.setAttribute(file, "unix:gid", a.gid(), LinkOption.NOFOLLOW_LINKS);
                }
            });
        }
        attempt(lost, "attributes that the snapshot does not have", () -> dropOthers(file, a.xattrs()));
        for (Xattr xattr : a.xattrs()) {
            String name = new String(xattr.name(), StandardCharsets.UTF_8);
            attempt(lost, "attribute " + name, () -> setXattr(file, name, xattr.value()));
        }
        if (unix && type != Stat.Type.SYMLINK) {
            attempt(lost, "mode", () -> Files.setAttribute(file, "unix:mode", a.mode(), LinkOption.NOFOLLOW_LINKS));
        }
        attempt(lost, "modification time", () -> {
            FileTime time = FileTime.from(
                    Instant.ofEpochSecond(a.mtime().seconds(), a.mtime().nanos()));
            BasicFileAttributeView view =
                    Files.getFileAttributeView(file, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
            view.setTimes(time, null, null);
        });
        return lost;
    }

    private static void setXattr(Path file, String name, byte[] value) throws IOException {
        UserDefinedFileAttributeView view = Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
        if (view == null || !name.startsWith("user.")) {
            throw new IOException("not possible on this platform");
        }
        view.write(name.substring("user.".length()), ByteBuffer.wrap(value));
    }

    private static void dropOthers(Path file, List<Xattr> wanted) throws IOException {
        for (Xattr present : xattrs(file)) {
            if (wanted.stream().noneMatch(xattr -> Arrays.equals(xattr.name(), present.name()))) {
                Files.getFileAttributeView(file, UserDefinedFileAttributeView.class)
                        .delete(new String(present.name(), StandardCharsets.UTF_8).substring("user.".length()));
            }
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void attempt(List<String> lost, String what, Step step) {
        try {
            step.run();
        } catch (IOException | RuntimeException e) {
            lost.add(what + ": " + e.getMessage());
        }
    }

    @Override
    public void close() {}

    /** A regular file's channel. Holes cannot be told, so all is data. */
    private final class NioFile implements FileHandle {
        private final Path file;
        private final FileChannel channel;

        NioFile(Path file, FileChannel channel) {
            this.file = file;
            this.channel = channel;
        }

        @Override
        public Stat stat() throws IOException {
            return NioDirectory.this.stat(file);
        }

        @Override
        public List<Xattr> xattrs() throws IOException {
            return NioDirectory.xattrs(file);
        }

        @Override
        public int read(long position, byte[] target, int offset, int length) throws IOException {
            return channel.read(ByteBuffer.wrap(target, offset, length), position);
        }

        @Override
        public void write(long position, byte[] source, int offset, int length) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(source, offset, length);
            for (long at = position; buffer.hasRemaining(); ) {
                at += channel.write(buffer, at);
            }
        }

        @Override
        public long nextData(long position) throws IOException {
            return position < channel.size() ? position : -1;
        }

        @Override
        public long nextHole(long position) throws IOException {
            return Math.max(position, channel.size());
        }

        @Override
        public void awaitWrites(long size) {}

        @Override
        public void watchMappings() {}

        @Override
        public InodeFlags flags() {
            return InodeFlags.NONE;
        }

        @Override
        public void truncate(long size) throws IOException {
            if (size > channel.size()) {
                channel.write(ByteBuffer.allocate(1), size - 1);
            } else {
                channel.truncate(size);
            }
        }

        @Override
        public boolean tryLock() throws IOException {
            try {
                return channel.tryLock() != null;
            } catch (OverlappingFileLockException e) {
                return false;
            }
        }

        @Override
        public List<String> apply(Attributes attributes) {
            return NioDirectory.apply(file, Stat.Type.FILE, attributes, unix);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
