package dev.holdfast.hardware.parse;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An array of software RAID, and which of its members failed, from {@code mdadm --detail}. */
public final class MdadmDetail {
    private static final Pattern FIELD = Pattern.compile("\\s*([A-Z][A-Za-z ]{2,30}) : (.{1,200})");
    private static final Pattern FAULTY = Pattern.compile(
            "\\s*\\d{1,6}\\s+\\d{1,6}\\s+\\d{1,6}\\s+\\S{1,6}\\s+.{0,40}\\bfaulty\\b.*/(\\w{1,40})\\s*");
    private static final Pattern PERCENT = Pattern.compile("(\\d{1,3}%).*");
    private static final List<String> WORK = List.of("Rebuild Status", "Resync Status", "Reshape Status");

    private MdadmDetail() {}

    /** @param name of the array, such as {@code md0} */
    public static Part parse(String name, byte[] output) {
        Map<String, String> fields = new HashMap<>();
        List<String> failed = new ArrayList<>();
        Lines.of(output).forEach(line -> {
            Matcher field = FIELD.matcher(line);
            Matcher faulty = FAULTY.matcher(line);
            if (field.matches()) {
                fields.putIfAbsent(field.group(1), field.group(2).strip());
            } else if (faulty.matches()) {
                failed.add(faulty.group(1));
            }
        });
        return array(name, fields, failed);
    }

    private static Part array(String name, Map<String, String> fields, List<String> faulty) {
        String level = fields.getOrDefault("Raid Level", "");
        String state = fields.getOrDefault("State", "");
        String active = fields.getOrDefault("Active Devices", "");
        String all = fields.getOrDefault("Raid Devices", "");
        String failed = fields.getOrDefault("Failed Devices", "");
        String spare = fields.getOrDefault("Spare Devices", "");
        boolean whole = !level.isEmpty() && !state.isEmpty();
        for (String count : List.of(active, all, failed, spare)) {
            whole &= count.matches("\\d{1,6}");
        }
        if (!whole) {
            return new Part(PartKind.ARRAY, name, PartState.UNKNOWN, "mdadm --detail is not in the known form");
        }
        String detail = level + ", " + state + ": " + active + " of " + all + " members, " + failed + " failed, "
                + spare + " spare" + percent(fields)
                + (faulty.isEmpty() ? "" : ", failed: " + String.join(", ", faulty));
        PartState worst = state(state, Integer.parseInt(active) < Integer.parseInt(all));
        return new Part(
                PartKind.ARRAY, name, Integer.parseInt(failed) > 0 ? worst.worse(PartState.WARNING) : worst, detail);
    }

    private static PartState state(String state, boolean tooFew) {
        if (tooFew || Lines.has(state, "degraded", "failed", "inactive", "not started", "broken")) {
            return PartState.FAILED;
        }
        if (Lines.has(state, "recovering", "resyncing", "reshaping")) {
            return PartState.WARNING;
        }
        return Lines.has(state, "clean", "active") ? PartState.OK : PartState.UNKNOWN;
    }

    private static String percent(Map<String, String> fields) {
        for (String each : WORK) {
            Matcher percent = PERCENT.matcher(fields.getOrDefault(each, ""));
            if (percent.matches()) {
                return ", " + Lines.lower(each.replace(" Status", "")) + " " + percent.group(1);
            }
        }
        return "";
    }
}
