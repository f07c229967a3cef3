package dev.holdfast.hardware.parse;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * RAID controllers of HPE from the text of {@code ssacli ctrl all show config detail}: sections that begin with the name of a
 * controller, a logical drive or a physical drive, and have lines {@code Name: value}.
 */
public final class Ssacli {
    private static final Pattern CONTROLLER = Pattern.compile("(\\S.{0,100}) in (Slot \\S{1,20})\\b.*");
    private static final Pattern LOGICAL = Pattern.compile("\\s+Logical Drive: (\\S{1,20})\\s*");
    private static final Pattern PHYSICAL = Pattern.compile("\\s+physicaldrive (\\S{1,40})\\s*");
    private static final Pattern FIELD = Pattern.compile("\\s+([A-Za-z][^:]{0,60}): {0,4}(.{0,200})");

    private final List<Part> parts = new ArrayList<>();
    private String controller = "";
    private String model = "";
    private Section section = Section.NONE;
    private String name = "";
    private final Map<String, String> fields = new HashMap<>();

    private enum Section {
        NONE,
        CONTROLLER,
        LOGICAL,
        PHYSICAL,
        OTHER
    }

    private Ssacli() {}

    public static Reading parse(byte[] output) {
        Ssacli reader = new Ssacli();
        Lines.of(output).forEach(reader::line);
        reader.end();
        if (!reader.controller.isEmpty()) {
            return Reading.complete(Source.SSACLI, reader.parts);
        }
        String why = "the output of ssacli is not in the known form";
        return Lines.of(output).anyMatch(line -> Lines.has(line, "no controllers detected"))
                ? Reading.complete(Source.SSACLI, List.of())
                : Reading.unread(Source.SSACLI, why, Part.unknownRaid(why));
    }

    private void line(String line) {
        Matcher form = CONTROLLER.matcher(line);
        if (form.matches()) {
            begin(Section.CONTROLLER, form.group(2));
            model = form.group(1);
            controller = form.group(2);
            return;
        }
        form = LOGICAL.matcher(line);
        if (form.matches()) {
            begin(Section.LOGICAL, controller + " volume " + form.group(1));
            return;
        }
        form = PHYSICAL.matcher(line);
        if (form.matches()) {
            begin(Section.PHYSICAL, controller + " slot " + form.group(1));
            return;
        }
        form = FIELD.matcher(line);
        if (form.matches()) {
            String field = form.group(1).strip();
            if (field.equals("Array") || field.equals("SEP")) {
                begin(Section.OTHER, "");
            } else {
                fields.putIfAbsent(field, form.group(2).strip());
            }
        } else if (!line.isBlank()) {
            begin(Section.OTHER, "");
        }
    }

    private void begin(Section next, String of) {
        end();
        section = next;
        name = of;
        fields.clear();
    }

    private String field(String wanted) {
        return fields.getOrDefault(wanted, "");
    }

    private void end() {
        switch (section) {
            case CONTROLLER -> controller();
            case LOGICAL -> logical();
            case PHYSICAL -> physical();
            case NONE, OTHER -> {}
        }
    }

    private void controller() {
        String said = field("Controller Status");
        parts.add(new Part(PartKind.RAID_CONTROLLER, name, general(said), model + ", " + said));
        String battery = fields.getOrDefault("Battery/Capacitor Status", field("Battery Status"));
        String count = field("Battery/Capacitor Count");
        String cache = field("Cache Status");
        if (!battery.isEmpty()) {
            parts.add(new Part(PartKind.BATTERY, name, battery(battery), battery));
        } else if (count.equals("0") && !cache.isEmpty() && !cache.equals("Not Configured")) {
            parts.add(new Part(
                    PartKind.BATTERY, name, PartState.ABSENT, "no battery or capacitor protects the write cache"));
        }
        if (!cache.isEmpty()) {
            String details = field("Cache Status Details");
            boolean charging = battery(battery) == PartState.WARNING && Lines.has(cache, "temporarily");
            parts.add(new Part(
                    PartKind.WRITE_CACHE,
                    name,
                    charging ? PartState.WARNING : cache(cache),
                    cache + (details.isEmpty() ? "" : ": " + details)));
        }
        String celsius = field("Controller Temperature (C)");
        if (celsius.matches("\\d{1,3}")) {
            int degrees = Integer.parseInt(celsius);
            PartState heat = degrees >= 100 ? PartState.FAILED : degrees >= 90 ? PartState.WARNING : PartState.OK;
            parts.add(new Part(PartKind.TEMPERATURE, name, heat, celsius + " degrees C"));
        }
    }

    private static PartState general(String said) {
        return said.equals("OK")
                ? PartState.OK
                : said.isEmpty() ? PartState.UNKNOWN : Lines.has(said, "fail") ? PartState.FAILED : PartState.WARNING;
    }

    private static PartState battery(String said) {
        if (Lines.has(said, "fail", "replace", "degraded")) {
            return PartState.FAILED;
        }
        if (Lines.has(said, "not present", "missing", "absent")) {
            return PartState.ABSENT;
        }
        return Lines.has(said, "charg") ? PartState.WARNING : said.equals("OK") ? PartState.OK : PartState.UNKNOWN;
    }

    private static PartState cache(String said) {
        return switch (said) {
            case "OK" -> PartState.OK;
            case "Not Configured" -> PartState.WARNING;
            default -> Lines.has(said, "disabled", "fail", "degraded") ? PartState.FAILED : PartState.UNKNOWN;
        };
    }

    private void logical() {
        String said = field("Status");
        PartState state = said.equals("OK")
                ? PartState.OK
                : Lines.has(said, "interim recovery", "fail", "ready for recovery", "ready for rebuild")
                                || Lines.has(said, "recovering", "rebuilding", "offline", "wrong", "missing")
                        ? PartState.FAILED
                        : Lines.has(said, "expan", "transform", "initiali", "pars")
                                ? PartState.WARNING
                                : PartState.UNKNOWN;
        String caching = field("Caching");
        Part array = new Part(PartKind.ARRAY, name, state, "RAID " + field("Fault Tolerance") + ", " + said);
        String media = field("Unrecoverable Media Errors");
        parts.add(
                media.isEmpty() || Lines.has(media, "none")
                        ? array
                        : array.and(new Part(
                                PartKind.ARRAY, name, PartState.WARNING, "unrecoverable media errors: " + media)));
        if (Lines.has(caching, "disabled")) {
            parts.add(new Part(
                    PartKind.WRITE_CACHE, name, PartState.WARNING, "disabled for this volume: backups are slow"));
        }
    }

    private void physical() {
        String said = field("Status");
        PartState state = said.equals("OK")
                ? PartState.OK
                : Lines.has(said, "predictive", "fail", "offline", "erase", "not supported")
                        ? PartState.FAILED
                        : Lines.has(said, "missing")
                                ? PartState.ABSENT
                                : Lines.has(said, "rebuild", "recover") ? PartState.WARNING : PartState.UNKNOWN;
        Part disk = new Part(
                PartKind.DISK,
                name,
                state,
                field("Model").replaceAll("\\s+", " ") + ", " + field("Size") + ", " + said);
        if (field("SSD Smart Trip Wearout").equalsIgnoreCase("True")) {
            disk = disk.and(new Part(PartKind.DISK, name, PartState.FAILED, "its write endurance is used up"));
        }
        String left = field("Usage remaining").replaceAll("[.,%].*", "");
        if (left.matches("\\d{1,3}")) {
            disk = disk.and(new Part(PartKind.DISK, name, Wear.state(Wear.used(left)), Wear.words(Wear.used(left))));
        }
        parts.add(disk);
    }
}
