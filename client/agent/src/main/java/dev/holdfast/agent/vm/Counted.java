package dev.holdfast.agent.vm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Since which snapshot the bitmaps of a machine count.
 *
 * @param snapshot of exactly these disks
 * @param bitmap its name, the same on all disks; no other backup has it
 */
record Counted(UUID snapshot, String bitmap, List<CountedDisk> disks) {
    static final int VERSION = 1;
    private static final ObjectMapper JSON = new ObjectMapper();

    /** As the disk was at the time of the snapshot. */
    record CountedDisk(String name, long bytes, String origin) {
        static CountedDisk of(MachineDisk disk) {
            return new CountedDisk(disk.name(), disk.size(), disk.origin());
        }
    }

    byte[] json() throws IOException {
        ObjectNode json = JSON.createObjectNode();
        json.put("version", VERSION).put("snapshot", snapshot.toString()).put("bitmap", bitmap);
        ArrayNode list = json.putArray("disks");
        for (CountedDisk each : disks) {
            list.addObject().put("name", each.name).put("bytes", each.bytes).put("origin", each.origin);
        }
        return JSON.writeValueAsBytes(json);
    }

    static Counted parse(byte[] bytes) throws IOException {
        JsonNode json = JSON.readTree(bytes);
        if (json.path("version").asInt() != VERSION) {
            throw FormatException.corrupt(
                    "it has version " + json.path("version").asText());
        }
        List<CountedDisk> disks = new ArrayList<>();
        for (JsonNode each : json.path("disks")) {
            disks.add(new CountedDisk(
                    each.path("name").asText(),
                    each.path("bytes").asLong(),
                    each.path("origin").asText()));
        }
        try {
            return new Counted(
                    UUID.fromString(json.path("snapshot").asText()),
                    json.path("bitmap").asText(),
                    disks);
        } catch (IllegalArgumentException e) {
            throw FormatException.corrupt("it names no snapshot");
        }
    }

    /** Why it is not surely the disk of the snapshot; empty where it is. */
    Optional<String> changed(MachineDisk now) {
        Optional<CountedDisk> then =
                disks.stream().filter(each -> each.name.equals(now.name())).findAny();
        if (then.isEmpty()) {
            return Optional.of("the previous snapshot does not have it");
        }
        if (then.get().bytes != now.size()) {
            return Optional.of("its size changed from " + then.get().bytes + " to " + now.size() + " bytes");
        }
        if (!then.get().origin.equals(now.origin())) {
            return Optional.of("it lies in another file than before");
        }
        return Optional.empty();
    }

    /** Why the bitmap of a disk does not tell for sure what changed since the snapshot; empty where it does. */
    Optional<String> doubt(MachineDisk now) {
        Optional<String> changed = changed(now);
        if (changed.isPresent()) {
            return changed;
        }
        Optional<Bitmap> found = now.bitmap(bitmap);
        if (found.isEmpty()) {
            return Optional.of(
                    now.storesBitmaps()
                            ? "its dirty bitmap is missing: the machine crashed, the disk was replaced, or somebody removed it"
                            : "its dirty bitmap is missing: the machine was restarted, which keeps bitmaps of qcow2 disks only");
        }
        Bitmap is = found.get();
        if (is.inconsistent()) {
            return Optional.of("its dirty bitmap is inconsistent, since the machine ended without storing it");
        }
        if (is.busy() || !is.recording()) {
            return Optional.of("its dirty bitmap is " + (is.busy() ? "used by another program" : "disabled"));
        }
        if (is.granularity() != PointInTime.GRANULARITY) {
            return Optional.of("its dirty bitmap has a granularity of " + is.granularity() + " bytes");
        }
        return Optional.empty();
    }
}
