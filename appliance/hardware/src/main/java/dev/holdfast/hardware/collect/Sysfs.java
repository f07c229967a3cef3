package dev.holdfast.hardware.collect;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What the kernel knows of disks, RAID controllers and memory, without any tool. */
public final class Sysfs {
    private static final int MOST_BYTES = 1 << 16;
    private static final String RAID_CLASS = "0x0104";
    private static final int MANY_CORRECTED = 100;
    private static final List<String> NO_DISKS = List.of("loop", "ram", "zram", "sr", "fd", "dm-", "md", "nbd", "rbd");
    private static final int SECTOR_BYTES = 512;

    private final Path root;

    /** @param root of the file system that has {@code sys} and {@code proc} */
    public Sysfs(Path root) {
        this.root = root;
    }

    /**
     * A disk as the kernel sees it; a RAID controller's volume looks like one, too.
     *
     * @param writeCache {@code write back}, {@code write through}, or empty
     */
    public record BlockDevice(String name, String model, long bytes, boolean rotational, String writeCache) {}

    public List<BlockDevice> disks() {
        List<BlockDevice> found = new ArrayList<>();
        for (Path each : list("sys/block")) {
            String name = each.getFileName().toString();
            if (NO_DISKS.stream().anyMatch(name::startsWith)) {
                continue;
            }
            found.add(new BlockDevice(
                    name,
                    text(each.resolve("device/model")),
                    number(each.resolve("size")) * SECTOR_BYTES,
                    text(each.resolve("queue/rotational")).equals("1"),
                    text(each.resolve("queue/write_cache"))));
        }
        return found;
    }

    /** PCI vendors of RAID controllers. */
    List<String> raidControllers() {
        return list("sys/bus/pci/devices").stream()
                .filter(device -> text(device.resolve("class")).startsWith(RAID_CLASS))
                .map(device -> text(device.resolve("vendor")) + " " + text(device.resolve("subsystem_vendor")))
                .toList();
    }

    /** Errors that the memory controllers counted since the start. */
    Reading memory() {
        List<Part> parts = new ArrayList<>();
        Path controllers = root.resolve("sys/devices/system/edac/mc");
        for (Path each : list("sys/devices/system/edac/mc")) {
            if (!each.getFileName().toString().matches("mc\\d{1,4}")) {
                continue;
            }
            String corrected = text(each.resolve("ce_count"));
            String uncorrected = text(each.resolve("ue_count"));
            long ce = number(each.resolve("ce_count"));
            PartState state = corrected.isEmpty() || uncorrected.isEmpty()
                    ? PartState.UNKNOWN
                    : number(each.resolve("ue_count")) > 0
                            ? PartState.FAILED
                            : ce >= MANY_CORRECTED ? PartState.WARNING : PartState.OK;
            parts.add(new Part(
                    PartKind.MEMORY,
                    each.getFileName().toString(),
                    state,
                    corrected + " corrected and " + uncorrected + " uncorrectable errors since the start"));
        }
        // Without the kernel's driver, there is nothing to read.
        return Files.isReadable(controllers)
                ? Reading.complete(Source.MEMORY, parts)
                : Reading.unread(Source.MEMORY, "the kernel does not count memory errors now", parts);
    }

    /** Empty where there is no software RAID. */
    byte[] mdstat() throws IOException {
        try (InputStream in = Files.newInputStream(root.resolve("proc/mdstat"))) {
            return in.readNBytes(MOST_BYTES);
        } catch (NoSuchFileException e) {
            return new byte[0];
        }
    }

    boolean hasIpmi() {
        return Stream.of("dev/ipmi0", "dev/ipmi/0", "dev/ipmidev/0").anyMatch(each -> Files.exists(root.resolve(each)));
    }

    private List<Path> list(String directory) {
        Path path = root.resolve(directory);
        try (Stream<Path> entries = Files.list(path)) {
            return entries.sorted().limit(1000).toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    private static String text(Path file) {
        return new String(bytes(file), StandardCharsets.UTF_8).strip();
    }

    private static long number(Path file) {
        String text = text(file);
        return text.matches("\\d{1,17}") ? Long.parseLong(text) : 0;
    }

    private static byte[] bytes(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return in.readNBytes(MOST_BYTES);
        } catch (IOException e) {
            return new byte[0];
        }
    }
}
