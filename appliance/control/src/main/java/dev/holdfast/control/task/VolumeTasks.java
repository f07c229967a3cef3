package dev.holdfast.control.task;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.VolumeChanges;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.NodeNames;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.store.Store;
import dev.holdfast.store.drain.Drain;
import dev.holdfast.store.drain.LostVolume;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Volume;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Carries out the tasks about volumes: empties them, and replaces what lost ones held. One thread's. */
public final class VolumeTasks {
    /** Below that of all other tasks: moving a volume takes hours or days. */
    public static final int PRIORITY = -10;

    private final ControlDb control;
    private final Store store;
    private final DataDirectory directory;
    private final VolumeChanges changes;

    public VolumeTasks(ControlDb control, Store store, DataDirectory directory) {
        this.control = control;
        this.store = store;
        this.directory = directory;
        this.changes = new VolumeChanges(directory);
    }

    private Volume volume(int number, Volume.State state) throws IOException {
        return directory
                .volumeList()
                .find(number)
                .filter(each -> each.state() == state)
                .orElseThrow(() -> new PhrasedException(
                        state == Volume.State.LOST
                                ? Phrase.of("task.volume-not-lost").with("volume", number)
                                : Phrase.of("task.volume-not-draining").with("volume", number)));
    }

    /**
     * What a drain moved since it was begun or resumed last.
     *
     * @param damaged containers that moved as damaged as they were
     * @param warnings what was left on the volume, and why
     * @param empty whether nothing is left
     * @param retired whether the volume was retired
     */
    record Drained(
            int volume,
            String path,
            int containers,
            long bytes,
            List<Integer> damaged,
            List<String> warnings,
            boolean empty,
            boolean retired) {}

    Drained drain(TaskSpec.Drain spec, TaskContext context) throws IOException {
        Volume volume = volume(spec.volume(), Volume.State.DRAINING);
        Drain.Outcome outcome =
                store.drain().run(spec.volume(), spec.target(), context::step, () -> context.interrupted(PRIORITY));
        List<Phrase> warnings = new ArrayList<>(outcome.warnings());
        if (!outcome.damaged().isEmpty()) {
            warnings.add(Phrase.of("log.damaged-moved")
                    .with("count", outcome.damaged().size())
                    .with("command", control.command("events")));
        }
        for (Phrase warning : warnings) {
            context.log(warning);
        }
        boolean retired = outcome.empty() && spec.retire();
        if (retired) {
            retire(spec.volume());
        }
        control.audit()
                .append(
                        context.task().requestedBy(),
                        retired ? "volume retire" : "volume drain",
                        "volume " + spec.volume() + " " + volume.root(),
                        outcome.containers() + " containers moved, " + (outcome.empty() ? "nothing" : "some")
                                + " left");
        return new Drained(
                spec.volume(),
                volume.root().toString(),
                outcome.containers(),
                outcome.bytes(),
                outcome.damaged(),
                warnings.stream().map(Phrase::english).toList(),
                outcome.empty(),
                retired);
    }

    private void retire(int number) throws IOException {
        changes.retire(number);
        store.changeVolumes(directory.volumeList());
        changes.settle();
    }

    /** A snapshot that needs what is lost. */
    record Damaged(String id, String node) {}

    /**
     * What became of a lost volume.
     *
     * @param fetched containers that were copied from a vault to other volumes; in a dry run, those that a vault has
     * @param archived containers that are read from a vault from now on
     * @param lost containers that are nowhere any more
     * @param chunks that are lost with them
     * @param snapshots that are damaged
     */
    record Replaced(
            int volume,
            boolean dryRun,
            int fetched,
            int archived,
            int lost,
            long chunks,
            List<Damaged> snapshots,
            List<String> warnings) {}

    Replaced replaceLost(TaskSpec.ReplaceLost spec, TaskContext context) throws IOException {
        int number = spec.volume();
        LostVolume work = store.lostVolume();
        if (spec.dryRun()) {
            LostVolume.Outcome plan = work.plan(number);
            List<Damaged> damaged = damaged(plan.lost(), context);
            return new Replaced(number, true, plan.fetched(), 0, plan.lost().size(), 0, damaged, List.of());
        }
        Volume volume = volume(number, Volume.State.LOST);
        LostVolume.Outcome outcome = work.fetch(number, context::step, () -> context.interrupted(PRIORITY));
        List<Damaged> damaged = damaged(outcome.lost(), context);
        for (Damaged each : damaged) {
            context.log(
                    Phrase.of("log.snapshot-damaged").with("snapshot", each.id).with("node", each.node));
        }
        // Told before what is lost is forgotten: a second attempt would find nothing to tell of.
        if (!outcome.lost().isEmpty()) {
            raise(volume, outcome.lost().size(), damaged.size(), context);
        }
        long chunks = work.discard(outcome.lost());
        changes.forget(number);
        store.changeVolumes(directory.volumeList());
        control.audit()
                .append(
                        context.task().requestedBy(),
                        "volume lost",
                        "volume " + number + " " + volume.root(),
                        outcome.fetched() + " containers fetched, " + outcome.archived() + " read from the vault, "
                                + outcome.lost().size() + " lost; " + damaged.size() + " snapshots damaged");
        List<String> warnings = outcome.lost().isEmpty()
                ? List.of()
                : List.of(outcome.lost().size() + " containers are in no vault: " + damaged.size()
                        + " snapshots are damaged. Back up their nodes again: what they still have is stored anew");
        return new Replaced(
                number,
                false,
                outcome.fetched(),
                outcome.archived(),
                outcome.lost().size(),
                chunks,
                damaged,
                warnings);
    }

    /** The snapshots that need some of these containers, or whose lists are in them. */
    private List<Damaged> damaged(List<Integer> lost, TaskContext context) throws IOException {
        if (lost.isEmpty()) {
            return List.of();
        }
        BitSet gone = new BitSet();
        lost.forEach(gone::set);
        List<Damaged> damaged = new ArrayList<>();
        List<StoredSnapshot> all = store.manifests().list();
        NodeNames names = control.nodes().names();
        long done = 0;
        for (StoredSnapshot each : all) {
            context.step("snapshots", done++, all.size());
            if (needs(each, gone)) {
                damaged.add(new Damaged(each.id().toString(), names.of(each.node(), each.nodeName())));
            }
        }
        return damaged;
    }

    private boolean needs(StoredSnapshot snapshot, BitSet gone) {
        try {
            return store.archiving().containersOf(snapshot).intersects(gone);
        } catch (IOException e) {
            // Its lists cannot be read.
            return true;
        }
    }

    private void raise(Volume volume, int containers, int snapshots, TaskContext context) throws IOException {
        control.events()
                .raise(
                        Events.Severity.ALERT,
                        EventKinds.VOLUME_LOST,
                        null,
                        Phrase.of("event.volume-lost")
                                .with(
                                        "containers",
                                        Phrase.of("found.containers").with("count", containers))
                                .with("volume", volume.root().toString())
                                .with("snapshots", Phrase.of("found.snapshots").with("count", snapshots))
                                .with(
                                        "command",
                                        control.command(
                                                "tasks",
                                                "show",
                                                Long.toString(context.task().id()))));
    }
}
