package dev.holdfast.hardware.part;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All parts of the server at one time, sorted by kind; each kind and name once.
 *
 * @param at when the tools were asked
 */
public record HardwareReport(Instant at, List<Part> parts) {
    public static final int MOST_PARTS = 1000;
    /** An older report says nothing about now: the collector runs every five minutes. */
    public static final Duration FRESH = Duration.ofMinutes(20);

    public HardwareReport {
        parts = merged(parts);
    }

    /** Nothing is known. */
    public static HardwareReport unknown(Instant at, String why) {
        List<Part> parts = new ArrayList<>();
        for (PartKind kind : List.of(
                PartKind.POWER_SUPPLY, PartKind.FAN, PartKind.TEMPERATURE, PartKind.RAID_CONTROLLER, PartKind.DISK)) {
            parts.add(Part.unknown(kind, why));
        }
        return new HardwareReport(at, parts);
    }

    private static List<Part> merged(List<Part> parts) {
        Map<String, Part> byName = new LinkedHashMap<>();
        parts.stream()
                .limit(MOST_PARTS)
                .sorted(Comparator.comparing(Part::kind))
                .forEach(part -> byName.merge(part.kind() + " " + part.name(), part, Part::and));
        return List.copyOf(byName.values());
    }

    /** Of the part that matters most; unknown where there are no parts. */
    public PartState worst() {
        return parts.stream().map(Part::state).reduce(PartState::worse).orElse(PartState.UNKNOWN);
    }
}
