package dev.holdfast.agent.image;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/** A disk image in a format that qemu knows, read through {@link QemuDisk}. */
final class QemuBlocks implements BlockSource {
    private final Path path;
    private final FileTime modified;
    private final QemuDisk disk;

    /**
     * Opens a file.
     *
     * @param told whether somebody said the format. If not, a file that refers to others is refused: whoever can write its first bytes,
     *     such as the machine whose raw disk it is, would choose files of this machine to be read
     */
    QemuBlocks(Path path, ImageFormat format, boolean told) throws IOException {
        this.path = path;
        JsonNode info = QemuTools.info(path, format);
        JsonNode backing = info.path("backing-filename");
        if (!told && !backing.isMissingNode()) {
            throw new IllegalArgumentException(path + " looks like " + format.text() + " with the backing file "
                    + backing.asText() + "; if that is so, add --image-format " + format.text()
                    + ", otherwise --image-format raw");
        }
        this.modified = Files.getLastModifiedTime(path);
        this.disk = QemuDisk.open(path, format, false);
    }

    @Override
    public long size() {
        return disk.size();
    }

    @Override
    public int read(long position, byte[] target, int offset, int length) throws IOException {
        return disk.read(position, target, offset, length);
    }

    @Override
    public long nextData(long position) throws IOException {
        return disk.nextData(position);
    }

    @Override
    public long nextHole(long position) throws IOException {
        return disk.nextHole(position);
    }

    @Override
    public Optional<String> doubt() throws IOException {
        // Whoever runs the machine holds a lock, without which qemu-nbd does not open the file.
        return Files.getLastModifiedTime(path).equals(modified)
                ? Optional.empty()
                : Optional.of("written to while it was read; back it up while its machine is off");
    }

    @Override
    public void close() throws IOException {
        disk.close();
    }
}
