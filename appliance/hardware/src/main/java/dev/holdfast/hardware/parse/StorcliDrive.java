package dev.holdfast.hardware.parse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Source;

/** Errors that a RAID controller counted for a disk, from {@code /call/eall/sall show all J}. */
final class StorcliDrive {
    private StorcliDrive() {}

    /** The disk, with its errors; as it is where nothing tells of them. */
    static Part with(Part disk, int controller, String slot, JsonNode drives) {
        String[] place = slot.split(":", 2);
        if (place.length < 2) {
            return disk;
        }
        String enclosure = place[0].isBlank() ? "" : "/e" + place[0].strip();
        String drive = "Drive /c" + controller + enclosure + "/s" + place[1].strip();
        for (JsonNode each : drives.path("Controllers")) {
            JsonNode state = each.path("Response Data")
                    .path(drive + " - Detailed Information")
                    .path(drive + " State");
            if (state.isObject()) {
                return with(disk.from(Source.STORCLI_DRIVES), state);
            }
        }
        return disk;
    }

    private static Part with(Part disk, JsonNode state) {
        Part found = disk;
        long predicted = state.path("Predictive Failure Count").asLong();
        if (predicted > 0
                || state.path("S.M.A.R.T alert flagged by drive").asText().equalsIgnoreCase("Yes")) {
            found = found.and(new Part(disk.kind(), disk.name(), PartState.FAILED, "it predicts its failure"));
        }
        long media = state.path("Media Error Count").asLong();
        if (media > 0) {
            found = found.and(new Part(disk.kind(), disk.name(), PartState.WARNING, media + " media errors"));
        }
        return found;
    }
}
