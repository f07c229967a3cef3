package dev.holdfast.control.task;

import dev.holdfast.hardware.part.Chassis;
import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Unlisted;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is known of the parts after a report, from what was known before it.
 *
 * <p>A part that is not listed any more is absent only where every source that told of it was read completely; otherwise it
 * is unknown. So is a part that is listed as healthy, where one of its sources was not read: that one may know of a fault.
 */
final class HardwareChange {
    /** The name of a supply that the model has and that is not reported. */
    private static final String EXPECTED = "of the model";

    /** As the parser of smartctl writes it. */
    private static final Pattern SERIAL = Pattern.compile("serial number ([^\\s;,]{3,40})");

    private static final String GONE = "is no longer reported";

    /** Sensors of power supplies that are not one supply. */
    private static final Pattern NO_SUPPLY = Pattern.compile("(?i).*(redun|rdnd|supplies|mismatch|fault|alert).*");

    private final HardwareState before;
    private final HardwareReport report;
    private final Instant now;
    private final List<Judged> parts = new ArrayList<>();
    private final List<HardwareState.Known> forgotten = new ArrayList<>();

    private HardwareChange(HardwareState before, HardwareReport report, Instant now) {
        this.before = before;
        this.report = report;
        this.now = now;
    }

    /**
     * A part, and why it is unknown, if that is because a source was not read.
     *
     * @param unread empty where it is for another reason, or where it is known
     */
    record Judged(HardwareState.Known part, String unread) {}

    /**
     * What is known now.
     *
     * @param forgotten what was known before, and need not be any more: its events are over
     */
    record Result(List<Judged> parts, List<HardwareState.Known> forgotten) {}

    /** @param acknowledged parts to forget unless they are listed: absent ones whose event was acknowledged, and others */
    static Result of(
            HardwareState before,
            HardwareReport report,
            Chassis chassis,
            Instant now,
            List<HardwareState.Known> acknowledged) {
        HardwareChange change = new HardwareChange(before, report, now);
        report.parts().forEach(change::listed);
        for (HardwareState.Known each : before.parts()) {
            if (change.parts.stream().noneMatch(next -> next.part.is(each.kind(), each.name()))) {
                change.unlisted(each, acknowledged);
            }
        }
        change.expectedSupplies(chassis);
        return new Result(List.copyOf(change.parts), List.copyOf(change.forgotten));
    }

    private void listed(Part part) {
        Optional<HardwareState.Known> earlier = before.find(part.kind(), part.name());
        if (part.kind() == PartKind.FAN && part.state() == PartState.ABSENT && earlier.isEmpty()) {
            // A place that always was empty.
            return;
        }
        Instant since = earlier.filter(known -> known.state() == part.state())
                .map(HardwareState.Known::since)
                .orElse(now);
        HardwareState.Known next = HardwareState.known(part, since)
                .telling(earlier.map(HardwareState.Known::told).orElse(PartState.OK));
        List<String> silent = earlier.map(HardwareState.Known::sourceNames).orElse(List.of()).stream()
                .filter(source -> !part.sources().contains(source)
                        && report.unread(source).isPresent())
                .toList();
        if (earlier.isEmpty() || silent.isEmpty() || part.isAll()) {
            parts.add(new Judged(next, part.isAll() ? "" : unread(part.sources())));
            return;
        }
        List<String> sources = new ArrayList<>(part.sources());
        sources.addAll(silent);
        next = next.toldBy(sources);
        boolean asBad =
                part.state() != PartState.OK && part.state().worse(earlier.get().told()) == part.state();
        String why = unread(silent);
        parts.add(
                asBad
                        ? new Judged(next, "")
                        : new Judged(earlier.get().unknown(why, now).toldBy(sources), why));
    }

