package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.hardware.part.Chassis;
import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/**
 * Tells of parts of the server that fail, that come back, and that nothing can be learned about: each change of a state once.
 * The event of a failure closes when the part is healthy again. A part that is no longer reported is absent until that
 * is acknowledged. What was told is remembered in the control database. Safe for use by several threads.
 */
public final class HardwareWatch {
    private static final String MENDED = "hardware-mended";
    private static final String UNKNOWN = "hardware-unknown";
    private static final int MOST_EVENTS = 1000;

    /** The name of a supply that the model has and that is not reported. */
    private static final String EXPECTED = "of the model";

    private final ControlDb control;
    private final Function<Instant, HardwareReport> source;
    private final Chassis chassis;
    private final InstantSource clock;
    private List<Part> seen = List.of();
    private Instant seenAt = Instant.EPOCH;

    /** @param source what is reported at a time */
    public HardwareWatch(
            ControlDb control, Function<Instant, HardwareReport> source, Chassis chassis, InstantSource clock) {
        this.control = control;
        this.source = source;
        this.chassis = chassis;
        this.clock = clock;
    }

    public synchronized void look() throws IOException {
        Instant now = clock.instant();
        HardwareReport report = source.apply(now);
        boolean silent = report.parts().stream().allMatch(part -> part.isAll() && part.state() == PartState.UNKNOWN);
        if (report.parts().equals(seen) && (silent || report.at().equals(seenAt)) && !absenceAcknowledged()) {
            return;
        }
        HardwareState before = HardwareState.load(control);
        List<HardwareState.Known> parts = new ArrayList<>();
        for (HardwareState.Known each : next(before, report, now)) {
            parts.add(tell(before, each));
        }
        // Last: a crash before it tells twice rather than never.
        new HardwareState(silent ? before.at() : report.at(), List.copyOf(parts)).store(control);
        seen = report.parts();
        seenAt = report.at();
    }

    private boolean absenceAcknowledged() throws IOException {
        for (HardwareState.Known each : HardwareState.load(control).parts()) {
            if (each.state() == PartState.ABSENT && acknowledged(each)) {
                return true;
            }
        }
        return false;
    }

    private List<HardwareState.Known> next(HardwareState before, HardwareReport report, Instant now)
            throws IOException {
        List<HardwareState.Known> next = new ArrayList<>();
        for (Part part : report.parts()) {
            Optional<HardwareState.Known> earlier = before.find(part.kind(), part.name());
            Instant since = earlier.filter(known -> known.state() == part.state())
                    .map(HardwareState.Known::since)
                    .orElse(now);
            next.add(HardwareState.known(part, since)
                    .telling(earlier.map(HardwareState.Known::told).orElse(PartState.OK)));
        }
        for (HardwareState.Known each : before.parts()) {
            boolean reported = next.stream().anyMatch(part -> part.is(each.kind(), each.name()));
            if (reported) {
                continue;
            }
            if (each.part().isAll()) {
                closeAll(each);
            } else if (unread(report, each.kind())) {
                next.add(
                        each.state() == PartState.UNKNOWN
                                ? each
                                : each.with(PartState.UNKNOWN, "last known: " + HardwareState.lastKnown(each), now));
            } else if (each.state() == PartState.ABSENT) {
                if (!isExpectedSupply(each) && !acknowledged(each)) {
                    next.add(each);
                }
            } else if (each.wasKnown()) {
                String detail = "is no longer reported; it was " + HardwareState.lastKnown(each);
                next.add(each.with(PartState.ABSENT, detail, now));
            }
        }
        expectedSupplies(before, next, now);
        return next;
    }

    private static boolean unread(HardwareReport report, PartKind kind) {
        return report.parts().stream().anyMatch(part -> part.kind() == kind && part.isAll());
    }

    private boolean acknowledged(HardwareState.Known part) throws IOException {
        return part.told() == PartState.ABSENT
                && control.events().list(true, MOST_EVENTS).stream()
                        .noneMatch(event -> event.kind().equals(kind(part))
                                && event.message().startsWith(beginning(part)));
    }

