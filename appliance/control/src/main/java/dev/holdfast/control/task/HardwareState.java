package dev.holdfast.control.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the appliance remembers of the server's parts, in the control database: it outlives a restart.
 *
 * @param at when the collector last told something; null for never
 */
public record HardwareState(@Nullable Instant at, List<Known> parts) {
    private static final String REMEMBERED = "hardware.state";
    private static final String LAST_KNOWN = "last known: ";
    private static final ObjectMapper JSON = new ObjectMapper().registerModule(Moments.module());
    private static final HardwareState NOTHING = new HardwareState(null, List.of());

    /**
     * A part.
     *
     * @param since when it came into its state
     * @param told the state that the open event is about; OK where there is none
     * @param sources what told of it; empty where an older release remembered it
     */
    public record Known(
            PartKind kind,
            String name,
            PartState state,
            String detail,
            Instant since,
            PartState told,
            @Nullable List<String> sources) {
        public Known {
            // What an older release stored has none.
            sources = sources == null ? List.of() : List.copyOf(sources);
        }

        public String title() {
            return part().title();
        }

        Part part() {
            return new Part(kind, name, state, detail, sourceNames());
        }

        List<String> sourceNames() {
            return sources == null ? List.of() : sources;
        }

        boolean is(PartKind otherKind, String otherName) {
            return kind == otherKind && name.equals(otherName);
        }

        Known with(PartState newState, String newDetail, Instant newSince) {
            return new Known(kind, name, newState, newDetail, newSince, told, sources);
        }

        Known telling(PartState newTold) {
            return new Known(kind, name, state, detail, since, newTold, sources);
        }

        Known toldBy(List<String> newSources) {
            return new Known(kind, name, state, detail, since, told, newSources);
        }

        /** The same part, of which nothing is known now. */
        Known unknown(String why, Instant now) {
            return with(
                    PartState.UNKNOWN,
                    why + "; " + LAST_KNOWN + lastKnown(this),
                    state == PartState.UNKNOWN ? since : now);
        }

        /** Whether a tool ever said how it is. */
        boolean wasKnown() {
            return state != PartState.UNKNOWN || told != PartState.OK || detail.contains(LAST_KNOWN);
        }
    }

    /** What is remembered; nothing where it cannot be read. */
    public static HardwareState load(ControlDb control) throws IOException {
        Optional<String> stored = control.settings().get(REMEMBERED);
        try {
            return stored.isEmpty() ? NOTHING : JSON.readValue(stored.get(), HardwareState.class);
        } catch (JsonProcessingException e) {
            // Of another release: what is wrong is told again.
            return NOTHING;
        }
    }

    void store(ControlDb control) throws IOException {
        control.settings().set(REMEMBERED, JSON.writeValueAsString(this));
    }

    /** As it is known at a time: an old state says nothing of then. */
    public HardwareState at(Instant now) {
        if (at == null && parts.isEmpty()) {
            return new HardwareState(
                    null,
                    HardwareReport.unknown(now, "the appliance has had no report; see holdfast-hardware.timer")
                            .parts()
                            .stream()
                            .map(part -> known(part, now))
                            .toList());
        }
        if (at == null || Duration.between(at, now).abs().compareTo(HardwareReport.FRESH) <= 0) {
            return this;
        }
        return new HardwareState(
                at,
                parts.stream()
                        .map(each -> each.state == PartState.UNKNOWN
                                ? each
                                : each.with(PartState.UNKNOWN, "at " + at + " it was " + lastKnown(each), each.since))
                        .toList());
    }

    static Known known(Part part, Instant since) {
        return new Known(part.kind(), part.name(), part.state(), part.detail(), since, PartState.OK, part.sources());
    }

    static String lastKnown(Known part) {
        int earlier = part.detail.indexOf(LAST_KNOWN);
        if (part.state == PartState.UNKNOWN && earlier >= 0) {
            return part.detail.substring(earlier + LAST_KNOWN.length());
        }
        return part.state.text() + (part.detail.isEmpty() ? "" : ": " + part.detail);
    }

    Optional<Known> find(PartKind kind, String name) {
        return parts.stream().filter(each -> each.is(kind, name)).findFirst();
    }
}
