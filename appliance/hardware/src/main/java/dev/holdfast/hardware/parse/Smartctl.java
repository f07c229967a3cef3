package dev.holdfast.hardware.parse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** Disks from the JSON of {@code smartctl}. */
public final class Smartctl {
    private static final int MOST_DEVICES = 256;
    private static final Pattern DEVICE = Pattern.compile("/dev/[A-Za-z0-9][A-Za-z0-9/_.:-]{0,60}");
    private static final Pattern TYPE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9,+_/-]{0,40}");
    /** Volumes of RAID controllers, whose own tools know how they are. */
    private static final Pattern RAID_VOLUME =
            Pattern.compile("(?i)(PERC|MR\\d|MegaRAID|LOGICAL VOLUME|Smart Array|AVAGO MR|BROADCOM MR|RAID).*");

    /** Attributes that count sectors that could not be read or written where they were. */
    private static final int REALLOCATED = 5;

    private static final Set<Integer> LOST = Set.of(187, 197, 198);
    private static final int MANY_REALLOCATED = 50;
    private static final int WORN_PERCENT = 80;
    private static final int WORN_OUT_PERCENT = 95;

    private Smartctl() {}

    /** How smartctl names a disk: both are safe as arguments. */
    public record Device(String name, String type) {
        /** {@code sda}, or {@code bus/0 megaraid,8}. */
        public String shown() {
            String path = name.substring("/dev/".length());
            return type.matches("(megaraid|cciss|sssraid|areca|3ware|aacraid).*") ? path + " " + type : path;
        }
    }

    /** Of {@code smartctl --scan -j}. */
    public static List<Device> scan(byte[] output) {
        List<Device> found = new ArrayList<>();
        for (JsonNode each : Json.read(output).path("devices")) {
            String name = each.path("name").asText();
            String type = each.path("type").asText();
            if (DEVICE.matcher(name).matches() && TYPE.matcher(type).matches() && found.size() < MOST_DEVICES) {
                found.add(new Device(name, type));
            }
        }
        return List.copyOf(found);
    }

    /** Of {@code smartctl -j -a -d TYPE DEVICE}; empty for a volume of a RAID controller. */
    public static List<Part> parse(Device device, byte[] output) {
        JsonNode root = Json.read(output);
        String model =
                root.path("model_name").asText(root.path("scsi_model_name").asText());
        String product = root.path("scsi_product").asText(model);
        if (RAID_VOLUME.matcher(product).matches() && !device.type.startsWith("megaraid")) {
            return List.of();
        }
        Reading reading = new Reading();
        JsonNode passed = root.path("smart_status").path("passed");
        if (!passed.isBoolean()) {
            reading.add(PartState.UNKNOWN, "smartctl tells no health" + message(root));
        } else if (!passed.asBoolean()) {
            reading.add(PartState.FAILED, "its self-assessment failed: replace it");
        }
        attributes(reading, root.path("ata_smart_attributes").path("table"));
        nvme(reading, root.path("nvme_smart_health_information_log"));
        worn(reading, root.path("scsi_percentage_used_endurance_indicator"));
        long defects = root.path("scsi_grown_defect_list").asLong();
        if (defects > 0) {
            reading.add(defects >= MANY_REALLOCATED ? PartState.FAILED : PartState.WARNING, defects + " grown defects");
        }
        String serial = root.path("serial_number").asText();
        String what = model.isBlank() ? "" : model + (serial.isBlank() ? "" : ", serial number " + serial);
        return List.of(new Part(PartKind.DISK, device.shown(), reading.state, reading.text(what)));
    }

    private static String message(JsonNode root) {
        for (JsonNode each : root.path("smartctl").path("messages")) {
            return ": " + each.path("string").asText();
        }
        return "";
    }

    private static void attributes(Reading reading, JsonNode table) {
        for (JsonNode each : table) {
            int id = each.path("id").asInt();
            String name = each.path("name").asText().replace('_', ' ');
            long raw = each.path("raw").path("value").asLong();
            boolean prefail = each.path("flags").path("prefailure").asBoolean();
            if (each.path("when_failed").asText().equals("now")) {
                reading.add(prefail ? PartState.FAILED : PartState.WARNING, name + " is below its threshold");
            }
            if (id == REALLOCATED && raw > 0) {
                reading.add(
                        raw >= MANY_REALLOCATED ? PartState.FAILED : PartState.WARNING, raw + " reallocated sectors");
            } else if (LOST.contains(id) && raw > 0) {
                reading.add(PartState.FAILED, name + ": " + raw + " sectors");
            } else if (name.matches(
                            "(Media Wearout Indicator|Wear Leveling Count|SSD Life Left|Percent Lifetime Remain)")
                    && each.path("value").canConvertToInt()) {
                int left = each.path("value").asInt();
                worn(reading, 100 - Math.clamp(left, 0, 100));
            }
        }
    }

    private static void nvme(Reading reading, JsonNode log) {
        if (!log.isObject()) {
            return;
        }
        int critical = log.path("critical_warning").asInt();
        if (critical != 0) {
            reading.add(PartState.FAILED, "critical warning: " + NvmeWarnings.words(critical));
        }
        worn(reading, log.path("percentage_used"));
        JsonNode spare = log.path("available_spare");
        JsonNode threshold = log.path("available_spare_threshold");
        if (spare.canConvertToInt() && threshold.canConvertToInt() && spare.asInt() < threshold.asInt()) {
            reading.add(PartState.FAILED, "only " + spare.asInt() + " % of its spare blocks are left");
        }
        if (log.path("media_errors").asLong() > 0) {
            reading.add(PartState.WARNING, log.path("media_errors").asLong() + " media errors");
        }
    }

    private static void worn(Reading reading, JsonNode percent) {
        if (percent.canConvertToInt()) {
            worn(reading, percent.asInt());
        }
    }

    private static void worn(Reading reading, int percent) {
        if (percent >= WORN_PERCENT) {
            reading.add(
                    percent >= WORN_OUT_PERCENT ? PartState.FAILED : PartState.WARNING,
                    percent + " % of its write endurance is used");
        }
    }

    /** What is wrong with one disk. */
    private static final class Reading {
        private PartState state = PartState.OK;
        private final List<String> wrong = new ArrayList<>();

        void add(PartState found, String why) {
            state = state.worse(found);
            wrong.add(why);
        }

        String text(String what) {
            List<String> all = new ArrayList<>(wrong);
            if (!what.isEmpty()) {
                all.add(what);
            }
            return String.join("; ", all);
        }
    }
}
