package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.hardware.part.Chassis;
import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Tells of parts of the server that fail, that come back, and that nothing can be learned about: each change of a state once.
 * The event of a failure closes when the part is healthy again. A part that is no longer reported is absent until that
 * is acknowledged. What was told is remembered in the control database. Safe for use by several threads.
 */
public final class HardwareWatch {
    private static final String MENDED = "hardware-mended";
    private static final String UNKNOWN = "hardware-unknown";
    private static final int MOST_EVENTS = 1000;

    private final ControlDb control;
    private final Function<Instant, HardwareReport> source;
    private final Chassis chassis;
    private final InstantSource clock;
    private @Nullable HardwareReport seen;

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
        HardwareState before = HardwareState.load(control);
        List<String> wanted = ForgottenParts.load(control);
        List<HardwareState.Known> acknowledged = new ArrayList<>(acknowledged(before));
        before.parts().stream().filter(part -> wanted.contains(part.title())).forEach(acknowledged::add);
        // A report that is missing is of each time at which it is missed.
        HardwareReport timeless = silent
                ? new HardwareReport(Instant.EPOCH, report.parts(), report.sources(), report.unlisted())
                : report;
        if (timeless.equals(seen) && acknowledged.isEmpty() && wanted.isEmpty()) {
            return;
        }
        HardwareChange.Result next = HardwareChange.of(before, report, chassis, now, acknowledged);
        for (HardwareState.Known each : next.forgotten()) {
            close(each);
        }
        Told told = new Told(before, report, next.parts());
        List<HardwareState.Known> parts = new ArrayList<>();
        for (HardwareChange.Judged each : next.parts()) {
            parts.add(tell(told, each));
        }
        // Last: a crash before it tells twice rather than never.
        new HardwareState(silent ? before.at() : report.at(), List.copyOf(parts)).store(control);
        if (!wanted.isEmpty()) {
            ForgottenParts.done(control, wanted);
        }
        seen = timeless;
    }

    private List<HardwareState.Known> acknowledged(HardwareState state) throws IOException {
        List<HardwareState.Known> absent = state.parts().stream()
                .filter(part -> part.told() == PartState.ABSENT && part.state() != PartState.OK)
                .toList();
        if (absent.isEmpty()) {
            return absent;
        }
        List<Events.Event> open = control.events().list(true, MOST_EVENTS);
        return absent.stream()
                .filter(part -> open.size() < MOST_EVENTS
                        && open.stream()
                                .filter(event -> event.kind().equals(kind(part)))
                                .noneMatch(event -> event.message().startsWith(beginning(part)) || event.repeated()))
                .toList();
    }

    /** What was told of sources that could not be read: each is told once, and not for each of its parts. */
    private static final class Told {
        private final HardwareState before;
        private final Set<String> reasons = new HashSet<>();
        private final List<String> ofKinds;

        Told(HardwareState before, HardwareReport report, List<HardwareChange.Judged> parts) {
            this.before = before;
            this.ofKinds = report.parts().stream()
                    .filter(Part::isAll)
                    .map(Part::detail)
                    .toList();
            for (HardwareChange.Judged each : parts) {
                if (each.part().told() == PartState.UNKNOWN) {
                    reasons.add(each.unread());
                }
            }
        }

        boolean covers(String unread) {
            return !unread.isEmpty()
                    && (ofKinds.stream().anyMatch(detail -> detail.contains(unread)) || !reasons.add(unread));
        }

        boolean wasKnown(PartKind kind) {
            return before.parts().stream()
                    .anyMatch(each -> each.kind() == kind
                            && each.wasKnown()
                            && !each.part().isAll());
        }
    }

    /** Raises and closes events; returns the part with what is told now. */
    private HardwareState.Known tell(Told told, HardwareChange.Judged judged) throws IOException {
        HardwareState.Known part = judged.part();
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
                                Phrase.of("event.hardware-mended")
                                        .with("part", PartPhrases.title(part.part()))
                                        .with("detail", part.detail()));
                yield part.telling(PartState.OK);
            }
            case FAILED, ABSENT -> raise(part, Events.Severity.ALERT, kind(part), PartPhrases.advice(part.kind()));
            case WARNING -> raise(part, Events.Severity.WARNING, kind(part), PartPhrases.advice(part.kind()));
            case UNKNOWN -> unknown(told, judged);
        };
    }

    private HardwareState.Known unknown(Told told, HardwareChange.Judged judged) throws IOException {
        HardwareState.Known part = judged.part();
        boolean worse = part.told() != PartState.OK;
        boolean matters = told.wasKnown(part.kind()) || chassis.known();
        if (worse || !matters || told.covers(judged.unread())) {
            // What was told is not over because nothing is known now.
            return part;
        }
        return raise(part, Events.Severity.WARNING, UNKNOWN, Phrase.of("hardware.not-noticed"));
    }

    private HardwareState.Known raise(HardwareState.Known part, Events.Severity severity, String kind, Phrase advice)
            throws IOException {
        close(part);
        control.events()
                .raise(
                        severity,
                        kind,
                        null,
                        Phrase.of("event.hardware")
                                .with("part", PartPhrases.title(part.part()))
                                .with("state", PartPhrases.state(part.state()))
                                .with("detail", part.detail())
                                .with("advice", advice));
        return part.telling(part.state());
    }

    private void close(HardwareState.Known part) throws IOException {
        control.events().close(kind(part), null, beginning(part));
        control.events().close(UNKNOWN, null, beginning(part));
    }

    private static String kind(HardwareState.Known part) {
        return "hardware-" + part.kind().text();
    }

    /** How the message of an event of the part begins, in English. */
    private static String beginning(HardwareState.Known part) {
        return PartPhrases.title(part.part()) + ":";
    }
}
