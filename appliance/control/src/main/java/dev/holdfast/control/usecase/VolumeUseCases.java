package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.data.NewVolume;
import dev.holdfast.control.data.VolumeChanges;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.task.VolumeTasks;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskSpecCodec;
import dev.holdfast.control.taskspec.TaskSpecException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.drain.Drain;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The directories that hold containers: adds, empties, replaces and retires them while backups go on. */
public final class VolumeUseCases {
    private static final String DRAIN = "volume drain";
    private static final String RETIRE = "volume retire";

    private final ControlDb control;
    private final Engine engine;
    private final TaskUseCases tasks;
    private final VolumeChanges changes;
    private final AuditTrail audit;
    private final VolumeConditions conditions;

    VolumeUseCases(ControlDb control, Engine engine, TaskUseCases tasks) {
        this.control = control;
        this.engine = engine;
        this.tasks = tasks;
        this.changes = new VolumeChanges(engine.directory());
        this.audit = new AuditTrail(control);
        this.conditions = new VolumeConditions(control, engine, audit);
    }

    /**
     * A volume.
     *
     * @param state active, draining (takes no containers, some are still there), drained (holds none), missing (is not
     *     mounted, or another disk is), lost (was given up)
     * @param freeBytes as its file system says; 0 where it is missing, as are {@code totalBytes}
     * @param fileSystem where it is mounted, and from what; empty where the volume is missing
     * @param problem what is wrong with it, empty for nothing
     * @param problemPhrase the same for other languages; null for nothing
     * @param task the number of the task that works on it, null for none
     */
    public record VolumeView(
            int number,
            String path,
            String state,
            int containers,
            long containerBytes,
            long freeBytes,
            long totalBytes,
            String fileSystem,
            String problem,
            @Nullable Phrase problemPhrase,
            @Nullable Long task) {}

    /** @param most volumes that the profile allows */
    public record VolumeViews(List<VolumeView> volumes, int most) {}

    /**
     * A directory to be added.
     *
     * @param path absolute, on the appliance's machine
     * @param dryRun only looks at it
     */
    public record NewPath(
            @Bound(characters = 4096) String path, @Nullable Boolean dryRun) {}

    /**
     * What was added.
     *
     * @param found new, moved (a known volume that is mounted elsewhere now), draining (it takes containers again) or present
     * @param warnings what is unwise about it
     */
    public record Added(int number, String path, String found, List<String> warnings, boolean dryRun) {}

    /** @param dryRun only says what would be done */
    public record DryRun(@Nullable Boolean dryRun) {}

    /**
     * A replacement for a lost volume.
     *
     * @param path of a new volume, absolute; null for none
     */
    public record Loss(
            @Bound(characters = 4096) @Nullable String path,
            @Nullable Boolean dryRun) {}

    /**
     * What becomes of a volume.
     *
     * @param containers that are on it
     * @param task the number of the task that moves them, null for none
     * @param running whether an appliance runs, which does the task
     * @param retired whether the volume was retired at once
     * @param added the volume that replaces it, null for none
     */
    public record Leaving(
            int number,
            String path,
            int containers,
            long bytes,
            long roomBytes,
            @Nullable Long task,
            boolean running,
            boolean retired,
            @Nullable Added added,
            boolean dryRun) {}

    // ---- reading

    public VolumeViews list(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        actor.requireAllNodes();
        Map<Integer, Phrase> missing = engine.missingVolumes();
        List<VolumeView> views = new ArrayList<>();
        for (VolumeFigures each : VolumeFigures.of(engine)) {
            Volume volume = each.volume();
            Phrase problem = missing.get(volume.number());
            OptionalLong task = openTask(volume.number());
            views.add(new VolumeView(
                    volume.number(),
                    volume.root().toString(),
                    state(each, problem),
                    each.containers(),
                    each.containerBytes(),
                    each.freeBytes(),
                    each.totalBytes(),
                    each.fileSystem(),
                    problem == null ? "" : problem.english(),
                    problem,
                    task.isPresent() ? task.getAsLong() : null));
        }
        return new VolumeViews(views, engine.profile().maxVolumes());
    }

    private static String state(VolumeFigures figures, @Nullable Phrase problem) {
        Volume.State state = figures.volume().state();
        if (problem != null) {
            return "missing";
        }
        boolean drained = state == Volume.State.DRAINING && figures.containers() == 0;
        return drained ? "drained" : state.name().toLowerCase(Locale.ROOT);
    }

