package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.task.ForgottenParts;
import dev.holdfast.control.task.HardwareState;
import dev.holdfast.control.task.PartPhrases;
import dev.holdfast.hardware.part.Chassis;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The server's parts and their health. */
public final class HardwareUseCases {
    private final ControlDb control;
    private final Engine engine;
    private final AuditTrail audit;

    HardwareUseCases(ControlDb control, Engine engine) {
        this.control = control;
        this.engine = engine;
        this.audit = new AuditTrail(control);
    }

    /**
     * A part.
     *
     * @param kind power-supply, fan, temperature, raid-controller, write-cache, battery, array, disk, memory, event-log
     * @param name all, for all parts of a kind that nothing could be learned about
     * @param state ok, warning, failed, unknown, absent
     * @param since when it came into its state
     */
    public record HardwarePart(String kind, String name, String title, String state, String detail, Instant since) {}

    /**
     * The server.
     *
     * @param at when its parts were last asked; null for never
     * @param state of the part that matters most
     * @param heightUnits and {@code powerSupplies} and {@code bays} of the profile's model; 0 where the profile is no model
     */
    public record Hardware(
            @Nullable Instant at,
            String state,
            String profile,
            int heightUnits,
            int powerSupplies,
            int bays,
            List<HardwarePart> parts) {}

    /** A part, as {@link HardwarePart} has its kind and name. */
    public record PartName(String kind, String name) {}

    /**
     * Forgets a part that was removed on purpose, or whose tool was, and closes its events. It is known again when a
     * report lists it.
     */
    public void forget(Actor actor, PartName part) throws IOException {
        actor.require(Permission.PROTECT);
        actor.requireAllNodes();
        HardwareState.Known known = HardwareState.load(control).parts().stream()
                .filter(each ->
                        each.kind().text().equals(part.kind()) && each.name().equals(part.name()))
                .findFirst()
                .orElseThrow(() -> UseCaseException.notFound(
                        Phrase.of("hardware.no-part").with("kind", part.kind()).with("name", part.name())));
        boolean gone = known.state() == PartState.ABSENT || known.state() == PartState.UNKNOWN;
        if (!gone || known.name().equals(Part.ALL)) {
            throw audit.refused(
                    actor,
                    "hardware forget",
                    known.title(),
                    UseCaseException.conflict(Phrase.of("hardware.still-reported")
                            .with("kind", part.kind())
                            .with("name", part.name())
                            .with("state", PartPhrases.state(known.state()))));
        }
        ForgottenParts.add(control, known);
        audit.allowed(actor, "hardware forget", known.title());
    }

    public Hardware hardware(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        actor.requireAllNodes();
        HardwareState state = HardwareState.load(control).at(Instant.now());
        String profile = engine.profile().name();
        Chassis chassis = Chassis.of(profile);
        PartState worst = state.parts().stream()
                .map(HardwareState.Known::state)
                .reduce(PartState::worse)
                .orElse(PartState.UNKNOWN);
        return new Hardware(
                state.at(),
                worst.text(),
                profile,
                chassis.heightUnits(),
                chassis.powerSupplies(),
                chassis.bays(),
                state.parts().stream().map(HardwareUseCases::view).toList());
    }

    private static HardwarePart view(HardwareState.Known part) {
        return new HardwarePart(
                part.kind().text(), part.name(), part.title(), part.state().text(), part.detail(), part.since());
    }
}
