package dev.holdfast.hardware.parse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    private static final String MEGARAID = "megaraid,";
    private static final int MANY_REALLOCATED = 50;
    /** Of the exit status: the disk fails. */
    private static final int FAILING = 8;

    private static final List<String> OPERATIONS = List.of("read", "write", "verify");

    private Smartctl() {}

    /** How smartctl names a disk: both are safe as arguments. */
    public record Device(String name, String type) {
        /** {@code sda}, or {@code bus/0 megaraid,8}. */
        public String shown() {
            String path = name.substring("/dev/".length());
            return type.matches("(megaraid|cciss|sssraid|areca|3ware|aacraid).*") ? path + " " + type : path;
        }

        /** Its number where it is behind a controller of Broadcom or Dell. */
        public Optional<Integer> behindMegaraid() {
            String number = type.startsWith(MEGARAID) ? type.substring(MEGARAID.length()) : "";
            return number.matches("\\d{1,6}") ? Optional.of(Integer.parseInt(number)) : Optional.empty();
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

    /** Whether an output of {@code smartctl --scan -j} has all devices. It leaves the list out where there are none. */
    public static boolean scanned(byte[] output) {
        JsonNode root = Json.read(output);
        return root.path("devices").isArray()
                || root.path("smartctl").path("exit_status").asInt(-1) == 0;
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
        Findings reading = new Findings();
        assessment(reading, root);
        attributes(reading, root.path("ata_smart_attributes").path("table"));
        nvme(reading, root.path("nvme_smart_health_information_log"));
        scsi(reading, root);
        worn(reading, root.path("endurance_used").path("current_percent"));
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

    private static void assessment(Findings reading, JsonNode root) {
        JsonNode status = root.path("smart_status");
        JsonNode passed = status.path("passed");
        boolean failing = (root.path("smartctl").path("exit_status").asInt() & FAILING) != 0;
        if (passed.isBoolean() && !passed.asBoolean() || failing) {
            String words = status.path("scsi").path("ie_string").asText();
            reading.add(
                    PartState.FAILED,
                    "its self-assessment failed: replace it" + (words.isEmpty() ? "" : " (" + words + ")"));
        } else if (!passed.isBoolean()) {
            reading.add(PartState.UNKNOWN, "smartctl tells no health" + message(root));
        }
    }

    private static void scsi(Findings reading, JsonNode root) {
        worn(reading, root.path("scsi_percentage_used_endurance_indicator"));
        long defects = root.path("scsi_grown_defect_list").asLong();
        if (defects > 0) {
            reading.add(defects >= MANY_REALLOCATED ? PartState.FAILED : PartState.WARNING, defects + " grown defects");
        }
        long pending = root.path("scsi_pending_defects").path("count").asLong();
        if (pending > 0) {
            reading.add(PartState.FAILED, pending + " pending defects");
        }
        for (String each : OPERATIONS) {
            long lost = root.path("scsi_error_counter_log")
                    .path(each)
                    .path("total_uncorrected_errors")
                    .asLong();
            if (lost > 0) {
                reading.add(PartState.WARNING, lost + " uncorrected errors (" + each + ")");
            }
        }
    }

    private static void attributes(Findings reading, JsonNode table) {
        for (JsonNode each : table) {
            int id = each.path("id").asInt();
            String name = each.path("name").asText().replace('_', ' ');
            long raw = each.path("raw").path("value").asLong();
            boolean prefail = each.path("flags").path("prefailure").asBoolean();
            if (each.path("when_failed").asText().equals("now")) {
                reading.add(prefail ? PartState.FAILED : PartState.WARNING, name + " is below its threshold");
            } else if (prefail && each.path("when_failed").asText().equals("past")) {
                reading.add(PartState.WARNING, name + " was below its threshold");
            }
            if (id == REALLOCATED && raw > 0) {
                reading.add(
                        raw >= MANY_REALLOCATED ? PartState.FAILED : PartState.WARNING, raw + " reallocated sectors");
            } else if (LOST.contains(id) && raw > 0) {
                reading.add(PartState.FAILED, name + ": " + raw + " sectors");
            } else if (name.matches(
                            "(Media Wearout Indicator|Wear Leveling Count|SSD Life Left|Percent Lifetime Remain|Remaining Lifetime Perc)")
                    && each.path("value").canConvertToInt()) {
                int left = each.path("value").asInt();
                worn(reading, 100 - Math.clamp(left, 0, 100));
            }
        }
    }

    private static void nvme(Findings reading, JsonNode log) {
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

    private static void worn(Findings reading, JsonNode percent) {
        if (percent.canConvertToInt()) {
            worn(reading, percent.asInt());
        }
    }

    private static void worn(Findings reading, int percent) {
        if (Wear.state(percent) != PartState.OK) {
            reading.add(Wear.state(percent), Wear.words(percent));
        }
    }

    /** What is wrong with one disk. */
    private static final class Findings {
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
