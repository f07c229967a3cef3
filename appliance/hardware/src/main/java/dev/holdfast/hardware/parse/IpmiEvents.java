package dev.holdfast.hardware.parse;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Recent events of parts from {@code ipmitool sel elist}, whose lines are
 *
 * <pre>
 *    2 | 11/27/2026 | 20:03:11 | Power Supply PS2 Status | Power Supply AC lost | Asserted
 * id   | date       | time     | type and sensor         | event                | direction
 * </pre>
 *
 * There is one part for the events of each group, whatever the log holds: events come and go, and a part must not.
 */
public final class IpmiEvents {
    /** Of the newest lines. */
    public static final int MOST_LINES = 500;

    private static final int RECENT_HOURS = 24;
    private static final int MOST_SHOWN = 3;
    private static final int FIELDS = 6;
    private static final int EVENT = 4;
    private static final int CENTURY = 2000;
    private static final Pattern TIME = Pattern.compile(
            "(\\d\\d)/(\\d\\d)/(\\d{4}|\\d\\d)[ |]{1,5}(\\d\\d):(\\d\\d):(\\d\\d)(?: ([AP])M)?(?: .*)?");

    private IpmiEvents() {}

    /** What events are of. */
    private enum Group {
        POWER_SUPPLIES("power supplies"),
        TEMPERATURES("temperatures"),
        BATTERIES("batteries"),
        DISKS("disks"),
        MEMORY("memory");

        private final String text;

        Group(String text) {
            this.text = text;
        }

        static Optional<Group> of(String sensor) {
            return sensor.startsWith("Power Supply") || sensor.startsWith("Power Unit")
                    ? Optional.of(POWER_SUPPLIES)
                    : sensor.startsWith("Temperature")
                            ? Optional.of(TEMPERATURES)
                            : sensor.startsWith("Battery")
                                    ? Optional.of(BATTERIES)
                                    : sensor.startsWith("Drive Slot")
                                            ? Optional.of(DISKS)
                                            : sensor.startsWith("Memory") ? Optional.of(MEMORY) : Optional.empty();
        }

        /** What the event means while it is asserted; OK for an event that reports no fault. */
        PartState state(String what) {
            return switch (this) {
                case POWER_SUPPLIES ->
                    failed(Lines.has(what, "ac lost", "input lost", "out-of-range", "failure", "redundancy lost"));
                case TEMPERATURES ->
                    failed(Lines.has(what, "upper critical", "lower critical", "non-recoverable", "to critical"));
                case BATTERIES ->
                    Lines.has(what, "failed")
                            ? PartState.FAILED
                            : Lines.has(what, "low") ? PartState.WARNING : PartState.OK;
                case DISKS ->
                    failed(Lines.has(what, "fault", "predictive failure", "critical array", "failed array")
                            || Lines.has(what, "rebuild aborted", "rebuild/remap aborted"));
                case MEMORY ->
                    Lines.has(what, "uncorrectable")
                            ? PartState.FAILED
                            : Lines.has(what, "correctable ecc", "correctable memory")
                                    ? PartState.WARNING
                                    : PartState.OK;
            };
        }

        private static PartState failed(boolean failed) {
            return failed ? PartState.FAILED : PartState.OK;
        }
    }

    private record Event(Group group, PartState state, String sensor, String what, LocalDateTime at, boolean asserted) {
        String text() {
            return sensor + ": " + what;
        }

        /** Not every BMC notes the end of a fault, but the sensor shows it. */
        boolean isOver(List<Part> sensors) {
            List<Part> own = sensors.stream()
                    .filter(part -> sensor.endsWith(" " + part.name().replaceAll(" #\\d+$", "")))
                    .toList();
            return !asserted || !own.isEmpty() && own.stream().allMatch(part -> part.state() == PartState.OK);
        }
    }

    /**
     * Of {@code ipmitool sel elist last 500}.
     *
     * @param now by the clock of the BMC, which dates the events
     * @param sensors what they show now
     */
    public static Reading parse(byte[] output, LocalDateTime now, List<Part> sensors) {
        List<String> lines = Lines.of(output).filter(line -> !line.isBlank()).toList();
        if (lines.stream().noneMatch(line -> line.split("\\|", FIELDS).length >= FIELDS - 1)) {
            return unknown("the output of ipmitool sel is not in the known form");
        }
        Map<String, Event> last = new LinkedHashMap<>();
        lines.stream()
                .skip(Math.max(0, lines.size() - MOST_LINES))
                .map(IpmiEvents::event)
                .flatMap(Optional::stream)
                .filter(event -> !event.at.isBefore(now.minusHours(RECENT_HOURS)))
                .forEach(event -> {
                    last.remove(event.text());
                    last.put(event.text(), event);
                });
        return read(List.copyOf(last.values()), sensors);
    }

    /** Where the log has no entries. */
    public static Reading none() {
        return read(List.of(), List.of());
    }

    private static Reading read(List<Event> events, List<Part> sensors) {
        return Reading.complete(
                Source.IPMI_EVENTS,
                Arrays.stream(Group.values())
                        .map(group -> part(
                                group,
                                events.stream()
                                        .filter(event -> event.group == group)
                                        .toList(),
                                sensors))
                        .toList());
    }

    /** The log could not be read. */
    public static Reading unknown(String why) {
        return Reading.unread(
                Source.IPMI_EVENTS,
                why,
                Arrays.stream(Group.values())
                        .map(group -> new Part(PartKind.EVENT_LOG, group.text, PartState.UNKNOWN, why))
                        .toList());
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

    private static Part part(Group group, List<Event> events, List<Part> sensors) {
        List<Event> open =
                events.stream().filter(event -> !event.isOver(sensors)).toList();
        PartState state = open.stream().map(Event::state).reduce(PartState.OK, PartState::worse);
        String detail = open.isEmpty()
                ? events.isEmpty()
                        ? "no fault in the last " + RECENT_HOURS + " h"
                        : "over, in the last " + RECENT_HOURS + " h: " + shown(events)
                : shown(open);
        return new Part(PartKind.EVENT_LOG, group.text, state, detail);
    }

    /** The newest first. */
    private static String shown(List<Event> events) {
        List<String> texts = new ArrayList<>();
        for (Event each : events.reversed().stream().limit(MOST_SHOWN).toList()) {
            texts.add(each.text() + " at " + each.at);
        }
        int more = events.size() - texts.size();
        return String.join("; ", texts) + (more > 0 ? "; and " + more + " more" : "");
    }

    private static Optional<Event> event(String line) {
        List<String> fields =
                Arrays.stream(line.split("\\|")).map(String::strip).toList();
        // An event's text may have bars, too.
        int direction = Math.max(fields.indexOf("Asserted"), fields.indexOf("Deasserted"));
        if (direction <= EVENT) {
            return Optional.empty();
        }
        String sensor = fields.get(EVENT - 1);
        String what = String.join(" ", fields.subList(EVENT, direction));
        Optional<Group> group = Group.of(sensor);
        PartState state = group.map(of -> of.state(what)).orElse(PartState.OK);
        if (group.isEmpty() || state == PartState.OK) {
            return Optional.empty();
        }
        return time(fields.get(1) + " " + fields.get(2))
                .map(at -> new Event(
                        group.get(),
                        state,
                        sensor,
                        what,
                        at,
                        fields.get(direction).equals("Asserted")));
    }
}
