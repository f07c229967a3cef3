package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * A dirty bitmap of a disk, as the machine tells.
 *
 * @param recording whether it notes changes
 * @param busy whether an export or a job uses it
 * @param inconsistent whether the machine ended without storing it
 * @param granularity bytes for each bit
 */
record Bitmap(String name, boolean recording, boolean busy, boolean inconsistent, long granularity) {
    /** Those of a node; they may be none. */
    static List<Bitmap> of(JsonNode node) {
        List<Bitmap> bitmaps = new ArrayList<>();
        for (JsonNode each : node.path("dirty-bitmaps")) {
            if (each.has("name")) {
                bitmaps.add(new Bitmap(
                        each.path("name").asText(),
                        each.path("recording").asBoolean(false),
                        each.path("busy").asBoolean(true),
                        each.path("inconsistent").asBoolean(false),
                        each.path("granularity").asLong()));
            }
        }
        return bitmaps;
    }
}
