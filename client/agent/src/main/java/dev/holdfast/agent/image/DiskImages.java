package dev.holdfast.agent.image;

import dev.holdfast.agent.fs.BlockFile;
import dev.holdfast.agent.fs.Platform;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Block devices and disk image files that are backed up. */
public final class DiskImages implements Disks {
    private final List<DiskImage> images;

    private DiskImages(List<DiskImage> images) {
        this.images = images;
    }

    /** @param path where it is on this machine */
    record DiskImage(Path path, ImageFormat format, TreePath name, BlockSource blocks) {}

    /**
     * Opens disks.
     *
     * @param paths block devices and files, at least one
     * @param format of all files among them; null to look at each
     * @throws IllegalArgumentException where one is given twice, or has no size
     */
    public static DiskImages open(Platform platform, List<Path> paths, @Nullable ImageFormat format)
            throws IOException {
        if (paths.size() > MAX_DISKS) {
            throw new IllegalArgumentException(
                    paths.size() + " disks are too many for one snapshot, which may have " + MAX_DISKS);
        }
        List<DiskImage> opened = new ArrayList<>();
        try {
            for (Path each : paths) {
                DiskImage image = open(platform, each.toAbsolutePath().normalize(), format);
                opened.add(image);
                if (opened.stream()
                                .filter(other -> other.name.equals(image.name))
                                .count()
                        > 1) {
                    throw new IllegalArgumentException(each + " is given twice");
                }
            }
        } catch (IOException | RuntimeException e) {
            for (DiskImage each : opened) {
                each.blocks.close();
            }
            throw e;
        }
        opened.sort(Comparator.comparing(DiskImage::name));
        return new DiskImages(List.copyOf(opened));
    }

    private static DiskImage open(Platform platform, Path path, @Nullable ImageFormat format) throws IOException {
        ImageFormat looked = look(platform, path);
        ImageFormat found = format != null && !isDevice(path) ? format : looked;
        BlockSource blocks = found == ImageFormat.RAW
                ? FileBlocks.raw(platform, path)
                : FileBlocks.formatted(path, found, format != null);
        if (!Disks.isSize(blocks.size())) {
            blocks.close();
            throw new IllegalArgumentException(path + " has " + blocks.size() + " bytes; no disk has so many");
        }
        return new DiskImage(path, found, name(path), blocks);
    }

    private static ImageFormat look(Platform platform, Path path) throws IOException {
        try (BlockFile file = platform.openBlocks(path, false)) {
            byte[] head = new byte[ImageFormat.HEAD_BYTES];
            int length = file.read(0, head, 0, head.length);
            // A machine writes its device itself, and could write any header there.
            return file.device() || isRaw(path)
                    ? ImageFormat.RAW
                    : ImageFormat.of(Arrays.copyOf(head, Math.max(0, length)));
        } catch (NoSuchFileException e) {
            throw new NoSuchFileException(path.toString(), null, "there is no such disk or disk image");
        }
    }

    /** Below {@link #DIRECTORY} as on the machine, with an ending that tells what the snapshot has. */
    private static TreePath name(Path path) throws FormatException {
        String name = path.toString();
        return TreePath.of((DIRECTORY + name + (isRaw(path) ? "" : ".raw")).getBytes(StandardCharsets.UTF_8));
    }

    /** By its name. */
    private static boolean isRaw(Path path) {
        return path.toString().endsWith(".raw") || path.toString().endsWith(".img");
    }

    private static boolean isDevice(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).isOther();
    }

    @Override
    public byte[] describe(String host, Instant begun) throws IOException {
        return MachineDescription.of(host, begun, images);
    }

    @Override
    public List<Disk> all() {
        return images.stream()
                .map(each -> new Disk(each.name, each.path + " (" + each.format.text() + ")", each.blocks))
                .toList();
    }

    @Override
    public void close() throws IOException {
        for (DiskImage each : images) {
            each.blocks.close();
        }
    }
}
