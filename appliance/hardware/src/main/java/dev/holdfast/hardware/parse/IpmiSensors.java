package dev.holdfast.hardware.parse;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import dev.holdfast.hardware.part.Unlisted;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Power supplies, fans and temperatures from {@code ipmitool sdr elist}, whose lines are
 *
 * <pre>
 * PS1 Status       | C8h | ok  | 10.1 | Presence detected
 * name             | id  | state | entity | reading
 * </pre>
 *
 * The state of a sensor that asserts conditions is {@code ok} whatever it asserts: {@link SensorConditions} reads them.
 */
public final class IpmiSensors {
    /** What there is without any of them. */
    public static final List<PartKind> KINDS = List.of(PartKind.POWER_SUPPLY, PartKind.FAN, PartKind.TEMPERATURE);

    private static final int FIELDS = 5;
    private static final Pattern SUPPLY = Pattern.compile("(?i).*(power ?suppl|psu|\\bps[ _-]?\\d).*");
    private static final Pattern SUPPLY_REDUNDANCY =
            Pattern.compile("(?i).*\\b(ps|psu|pwr|power)[ _a-z]{0,12}(redun|rdnd).*");
    /** Of what a supply measures: without a reading, only its name tells that it is not the supply itself. */
    private static final Pattern MEASURE = Pattern.compile(
            "(?i).*(volt|curr|amp|watt|temp|fan|consum|input|output|[ _]?[vip](in|out)\\b|(power|pwr)[ _]?(in|out)\\b).*");

    private static final Pattern MEASURED = Pattern.compile("[-+0-9.]+ [A-Za-z% ]+");

    private final List<Part> parts = new ArrayList<>();
    private final List<Unlisted> unlisted = new ArrayList<>();
    private final Map<String, Integer> names = new HashMap<>();

    private IpmiSensors() {}

    private record Sensor(String name, String state, String entity, String reading) {
        boolean unread() {
            return state.equals("ns") || Lines.has(reading, "no reading", "disabled") && !isDiscrete();
        }

        private boolean isDiscrete() {
            return Lines.has(reading, "device disabled");
        }

        boolean ofSupply() {
            return entity.startsWith("10.") || SUPPLY.matcher(name).matches();
        }
    }

    public static Reading parse(byte[] output) {
        List<Sensor> sensors = Lines.of(output)
                .map(IpmiSensors::sensor)
                .flatMap(Optional::stream)
                .toList();
        if (sensors.isEmpty()) {
            String why = "the output of ipmitool sdr is not in the known form";
            return Reading.unread(Source.IPMI_SENSORS, why, unknown(why));
        }
        IpmiSensors reader = new IpmiSensors();
        sensors.forEach(reader::add);
        for (PartKind kind : KINDS) {
            if (reader.parts.stream().noneMatch(part -> part.kind() == kind)) {
                reader.parts.add(Part.unknown(kind, "ipmitool lists no sensor for " + kind.all()));
            }
        }
        return Reading.complete(Source.IPMI_SENSORS, reader.parts).without(reader.unlisted);
    }

    /** All of them. */
    public static List<Part> unknown(String why) {
        return KINDS.stream().map(kind -> Part.unknown(kind, why)).toList();
    }

    private static Optional<Sensor> sensor(String line) {
        String[] fields = line.split("\\|", FIELDS);
        if (fields.length < FIELDS || fields[0].isBlank() || fields[0].strip().equals(Part.ALL)) {
            return Optional.empty();
        }
        return Optional.of(
                new Sensor(fields[0].strip(), fields[2].strip(), fields[3].strip(), fields[FIELDS - 1].strip()));
    }

    private void add(Sensor sensor) {
        if (Lines.has(sensor.reading, "event-only")) {
            return;
        }
        if (Lines.has(sensor.reading, "drive present", "drive fault", "in critical array", "in failed array")) {
            bay(sensor);
            return;
        }
        if (sensor.unread() && !isSupplyItself(sensor)) {
            // Its reading would tell what it is of.
            for (PartKind kind : KINDS) {
                unlisted.add(Unlisted.unread(kind, unique(kind, sensor.name), "its sensor has no reading"));
            }
            return;
        }
        PartKind kind = kind(sensor);
        if (kind != null) {
            String name = unique(kind, sensor.name);
            parts.add(new Part(kind, name, state(kind, sensor), sensor.reading));
        }
    }

    /** A bay is a part only while it shows a fault: its disk is one by what smartctl or its controller calls it. */
    private void bay(Sensor sensor) {
        String name = unique(PartKind.DISK, sensor.name);
        PartState state = SensorConditions.state(PartKind.DISK, sensor.name, sensor.reading);
        if (state == PartState.OK) {
            unlisted.add(Unlisted.renamed(PartKind.DISK, name, "the disk itself"));
        } else {
            parts.add(new Part(PartKind.DISK, name, state, sensor.reading));
        }
    }

    /** Several sensors may have one name; the order of a sensor repository does not change. */
    private String unique(PartKind kind, String name) {
        int number = names.merge(kind + " " + name, 1, Integer::sum);
        return number == 1 ? name : name + " #" + number;
    }

    private static boolean isSupplyItself(Sensor sensor) {
        return sensor.ofSupply()
                && !MEASURE.matcher(sensor.name).matches()
                && !SUPPLY_REDUNDANCY.matcher(sensor.name).matches();
    }

    private static @Nullable PartKind kind(Sensor sensor) {
        if (sensor.reading.endsWith("degrees C")) {
            return PartKind.TEMPERATURE;
        }
        if (sensor.reading.endsWith("RPM") || Lines.has(sensor.name, "fan")) {
            return PartKind.FAN;
        }
        boolean supply =
                sensor.ofSupply() || SUPPLY_REDUNDANCY.matcher(sensor.name).matches();
        boolean measures = MEASURED.matcher(sensor.reading).matches();
        return supply && !measures && !Lines.has(sensor.name, "temp", "therm") ? PartKind.POWER_SUPPLY : null;
    }

    private static PartState state(PartKind kind, Sensor sensor) {
        PartState asserted = SensorConditions.state(kind, sensor.name, sensor.reading);
        return switch (sensor.state) {
            case "ok" -> asserted;
            case "nc" -> PartState.WARNING.worse(asserted);
            case "cr", "nr", "lnr", "lcr", "ucr", "unr" -> PartState.FAILED;
            default -> PartState.UNKNOWN;
        };
    }
}
