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

/** The disks of one backup, opened; sorted by their paths in the snapshot. Closing it closes them. */
public final class DiskImages implements AutoCloseable {
    /** The directory of a snapshot that has its disks. */
    public static final String DIRECTORY = "disks";

    /** What describes the machine and its disks, in that directory. */
    public static final String DESCRIPTION = "machine.json";

    private static final int MAX_IMAGES = 256;
    /** 8 EiB less one block: what the arithmetic of positions bears. */
    private static final long MAX_BYTES = Long.MAX_VALUE >> 1;

    private final List<DiskImage> images;

    private DiskImages(List<DiskImage> images) {
        this.images = images;
    }

    /**
     * A disk.
     *
     * @param path where it is on this machine
     * @param name where it is in the snapshot: a regular file with the bytes that the machine sees, whatever the format of {@code path}
     */
    public record DiskImage(Path path, ImageFormat format, TreePath name, BlockSource blocks) {}

    /**
     * Opens disks.
     *
     * @param paths block devices and files, at least one
     * @param format of all files among them; null to look at each
     * @throws IllegalArgumentException where one is given twice, or has no size
     */
    public static DiskImages open(Platform platform, List<Path> paths, @Nullable ImageFormat format)
            throws IOException {
        if (paths.size() > MAX_IMAGES) {
            throw new IllegalArgumentException(
                    paths.size() + " disks are too many for one snapshot, which may have " + MAX_IMAGES);
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
        if (blocks.size() <= 0 || blocks.size() > MAX_BYTES) {
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

    /** What describes the machine and these disks, as JSON. */
    public byte[] describe(String host, Instant begun) throws IOException {
        return MachineDescription.of(host, begun, images);
    }

    /** What the snapshot has: the disks, and what describes the machine. */
    public List<TreePath> names() throws FormatException {
        List<TreePath> names =
                new ArrayList<>(images.stream().map(DiskImage::name).toList());
        names.add(TreePath.parse(DIRECTORY + "/" + DESCRIPTION));
        return names;
    }

    /** Of all disks, zeros included. */
    public long bytes() {
        return images.stream().mapToLong(each -> each.blocks.size()).sum();
    }

    /** Sorted by their names. */
    public List<DiskImage> all() {
        return images;
    }

    @Override
    public void close() throws IOException {
        for (DiskImage each : images) {
            each.blocks.close();
        }
    }
}
