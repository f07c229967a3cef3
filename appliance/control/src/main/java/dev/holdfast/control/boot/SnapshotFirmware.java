package dev.holdfast.control.boot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.image.ImageCache;
import dev.holdfast.control.image.ImageReader;
import dev.holdfast.control.instant.Recovery;
import dev.holdfast.control.instant.SnapshotDisks;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.List;

/**
 * The firmware that a snapshot needs: by its disks, and where they can be started by either, or by none, by the description of the machine.
 * That tells of the host where the snapshot is of image files.
 */
final class SnapshotFirmware {
    private static final int MOST_BYTES = 4 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private SnapshotFirmware() {}

    static TaskSpec.Boot.Firmware of(ImageCache cache, StoredSnapshot snapshot, List<Recovery.Disk> disks)
            throws IOException {
        boolean bios = false;
        boolean uefi = false;
        for (Recovery.Disk each : disks) {
            BootSectors sectors = BootSectors.of(ImageReader.open(cache, snapshot, TreePath.parse(each.path())));
            bios |= sectors.bios();
            uefi |= sectors.uefi();
        }
        boolean chosen = bios == uefi ? described(cache, snapshot) : uefi;
        return chosen ? TaskSpec.Boot.Firmware.UEFI : TaskSpec.Boot.Firmware.BIOS;
    }

    /** Whether the description says UEFI. */
    private static boolean described(ImageCache cache, StoredSnapshot snapshot) throws IOException {
        try {
            ImageReader file = ImageReader.open(cache, snapshot, TreePath.parse(SnapshotDisks.DESCRIPTION));
            ByteBuffer content = ByteBuffer.allocate((int) Math.min(MOST_BYTES, file.size()));
            file.read(0, content);
            return JSON.readTree(content.array()).path("firmware").asText().equals("uefi");
        } catch (NoSuchFileException | JsonProcessingException e) {
            return false;
        }
    }
}