    /** The task that empties a volume or replaces what it held. */
    private OptionalLong openTask(int number) throws IOException {
        for (TaskKind kind : List.of(TaskKind.DRAIN, TaskKind.VOLUME_LOST)) {
            for (Task each : control.tasks().open(kind)) {
                if (isAbout(each, number)) {
                    return OptionalLong.of(each.id());
                }
            }
        }
        return OptionalLong.empty();
    }

    private static boolean isAbout(Task task, int number) {
        try {
            return switch (TaskSpecCodec.decodeOwn(task.kind(), task.argument())) {
                case TaskSpec.Drain drain -> drain.volume() == number;
                case TaskSpec.ReplaceLost lost -> lost.volume() == number && !lost.dryRun();
                default -> false;
            };
        } catch (TaskSpecException e) {
            return false;
        }
    }

    // ---- changing

    /** Makes a directory a volume, which takes containers at once. */
    public Added add(Actor actor, NewPath wanted) throws IOException {
        require(actor);
        return add(actor, path(wanted.path), -1, isDry(wanted.dryRun));
    }

    private Added add(Actor actor, Path path, int replaced, boolean dryRun) throws IOException {
        try {
            return engine.changing(() -> {
                NewVolume found = Refusals.told(() -> changes.check(path, replaced));
                if (!dryRun) {
                    changes.add(found);
                    engine.volumesChanged();
                    audit.note(actor, "volume add", "volume " + found.number() + " " + path, "allowed");
                }
                String kind = found.kind().name().toLowerCase(Locale.ROOT);
                return new Added(found.number(), path.toString(), kind, found.warnings(), dryRun);
            });
        } catch (UseCaseException e) {
            throw audit.refused(actor, "volume add", path.toString(), e);
        }
    }

    /** Moves all containers off a volume, which takes no new ones from now on. */
    public Leaving drain(Actor actor, int number, DryRun wanted) throws IOException {
        require(actor);
        return engine.changing(() -> drainChecked(actor, number, wanted));
    }

    private Leaving drainChecked(Actor actor, int number, DryRun wanted) throws IOException {
        Volume volume = conditions.find(number);
        boolean dryRun = isDry(wanted.dryRun);
        conditions.requireThere(actor, DRAIN, volume);
        conditions.requireOthers(actor, DRAIN, volume);
        return drain(actor, volume, null, null, dryRun);
    }

    /** Adds a volume, moves all containers of another to it, and retires that one. */
    public Leaving replace(Actor actor, int number, NewPath wanted) throws IOException {
        require(actor);
        return engine.changing(() -> replaceChecked(actor, number, wanted));
    }

    private Leaving replaceChecked(Actor actor, int number, NewPath wanted) throws IOException {
        Volume volume = conditions.find(number);
        boolean dryRun = isDry(wanted.dryRun);
        conditions.requireThere(actor, "volume replace", volume);
        conditions.requireRoom(actor, volume, path(wanted.path));
        Added added = add(actor, path(wanted.path), number, dryRun);
        if (added.number == number) {
            throw UseCaseException.invalid(Phrase.of("volume.itself"));
        }
        return drain(actor, volume, added.number, added, dryRun);
    }

    private Leaving drain(Actor actor, Volume volume, @Nullable Integer target, @Nullable Added added, boolean dryRun)
            throws IOException {
        int number = volume.number();
        VolumeFigures figures = conditions.figures(number);
        Volumes volumes = new Volumes(
                new LocalDisk(), conditions.draining(number), engine.profile().reservePercent());
        Drain.Plan plan = Drain.plan(volumes, number, null, figures.containers(), figures.containerBytes());
        if (target == null) {
            conditions.requireRoom(actor, volume, plan);
        }
        Long task = null;
        if (!dryRun) {
            changes.drain(number);
            engine.volumesChanged();
            task = queue(
                    actor,
                    number,
                    new TaskSpec.Drain(number, target, target != null),
                    "move containers off volume " + number);
            audit.note(actor, DRAIN, VolumeConditions.name(volume), "task " + task);
        }
        return new Leaving(
                number,
                volume.root().toString(),
                plan.containers(),
                plan.bytes(),
                plan.roomBytes(),
                task,
                engine.running(),
                false,
                added,
                dryRun);
    }

    /** Returns the task that works on the volume already, or a new one. */
    private long queue(Actor actor, int number, TaskSpec.Own spec, String description) throws IOException {
        OptionalLong known = openTask(number);
        if (known.isPresent()) {
            return known.getAsLong();
        }
        tasks.requireRoom();
        return control.tasks().queue(spec, description, VolumeTasks.PRIORITY, actor.text());
    }

    /** Takes a volume that holds nothing out of use. */
    public Leaving retire(Actor actor, int number, DryRun wanted) throws IOException {
        require(actor);
        return engine.changing(() -> retireChecked(actor, number, wanted));
    }

