package dev.holdfast.agent.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.fs.BlockFile;
import dev.holdfast.agent.fs.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A disk that is a block device, or a file in one of the formats. */
final class FileBlocks implements BlockSource {
    private final Path path;
    private final BlockFile file;
    /** When it was opened; null for a device, whose time does not tell of writes. */
    private final @Nullable FileTime modified;

    private final List<String> uses;
    /** Where the bytes are as they are: the file, the device, or a snapshot of it; null for other formats. */
    private final @Nullable Path plain;
    /** When it was opened; -1 for files, and where the system does not tell. */
    private final long sectorsWritten;

    private FileBlocks(
            Path path, BlockFile file, @Nullable FileTime modified, List<String> uses, @Nullable Path plain) {
        this.path = path;
        this.file = file;
        this.modified = modified;
        this.uses = uses;
        this.plain = plain;
        this.sectorsWritten = modified == null && plain != null ? DeviceUse.sectorsWritten(plain) : -1;
    }

    /** A block device, or a file with a disk's bytes as they are. */
    static FileBlocks raw(Platform platform, Path path) throws IOException {
        FileTime modified = Files.getLastModifiedTime(path);
        BlockFile file = platform.openBlocks(path, false);
        try {
            Path plain = platform.blocks(path);
            return file.device()
                    ? new FileBlocks(path, file, null, DeviceUse.of(plain), plain)
                    : new FileBlocks(path, file, modified, List.of(), plain);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /**
     * A file in a format that qemu knows. A running machine holds a lock, without which it is not opened.
     *
     * @param told whether somebody said the format. If not, a file that refers to others is refused: whoever can write its first bytes,
     *     such as the machine whose raw disk it is, would choose files of this machine to be read
     */
    static FileBlocks formatted(Path path, ImageFormat format, boolean told) throws IOException {
        JsonNode backing = QemuTools.info(path, format).path("backing-filename");
        if (!told && !backing.isMissingNode()) {
            throw new IllegalArgumentException(path + " looks like " + format.text() + " with the backing file "
                    + backing.asText() + "; if that is so, add --image-format " + format.text()
                    + ", otherwise --image-format raw");
        }
        FileTime modified = Files.getLastModifiedTime(path);
        return new FileBlocks(path, QemuDisk.open(path, format, false), modified, List.of(), null);
    }

    @Override
    public long size() {
        return file.size();
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
        return file.read(position, target, offset, length);
    }

    @Override
    public long nextData(long position) throws IOException {
        return file.nextData(position);
    }

    @Override
    public long nextHole(long position) throws IOException {
        return file.nextHole(position);
    }

    @Override
    public Optional<Path> place() {
        return Optional.ofNullable(plain);
    }

    @Override
    public Optional<String> writers() throws IOException {
        if (plain != null && file.device()) {
            List<String> users = DeviceUse.any(plain);
            if (users.isEmpty() && file.mayBeWritten()) {
                return Optional.of("in use (the kernel does not tell for what)");
            }
            return users.isEmpty() ? Optional.empty() : Optional.of("in use (" + String.join(", ", users) + ")");
        }
        return plain == null || file.mayBeWritten()
                ? Optional.of("it is open for writing, or its file system does not tell")
                : Optional.empty();
    }

    @Override
    public Optional<String> doubt() throws IOException {
        if (!uses.isEmpty()) {
            return Optional.of(
                    "in use while it was read (" + String.join(", ", uses)
                            + "), so that it may be a mixture of several moments; back up a snapshot of it, or while it is not used");
        }
        long written = plain != null && sectorsWritten >= 0 ? DeviceUse.sectorsWritten(plain) - sectorsWritten : 0;
        if (written > 0) {
            return Optional.of(
                    "written to while it was read (" + written
                            + " sectors), so that it may be a mixture of several moments; back it up while nobody writes to it");
        }
        if (modified != null && !Files.getLastModifiedTime(path).equals(modified)) {
            return Optional.of("written to while it was read; back it up while its machine is off");
        }
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
