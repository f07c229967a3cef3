package dev.holdfast.agent.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.agent.fs.BlockFile;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.cli.ByteText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a disk is restored to: a block device that nobody uses, or a file, which is made if it does not exist. Closing it closes it.
 *
 * @param present bytes that it had before
 */
public record DiskTarget(BlockFile file, long present) implements AutoCloseable {
    private static final int SECTOR = 512;

    /**
     * Opens a target and changes nothing unless {@code write}.
     *
     * @param format of a file
     * @param overwrite whether what it has may be lost
     * @param write false to look only
     * @throws IllegalArgumentException where it cannot take the disk, with the reason and what to do
     */
    public static DiskTarget open(
            Platform platform, Path path, ImageFormat format, long size, boolean overwrite, boolean write)
            throws IOException {
        boolean exists = Files.exists(path);
        if (Files.isDirectory(path)) {
            throw new IllegalArgumentException(path + " is a directory; name a file or a device");
        }
        if (!exists && !write) {
            return new DiskTarget(new Nothing(), 0);
        }
        if (exists) {
            List<String> uses = DeviceUse.of(path);
            if (!uses.isEmpty()) {
                throw new IllegalArgumentException(
                        path + " is in use: " + String.join(", ", uses) + "; unmount it, or restore to another device");
            }
        }
        if (format != ImageFormat.RAW) {
            return formatted(path, format, size, overwrite, write);
        }
        BlockFile file = platform.openBlocks(path, write);
        try {
            long present = file.size();
            if (file.device() && present < size) {
                throw new IllegalArgumentException(path + " has " + ByteText.of(present) + ", and the disk "
                        + ByteText.of(size) + "; restore to a device that is as large at least");
            }
            if (present > 0 && !overwrite) {
                throw new IllegalArgumentException(
                        path + " has content, which a restore replaces; if that is meant, add --overwrite");
            }
            if (write && !file.device() && present != size) {
                file.truncate(size);
            }
            return new DiskTarget(file, Math.min(present, size));
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** A file in a format that has a size of its own, which is kept where it is that of the disk. */
    private static DiskTarget formatted(Path path, ImageFormat format, long size, boolean overwrite, boolean write)
            throws IOException {
        boolean exists = Files.exists(path);
        if (exists && Files.readAttributes(path, BasicFileAttributes.class).isOther()) {
            throw new IllegalArgumentException(path + " is a device, which has no format; leave --format out");
        }
        if (exists && !overwrite) {
            throw new IllegalArgumentException(
                    path + " has content, which a restore replaces; if that is meant, add --overwrite");
        }
        // Sectors are whole.
        long sectors = (size + SECTOR - 1) / SECTOR * SECTOR;
        boolean kept = exists && holds(path, format, sectors);
        if (!kept && !write) {
            return new DiskTarget(new Nothing(), 0);
        }
        if (!kept) {
            List<String> create = new ArrayList<>(List.of("create", "-q", "-f", format.qemu()));
            if (format == ImageFormat.VHD) {
                // Otherwise its size would be rounded to what old disks could have.
                create.addAll(List.of("-o", "force_size=on"));
            }
            create.addAll(List.of(path.toString(), Long.toString(sectors)));
            QemuTools.img(create);
        }
        return new DiskTarget(QemuDisk.open(path, format, write), kept ? size : 0);
    }

    private static boolean holds(Path path, ImageFormat format, long bytes) {
        try {
            JsonNode info = QemuTools.info(path, format);
            return info.path("virtual-size").asLong() == bytes
                    && info.path("backing-filename").isMissingNode();
        } catch (IOException e) {
            // Something else, or not whole: it is made anew.
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }

    /** A file that does not exist yet. */
    private static final class Nothing implements BlockFile {
        @Override
        public long size() {
            return 0;
        }

        @Override
        public boolean device() {
            return false;
        }

        @Override
        public int read(long position, byte[] target, int offset, int length) {
            return -1;
        }

        @Override
        public void write(long position, byte[] source, int offset, int length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean punch(long position, long length) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long nextData(long position) {
            return -1;
        }

        @Override
        public long nextHole(long position) {
            return position;
        }

        @Override
        public void truncate(long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void sync() {}

        @Override
        public void close() {}
    }
}
