package dev.holdfast.agent.cli;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.DiskImages;
import dev.holdfast.agent.image.ImageFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that name disks to back up. */
final class DiskOptions {
    @Option(
            names = "--image",
            paramLabel = "DISK",
            description =
                    "Back up a whole disk instead of paths: a block device, or a disk image file; may be given several"
                            + " times. The snapshot has the bytes of each disk below /disks, in blocks of 256 KiB without those of"
                            + " zeros, and a description of the machine. See restore-disk.")
    private List<Path> images = List.of();

    @Option(
            names = "--image-format",
            paramLabel = "FORMAT",
            description =
                    "Format of the disk image files: raw, qcow2, vhd, vhdx or vmdk. By default each file tells its own.")
    private @Nullable String format;

    boolean given() {
        return !images.isEmpty();
    }

    List<Path> paths() {
        return images;
    }

    DiskImages open(Platform platform) throws IOException {
        return DiskImages.open(platform, images, format == null ? null : ImageFormat.parse(format));
    }
}
