package dev.holdfast.hardware.parse;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Recent events of parts from {@code ipmitool sel elist}, whose lines are
 *
 * <pre>
 *    2 | 11/27/2026 | 20:03:11 | Power Supply PS2 Status | Power Supply AC lost | Asserted
 * id   | date       | time     | type and sensor         | event                | direction
 * </pre>
 *
 * There is one part for the events of each kind, whatever the log holds: events come and go, and a part must not.
 */
public final class IpmiEvents {
    /** Of the newest lines. */
    public static final int MOST_LINES = 500;

    private static final int RECENT_HOURS = 24;
    private static final int MOST_SHOWN = 3;
    private static final int FIELDS = 6;
    private static final int CENTURY = 2000;
    private static final Pattern TIME = Pattern.compile(
            "(\\d\\d)/(\\d\\d)/(\\d{4}|\\d\\d)[ |]{1,5}(\\d\\d):(\\d\\d):(\\d\\d)(?: ([AP])M)?(?: .*)?");
    private static final List<PartKind> KINDS =
            List.of(PartKind.POWER_SUPPLY, PartKind.TEMPERATURE, PartKind.DISK, PartKind.MEMORY);

    private IpmiEvents() {}

    private record Event(PartKind kind, PartState state, String what, LocalDateTime at, boolean asserted) {}

    /** @param now by the clock of the BMC, which dates the events */
    public static List<Part> parse(byte[] output, LocalDateTime now) {
        List<String> lines = Lines.of(output).filter(line -> !line.isBlank()).toList();
        if (lines.stream().noneMatch(line -> line.split("\\|", FIELDS).length >= FIELDS - 1)) {
            return unknown("ipmitool sel elist is not in the known form");
        }
        Map<String, Event> last = new LinkedHashMap<>();
        lines.stream()
                .skip(Math.max(0, lines.size() - MOST_LINES))
                .map(IpmiEvents::event)
                .flatMap(Optional::stream)
                .filter(event -> !event.at.isBefore(now.minusHours(RECENT_HOURS)))
                .forEach(event -> {
                    last.remove(event.what);
                    last.put(event.what, event);
                });
        return KINDS.stream()
                .map(kind -> part(
                        kind,
                        last.values().stream()
                                .filter(event -> event.kind == kind)
                                .toList()))
                .toList();
    }

    /** Where the log has no entries. */
    public static List<Part> none() {
        return KINDS.stream().map(kind -> part(kind, List.of())).toList();
    }

    public static List<Part> unknown(String why) {
        return KINDS.stream()
                .map(kind -> new Part(kind, name(kind), PartState.UNKNOWN, why))
                .toList();
    }

    /** Date and time in one of the forms of ipmitool. */
    public static Optional<LocalDateTime> time(String text) {
        Matcher time = TIME.matcher(text.strip());
        if (!time.matches()) {
            return Optional.empty();
        }
        int year = Integer.parseInt(time.group(3));
        int hour = Integer.parseInt(time.group(4));
        String half = time.group(7);
        try {
            return Optional.of(LocalDateTime.of(
                    year < 100 ? CENTURY + year : year,
                    Integer.parseInt(time.group(1)),
                    Integer.parseInt(time.group(2)),
                    half == null ? hour : hour % 12 + (half.equals("P") ? 12 : 0),
                    Integer.parseInt(time.group(5)),
                    Integer.parseInt(time.group(6))));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    private static Part part(PartKind kind, List<Event> events) {
        List<Event> open = events.stream().filter(Event::asserted).toList();
        PartState state = open.stream().map(Event::state).reduce(PartState.OK, PartState::worse);
        String detail = open.isEmpty()
                ? events.isEmpty()
                        ? "no fault in the last " + RECENT_HOURS + " h"
                        : "cleared in the last " + RECENT_HOURS + " h: " + shown(events)
                : shown(open);
        return new Part(kind, name(kind), state, detail);
    }

    /** The newest first. */
    private static String shown(List<Event> events) {
        List<String> texts = new ArrayList<>();
        for (Event each : events.reversed().stream().limit(MOST_SHOWN).toList()) {
            texts.add(each.what + " at " + each.at);
        }
        int more = events.size() - texts.size();
        return String.join("; ", texts) + (more > 0 ? "; and " + more + " more" : "");
    }

    private static String name(PartKind kind) {
        return "event log of " + kind.all();
    }

    private static Optional<Event> event(String line) {
        String[] fields = line.split("\\|");
        if (fields.length < FIELDS) {
            return Optional.empty();
        }
        String sensor = fields[3].strip();
        String what = fields[4].strip();
        String direction = fields[5].strip();
        PartKind kind = kind(sensor);
        PartState state = kind == null ? PartState.OK : state(kind, what);
        if (kind == null || state == PartState.OK || !direction.matches("(Assert|Deassert)ed")) {
            return Optional.empty();
        }
        return time(fields[1].strip() + " " + fields[2].strip())
                .map(at -> new Event(kind, state, sensor + ": " + what, at, direction.equals("Asserted")));
    }

    private static @Nullable PartKind kind(String sensor) {
        if (sensor.startsWith("Power Supply") || sensor.startsWith("Power Unit")) {
            return PartKind.POWER_SUPPLY;
        }
        if (sensor.startsWith("Temperature")) {
            return PartKind.TEMPERATURE;
        }
        if (sensor.startsWith("Drive Slot")) {
            return PartKind.DISK;
        }
        return sensor.startsWith("Memory") ? PartKind.MEMORY : null;
    }

    /** What the event means while it is asserted; OK for one that is no fault. */
    private static PartState state(PartKind kind, String what) {
        boolean failed = switch (kind) {
            case POWER_SUPPLY -> Lines.has(what, "ac lost", "input lost", "out-of-range", "failure", "redundancy lost");
            case TEMPERATURE -> Lines.has(what, "upper critical", "lower critical", "non-recoverable", "to critical");
            case DISK -> Lines.has(what, "fault", "predictive failure", "critical array", "failed array");
            default -> Lines.has(what, "uncorrectable");
        };
        return failed
                ? PartState.FAILED
                : kind == PartKind.MEMORY && Lines.has(what, "correctable ecc") ? PartState.WARNING : PartState.OK;
    }
}
