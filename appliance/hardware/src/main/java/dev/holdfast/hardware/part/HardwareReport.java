package dev.holdfast.hardware.part;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All parts of the server at one time, sorted by kind; each kind and name once.
 *
 * @param at when the tools were asked
 * @param sources what was asked, each name once
 * @param unlisted parts that a source has and that are not among the parts
 */
public record HardwareReport(Instant at, List<Part> parts, List<Source> sources, List<Unlisted> unlisted) {
    public static final int MOST_PARTS = 1000;
    /** An older report says nothing about now: the collector runs every five minutes. */
    public static final Duration FRESH = Duration.ofMinutes(20);

    private static final List<PartKind> EVERY_SERVER_HAS =
            List.of(PartKind.POWER_SUPPLY, PartKind.FAN, PartKind.TEMPERATURE, PartKind.RAID_CONTROLLER, PartKind.DISK);

    public HardwareReport {
        boolean cut = parts.size() > MOST_PARTS;
        parts = merged(parts);
        sources = sources.stream()
                .map(source -> cut ? new Source(source.name(), "there are more than " + MOST_PARTS + " parts") : source)
                .toList();
        unlisted = List.copyOf(unlisted);
    }

    /** What all sources told. */
    public static HardwareReport of(Instant at, List<Reading> readings) {
        return new HardwareReport(
                at,
                readings.stream().flatMap(each -> each.parts().stream()).toList(),
                readings.stream().map(Reading::source).toList(),
                readings.stream()
                        .flatMap(each -> each.unlisted().stream())
                        .limit(MOST_PARTS)
                        .toList());
    }

    /** Nothing is known. */
    public static HardwareReport unknown(Instant at, String why) {
        List<Part> parts = new ArrayList<>();
        for (PartKind kind : EVERY_SERVER_HAS) {
            parts.add(Part.unknown(kind, why).from(Source.REPORT));
        }
        return new HardwareReport(at, parts, List.of(new Source(Source.REPORT, why)), List.of());
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

    public Optional<Unlisted> unlisted(PartKind kind, String name) {
        return unlisted.stream()
                .filter(each -> each.kind() == kind && each.name().equals(name))
                .findFirst();
    }

    /** Why a source says nothing of a part that it does not list; empty where it was read completely. */
    public Optional<String> unread(String source) {
        return find(source)
                .or(() -> find(Source.REPORT))
                .map(Source::unread)
                .or(() -> Optional.of(source + " was not asked"))
                .filter(why -> !why.isEmpty());
    }

    /** The same of any source, for a part of which it is not known what told of it. */
    public Optional<String> anyUnread() {
        if (sources.isEmpty()) {
            return Optional.of("the report does not name its sources");
        }
        return sources.stream()
                .map(Source::unread)
                .filter(why -> !why.isEmpty())
                .findFirst();
    }

    private Optional<Source> find(String source) {
        return sources.stream().filter(each -> each.name().equals(source)).findFirst();
    }
}
