package dev.holdfast.hardware.parse;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Power supplies, fans and temperatures from {@code ipmitool sdr elist}, whose lines are
 *
 * <pre>
 * PS1 Status       | C8h | ok  | 10.1 | Presence detected
 * name             | id  | state | entity | reading
 * </pre>
 *
 * The state of a sensor that asserts conditions is {@code ok} whatever it asserts: its reading must be read, too.
 */
public final class IpmiSensors {
    private static final int FIELDS = 5;
    private static final List<PartKind> KINDS = List.of(PartKind.POWER_SUPPLY, PartKind.FAN, PartKind.TEMPERATURE);

    private IpmiSensors() {}

    private record Sensor(String name, String state, String entity, String reading) {
        boolean unread() {
            return state.equals("ns") || Lines.has(reading, "no reading", "disabled");
        }
    }

    public static List<Part> parse(byte[] output) {
        List<Part> parts = new ArrayList<>();
        Lines.of(output).map(IpmiSensors::sensor).flatMap(Optional::stream).forEach(sensor -> {
            PartKind kind = kind(sensor);
            if (kind != null && !(sensor.unread() && kind != PartKind.POWER_SUPPLY)) {
                parts.add(new Part(kind, unique(parts, kind, sensor.name), state(kind, sensor), sensor.reading));
            }
        });
        for (PartKind kind : KINDS) {
            if (parts.stream().noneMatch(part -> part.kind() == kind)) {
                parts.add(Part.unknown(kind, "ipmitool lists no sensor for " + kind.all()));
            }
        }
        return parts;
    }

    private static Optional<Sensor> sensor(String line) {
        String[] fields = line.split("\\|", FIELDS);
        if (fields.length < FIELDS || fields[0].isBlank() || fields[0].strip().equals(Part.ALL)) {
            return Optional.empty();
        }
        return Optional.of(
                new Sensor(fields[0].strip(), fields[2].strip(), fields[3].strip(), fields[FIELDS - 1].strip()));
    }

    /** Several sensors may have one name; the order of a sensor repository does not change. */
    private static String unique(List<Part> parts, PartKind kind, String name) {
        String candidate = name;
        for (int number = 2; ; number++) {
            String wanted = candidate;
            if (parts.stream()
                    .noneMatch(part -> part.kind() == kind && part.name().equals(wanted))) {
                return wanted;
            }
            candidate = name + " #" + number;
        }
    }

    private static @Nullable PartKind kind(Sensor sensor) {
        if (sensor.reading.endsWith("degrees C")) {
            return PartKind.TEMPERATURE;
        }
        boolean measures = sensor.reading.matches("[-+0-9.]+ (Watts|Volts|Amps|percent|RPM)");
        if (sensor.reading.endsWith("RPM") || Lines.has(sensor.name, "fan") && !Lines.has(sensor.name, "redundan")) {
            return PartKind.FAN;
        }
        boolean supply = sensor.entity.startsWith("10.")
                || Lines.has(sensor.name, "power suppl", "ps redundancy", "psu redundancy")
                || Lines.has(sensor.reading, "power supply ac", "presence detected");
        if (supply && !measures && !Lines.has(sensor.name, "temp", "fan")) {
            return PartKind.POWER_SUPPLY;
        }
        return Lines.has(sensor.name, "fan") ? PartKind.FAN : null;
    }

    private static PartState state(PartKind kind, Sensor sensor) {
        return switch (sensor.state) {
            case "ok" -> asserted(kind, sensor);
            case "nc" -> PartState.WARNING;
            case "cr", "nr", "lnr", "lcr", "ucr", "unr" -> PartState.FAILED;
            default -> PartState.UNKNOWN;
        };
    }

    private static PartState asserted(PartKind kind, Sensor sensor) {
        String reading = sensor.reading;
        if (Lines.has(reading, "failure detected", "ac lost", "ac out-of-range", "input lost", "out-of-range")
                || Lines.has(
                        reading, "predictive failure", "redundancy lost", "non-redundant", "transition to off line")
                || Lines.has(reading, "transition to critical", "transition to non-recoverable")) {
            return PartState.FAILED;
        }
        if (Lines.has(reading, "absent", "removed", "not present")) {
            return PartState.ABSENT;
        }
        if (Lines.has(reading, "redundancy degraded", "config error", "configuration error", "transition to degraded")
                || Lines.has(reading, "transition to non-critical", "inactive")) {
            return PartState.WARNING;
        }
        if (kind == PartKind.POWER_SUPPLY) {
            // A supply whose presence is not asserted is not there.
            boolean healthy = Lines.has(reading, "presence detected", "fully redundant", "state deasserted");
            return healthy ? PartState.OK : reading.isEmpty() ? PartState.ABSENT : PartState.UNKNOWN;
        }
        if (kind == PartKind.FAN && reading.matches("0+ RPM")) {
            return PartState.FAILED;
        }
        return reading.isEmpty() ? PartState.UNKNOWN : PartState.OK;
    }
}