    private void unlisted(HardwareState.Known part, List<HardwareState.Known> acknowledged) {
        Optional<Unlisted> unlisted = report.unlisted(part.kind(), part.name());
        String unread = part.sourceNames().isEmpty() ? report.anyUnread().orElse("") : unread(part.sourceNames());
        if (part.part().isAll() || unlisted.isPresent() && !unlisted.get().as().isEmpty()) {
            forgotten.add(part);
        } else if (isExpectedSupply(part)) {
            // It is looked at last.
            return;
        } else if (acknowledged.contains(part)) {
            forgotten.add(part);
        } else if (unlisted.isPresent() && part.wasKnown()) {
            parts.add(new Judged(part.unknown(unlisted.get().why(), now), ""));
        } else if (!unread.isEmpty()) {
            parts.add(new Judged(part.unknown(unread, now), unread));
        } else if (part.state() == PartState.ABSENT) {
            parts.add(new Judged(part, ""));
        } else if (part.wasKnown()) {
            gone(part);
        }
    }

    private void gone(HardwareState.Known part) {
        String last = HardwareState.lastKnown(part);
        Optional<HardwareState.Known> renamed = parts.stream()
                .map(Judged::part)
                .filter(each -> each.kind() == PartKind.DISK && part.kind() == PartKind.DISK)
                .filter(each ->
                        serial(last).isPresent() && serial(each.detail()).equals(serial(last)))
                .findFirst();
        Optional<HardwareState.Known> earlier = renamed.flatMap(each -> before.find(each.kind(), each.name()));
        boolean other = earlier.filter(each -> !serial(each.detail()).equals(serial(last)))
                .isPresent();
        // Two paths to one disk are two parts.
        boolean path = earlier.isPresent() && part.state() != PartState.UNKNOWN;
        if (renamed.isPresent() && !other && !path) {
            // The kernel names a disk anew when it was away for a moment.
            forgotten.add(part);
            return;
        }
        String where = other
                ? renamed.map(each -> ": its disk is now " + each.name() + ", whose disk is missing")
                        .orElse("")
                : "";
        int gone = last.indexOf(GONE);
        String detail = gone >= 0 ? last.substring(gone) : GONE + where + "; it was " + last;
        parts.add(new Judged(part.with(PartState.ABSENT, detail, now), ""));
    }

    private static Optional<String> serial(String detail) {
        Matcher serial = SERIAL.matcher(detail);
        return serial.find() ? Optional.of(serial.group(1)) : Optional.empty();
    }

    /** Why the first of the sources that were not read completely was not; empty where all were. */
    private String unread(List<String> sources) {
        return sources.stream()
                .map(report::unread)
                .flatMap(Optional::stream)
                .findFirst()
                .orElse("");
    }

    private static boolean isExpectedSupply(HardwareState.Known part) {
        return part.kind() == PartKind.POWER_SUPPLY && part.name().equals(EXPECTED);
    }

    /** A supply that never was there is not reported at all. */
    private void expectedSupplies(Chassis chassis) {
        List<HardwareState.Known> all = parts.stream()
                .map(Judged::part)
                .filter(part -> part.kind() == PartKind.POWER_SUPPLY)
                .toList();
        List<HardwareState.Known> supplies = all.stream()
                .filter(part -> !part.part().isAll())
                .filter(part -> !NO_SUPPLY.matcher(part.name()).matches())
                .toList();
        Optional<HardwareState.Known> earlier = before.find(PartKind.POWER_SUPPLY, EXPECTED);
        boolean readable = all.stream().noneMatch(part -> part.part().isAll());
        if (readable && !supplies.isEmpty() && supplies.size() < chassis.powerSupplies()) {
            Part part = new Part(
                    PartKind.POWER_SUPPLY,
                    EXPECTED,
                    PartState.ABSENT,
                    "the model has " + chassis.powerSupplies() + " power supplies, and " + supplies.size()
                            + " is reported");
            HardwareState.Known known = HardwareState.known(
                    part, earlier.map(HardwareState.Known::since).orElse(now));
            parts.add(new Judged(
                    known.telling(earlier.map(HardwareState.Known::told).orElse(PartState.OK)), ""));
        } else if (readable) {
            earlier.ifPresent(part -> parts.add(new Judged(part.with(PartState.OK, "all are there", now), "")));
        } else {
            earlier.ifPresent(part -> parts.add(new Judged(part, "")));
        }
    }
}
