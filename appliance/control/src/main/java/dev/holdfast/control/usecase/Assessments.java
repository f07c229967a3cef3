package dev.holdfast.control.usecase;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.health.Health;
import dev.holdfast.control.health.MachineHealth;
import dev.holdfast.control.health.Standing;
import dev.holdfast.control.health.Trouble;
import dev.holdfast.control.health.TroubleKind;
import dev.holdfast.control.health.Verdict;
import dev.holdfast.control.task.RoomWatch;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.volume.Room;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How everything that an actor sees stands: what the overview, lists and the command line show. */
final class Assessments {
    private static final int MOST_NEEDS = 200;

    private final ControlDb control;
    private final Engine engine;
    private final MachineHealth health;

    Assessments(ControlDb control, Engine engine) {
        this.control = control;
        this.engine = engine;
        this.health = new MachineHealth(control);
    }

    /**
     * How it stands.
     *
     * @param machines by number; nodes without access are left out
     * @param troubles of machines and of the appliance, the worst first
     */
    record Assessment(Map<Integer, Standing> machines, List<Trouble> troubles) {
        Verdict verdict() {
            List<Health> all = machines.values().stream().map(Standing::health).toList();
            return Verdict.of(all, troubles);
        }

        List<Need> needs() {
            return troubles.stream().limit(MOST_NEEDS).map(Need::of).toList();
        }
    }

    /** How each machine that the actor sees stands, by its number. */
    Map<Integer, Standing> machines(Actor actor) throws IOException {
        return health.of(known(actor), health.events(actor.nodes()));
    }

    Assessment of(Actor actor) throws IOException {
        List<MachineHealth.Machine> machines = known(actor);
        List<Trouble> events = health.events(actor.nodes());
        Map<Integer, Standing> standings = health.of(machines, events);
        List<Trouble> troubles = new ArrayList<>();
        standings.values().forEach(each -> troubles.addAll(each.troubles()));
        Set<String> names = machines.stream().map(MachineHealth.Machine::name).collect(Collectors.toSet());
        events.stream().filter(each -> !names.contains(each.node())).forEach(troubles::add);
        if (actor.seesAll()) {
            ofAppliance(troubles);
        }
        return new Assessment(standings, MachineHealth.sorted(troubles));
    }

    private List<MachineHealth.Machine> known(Actor actor) throws IOException {
        Map<Integer, Integer> snapshots = new HashMap<>();
        for (KnownSnapshot each : engine.snapshots()) {
            snapshots.merge(each.node(), 1, Integer::sum);
        }
        Set<Integer> connected = engine.connected();
        List<MachineHealth.Machine> machines = new ArrayList<>();
        for (Node each : control.nodes().list()) {
            if (each.active() && actor.sees(each.name())) {
                machines.add(new MachineHealth.Machine(
                        each.id(), each.name(), snapshots.getOrDefault(each.id(), 0), connected.contains(each.id())));
            }
        }
        return machines;
    }

    private void ofAppliance(List<Trouble> troubles) throws IOException {
        List<VaultState> vaults = VaultState.all(control, engine.running());
        if (vaults.isEmpty()) {
            troubles.add(
                    Trouble.ofAppliance(TroubleKind.NO_VAULT, control.vaults().noneSince(), "", null));
        }
        for (VaultState each : vaults) {
            if (!each.error().isEmpty()) {
                troubles.add(Trouble.ofAppliance(
                        TroubleKind.VAULT_ERROR,
                        since(each),
                        each.name(),
                        each.errorPhrase() == null ? Phrase.plain(each.error()) : each.errorPhrase()));
            }
        }
        if (engine.directory().rescued().isEmpty()) {
            ofRoom(troubles);
        }
    }

    /** Since when uploads fail; null where that is not known. */
    private @Nullable Instant since(VaultState vault) throws IOException {
        Optional<Instant> refused = control.events().openSince(List.of(EventKinds.VAULT_REFUSED), vault.error());
        return refused.isPresent()
                ? refused.get()
                : control.events()
                        .openSince(List.of(EventKinds.UPLOAD_FAILED), "upload to " + vault.url() + " ")
                        .orElse(null);
    }

    /** Where nothing is written, no room is needed. */
    private void ofRoom(List<Trouble> troubles) throws IOException {
        Room room = engine.room();
        String told = RoomWatch.told(control);
        Instant since = control.events().openSince(RoomWatch.KINDS, "").orElse(null);
        if (room.leftBytes() == 0) {
            troubles.add(Trouble.ofAppliance(TroubleKind.FULL, since, "", RoomWatch.figures(room)));
        } else if (told.equals("almost-full") || room.usedPercent() >= RoomWatch.ALMOST_FULL_PERCENT) {
            troubles.add(Trouble.ofAppliance(TroubleKind.ALMOST_FULL, since, "", RoomWatch.figures(room)));
        } else if (!told.isEmpty() || room.usedPercent() >= RoomWatch.NEARLY_FULL_PERCENT) {
            troubles.add(Trouble.ofAppliance(TroubleKind.NEARLY_FULL, since, "", RoomWatch.figures(room)));
        }
    }
}
