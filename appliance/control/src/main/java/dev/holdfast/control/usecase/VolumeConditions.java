package dev.holdfast.control.usecase;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.drain.Drain;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.VolumeList;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What must be so before a volume is taken out of use. What is refused is audited under the name of the action. */
record VolumeConditions(ControlDb control, Engine engine, AuditTrail audit) {
    Volume find(int number) throws IOException {
        Optional<Volume> found = engine.directory().volumeList().find(number);
        return found.orElseThrow(() -> unknown(number));
    }

    VolumeFigures figures(int number) throws IOException {
        return VolumeFigures.of(engine).stream()
                .filter(each -> each.volume().number() == number)
                .findFirst()
                .orElseThrow(() -> unknown(number));
    }

    private static UseCaseException unknown(int number) {
        return UseCaseException.notFound(Phrase.of("volume.unknown").with("volume", number));
    }

    static String name(Volume volume) {
        return "volume " + volume.number() + " " + volume.root();
    }

    void requireThere(Actor actor, String action, Volume volume) throws IOException {
        Phrase problem = volume.state() == Volume.State.LOST
                ? Phrase.of("volume.given-up")
                : engine.missingVolumes().get(volume.number());
        if (problem != null) {
            throw audit.refused(
                    actor,
                    action,
                    name(volume),
                    UseCaseException.conflict(Phrase.of("volume.unreadable")
                            .with("volume", volume.number())
                            .with("problem", problem)
                            .with("command", control.command("volume", "retire", "" + volume.number(), "--lost"))));
        }
    }

    /** Something must take containers. */
    void requireOthers(Actor actor, String action, Volume volume) throws IOException {
        if (engine.directory().volumeList().active().stream().noneMatch(each -> each.number() != volume.number())) {
            throw audit.refused(
                    actor,
                    action,
                    name(volume),
                    UseCaseException.conflict(
                            Phrase.of("volume.no-other").with("command", control.command("volume", "add", "DIR"))));
        }
    }

    /** Before a directory becomes the volume that takes everything from another. */
    void requireRoom(Actor actor, Volume volume, Path path) throws IOException {
        int next = Integer.MAX_VALUE;
        VolumeFigures figures = figures(volume.number());
        Volumes both = new Volumes(
                new LocalDisk(),
                new VolumeList(List.of(
                        new Volume(volume.number(), volume.root(), Volume.State.DRAINING),
                        new Volume(next, LocalDisk.nearestExisting(path), Volume.State.ACTIVE))),
                engine.profile().reservePercent());
        requireRoom(
                actor, volume, Drain.plan(both, volume.number(), next, figures.containers(), figures.containerBytes()));
    }

    void requireRoom(Actor actor, Volume volume, Drain.Plan plan) throws IOException {
        if (plan.missingBytes() > 0) {
            throw audit.refused(
                    actor,
                    "volume drain",
                    name(volume),
                    UseCaseException.conflict(Phrase.of("volume.no-room")
                            .with("room", plan.roomBytes())
                            .with("volume", volume.number())
                            .with("held", plan.bytes())
                            .with("missing", plan.missingBytes())
                            .with("add", control.command("volume", "add", "DIR"))
                            .with("collect", control.command("gc", "--grace-hours", "0"))));
        }
    }

    /** The volumes as they are once one takes no containers. */
    VolumeList draining(int number) {
        return new VolumeList(engine.directory().volumeList().all().stream()
                .map(each -> each.number() == number ? new Volume(number, each.root(), Volume.State.DRAINING) : each)
                .toList());
    }
}