    private static boolean isExpectedSupply(HardwareState.Known part) {
        return part.kind() == PartKind.POWER_SUPPLY && part.name().equals(EXPECTED);
    }

    /** A supply that never was there is not reported at all. */
    private void expectedSupplies(HardwareState before, List<HardwareState.Known> next, Instant now) {
        List<HardwareState.Known> supplies = next.stream()
                .filter(part ->
                        part.kind() == PartKind.POWER_SUPPLY && !part.part().isAll())
                .filter(part -> !part.name().toLowerCase(Locale.ROOT).matches(".*(redundan|supplies).*"))
                .toList();
        boolean readable = next.stream()
                .noneMatch(part ->
                        part.kind() == PartKind.POWER_SUPPLY && part.part().isAll());
        if (readable && !supplies.isEmpty() && supplies.size() < chassis.powerSupplies()) {
            Part part = new Part(
                    PartKind.POWER_SUPPLY,
                    EXPECTED,
                    PartState.ABSENT,
                    "the model has " + chassis.powerSupplies() + " power supplies, and " + supplies.size()
                            + " is reported");
            Optional<HardwareState.Known> earlier = before.find(part.kind(), part.name());
            next.add(HardwareState.known(
                            part, earlier.map(HardwareState.Known::since).orElse(now))
                    .telling(earlier.map(HardwareState.Known::told).orElse(PartState.OK)));
        } else {
            before.find(PartKind.POWER_SUPPLY, EXPECTED)
                    .ifPresent(part -> next.add(part.with(PartState.OK, "all are there", now)));
        }
    }

    /** Raises and closes events; returns the part with what is told now. */
    private HardwareState.Known tell(HardwareState before, HardwareState.Known part) throws IOException {
        if (part.state() == part.told()) {
            return part;
        }
        return switch (part.state()) {
            case OK -> {
                close(part);
                control.events()
                        .raise(
                                Events.Severity.INFO,
                                MENDED,
                                null,
                                part.title() + " is healthy again: " + part.detail());
                yield part.telling(PartState.OK);
            }
            case FAILED, ABSENT -> raise(part, Events.Severity.ALERT, kind(part), PartAdvice.of(part.kind()));
            case WARNING -> raise(part, Events.Severity.WARNING, kind(part), PartAdvice.of(part.kind()));
            case UNKNOWN -> unknown(before, part);
        };
    }

    private HardwareState.Known unknown(HardwareState before, HardwareState.Known part) throws IOException {
        boolean worse = part.told() != PartState.OK;
        boolean covered = !part.part().isAll() && part.detail().startsWith("last known: ");
        boolean known = before.parts().stream()
                .anyMatch(each -> each.kind() == part.kind() && each.state() != PartState.UNKNOWN);
        if (worse || covered || !known && !chassis.known()) {
            // What was told is not over because nothing is known now, and the event for all parts tells of each.
            return part;
        }
        return raise(part, Events.Severity.WARNING, UNKNOWN, "Until this is solved, failures are not noticed");
    }

    private HardwareState.Known raise(HardwareState.Known part, Events.Severity severity, String kind, String whatToDo)
            throws IOException {
        close(part);
        control.events()
                .raise(
                        severity,
                        kind,
                        null,
                        beginning(part) + " " + part.state().text() + ": " + part.detail() + ". " + whatToDo);
        return part.telling(part.state());
    }

    private void close(HardwareState.Known part) throws IOException {
        control.events().close(kind(part), null, beginning(part));
        control.events().close(UNKNOWN, null, beginning(part));
    }

    /** Parts are known one by one now. */
    private void closeAll(HardwareState.Known all) throws IOException {
        if (all.told() != PartState.OK) {
            control.events().close(UNKNOWN, null, beginning(all));
        }
    }

    private static String kind(HardwareState.Known part) {
        return "hardware-" + part.kind().text();
    }

    private static String beginning(HardwareState.Known part) {
        return part.title() + ":";
    }
}
