package dev.holdfast.control.boot;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.image.ImageCache;
import dev.holdfast.control.image.ImageReader;
import dev.holdfast.control.instant.SnapshotDisks;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;

/** The firmware of the machine that was backed up, as its description in the snapshot says. */
final class SnapshotFirmware {
    private static final int MOST_BYTES = 4 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private SnapshotFirmware() {}

    static TaskSpec.Boot.Firmware of(ImageCache cache, StoredSnapshot snapshot) throws IOException {
        try {
            ImageReader file = ImageReader.open(cache, snapshot, TreePath.parse(SnapshotDisks.DESCRIPTION));
            ByteBuffer content = ByteBuffer.allocate((int) Math.min(MOST_BYTES, file.size()));
            file.read(0, content);
            boolean uefi =
                    JSON.readTree(content.array()).path("firmware").asText().equals("uefi");
            return uefi ? TaskSpec.Boot.Firmware.UEFI : TaskSpec.Boot.Firmware.BIOS;
        } catch (NoSuchFileException | JsonProcessingException e) {
            return TaskSpec.Boot.Firmware.BIOS;
        }
    }
}