    private Leaving retireChecked(Actor actor, int number, DryRun wanted) throws IOException {
        // What an interrupted retirement left.
        changes.settle();
        Volume volume = conditions.find(number);
        boolean dryRun = isDry(wanted.dryRun);
        conditions.requireThere(actor, RETIRE, volume);
        conditions.requireOthers(actor, RETIRE, volume);
        if (!retire(volume, dryRun)) {
            VolumeFigures figures = conditions.figures(number);
            throw audit.refused(
                    actor,
                    RETIRE,
                    VolumeConditions.name(volume),
                    UseCaseException.conflict(Phrase.of("volume.not-empty")
                            .with("volume", number)
                            .with("count", figures.containers())
                            .with("command", control.command("volume", "drain", "" + number))));
        }
        if (!dryRun) {
            audit.allowed(actor, RETIRE, VolumeConditions.name(volume));
        }
        return new Leaving(number, volume.root().toString(), 0, 0, 0, null, engine.running(), !dryRun, null, dryRun);
    }

    /** Returns whether the volume holds nothing, so that it was retired, or would be. */
    private boolean retire(Volume volume, boolean dryRun) throws IOException {
        int number = volume.number();
        if (dryRun) {
            return conditions.figures(number).containers() == 0;
        }
        // First, so that nothing comes while it is looked at.
        changes.drain(number);
        engine.volumesChanged();
        boolean empty;
        if (engine.running()) {
            engine.store().archiving().sealOpen();
            empty = engine.store().drain().isEmpty(number);
        } else {
            empty = conditions.figures(number).containers() == 0;
        }
        if (empty) {
            changes.retire(number);
            engine.volumesChanged();
            changes.settle();
        } else if (volume.state() == Volume.State.ACTIVE) {
            changes.activate(number);
            engine.volumesChanged();
        }
        return empty;
    }

    /**
     * Gives up a volume whose disk failed. What it held is fetched from the vaults; what is in none is named with the snapshots
     * that are damaged.
     */
    public Leaving lose(Actor actor, int number, Loss wanted) throws IOException {
        actor.require(Permission.DESTROY);
        actor.requireAllNodes();
        return engine.changing(() -> loseChecked(actor, number, wanted));
    }

    private Leaving loseChecked(Actor actor, int number, Loss wanted) throws IOException {
        Volume volume = conditions.find(number);
        boolean dryRun = isDry(wanted.dryRun);
        if (dryRun && !engine.running()) {
            throw UseCaseException.notRunning(
                    Phrase.of("volume.loss-not-running").with("volume", number));
        }
        if (volume.state() != Volume.State.LOST && !engine.missingVolumes().containsKey(number)) {
            throw audit.refused(
                    actor,
                    "volume lose",
                    VolumeConditions.name(volume),
                    UseCaseException.conflict(Phrase.of("volume.there")
                            .with("volume", number)
                            .with("command", control.command("volume", "drain", "" + number))));
        }
        Added added = wanted.path == null ? null : add(actor, path(wanted.path), number, dryRun);
        if (added == null) {
            conditions.requireOthers(actor, "volume lose", volume);
        }
        VolumeFigures figures = conditions.figures(number);
        if (!dryRun) {
            changes.lose(number);
            engine.volumesChanged();
        }
        long task = queue(
                actor,
                dryRun ? -1 : number,
                new TaskSpec.ReplaceLost(number, dryRun),
                (dryRun ? "look for what was on lost volume " : "replace what was on lost volume ") + number);
        audit.note(actor, "volume lose", VolumeConditions.name(volume), (dryRun ? "dry run, " : "") + "task " + task);
        return new Leaving(
                number,
                volume.root().toString(),
                figures.containers(),
                figures.containerBytes(),
                0,
                task,
                engine.running(),
                false,
                added,
                dryRun);
    }

    // ---- what is asked of all of them

    private static void require(Actor actor) throws UseCaseException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
    }

    private static boolean isDry(@Nullable Boolean dryRun) {
        return Boolean.TRUE.equals(dryRun);
    }

    private static Path path(@Nullable String text) throws UseCaseException {
        try {
            Path path = Path.of(Objects.requireNonNullElse(text, ""));
            if (path.isAbsolute()) {
                return path.normalize();
            }
        } catch (InvalidPathException e) {
            throw UseCaseException.invalid(
                    Phrase.of("path.wrong").with("path", String.valueOf(text)).with("reason", e.getReason()));
        }
        throw UseCaseException.invalid(Phrase.of("path.not-absolute").with("path", String.valueOf(text)));
    }
}
