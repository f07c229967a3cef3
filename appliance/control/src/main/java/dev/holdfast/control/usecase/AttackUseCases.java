package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.PauseAnswers;
import dev.holdfast.control.db.SnapshotMarks;
import dev.holdfast.control.db.SuspensionTable;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.policy.ChangeHistory;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Backups that looked like an attack: what was seen, which snapshots are from before it, and what users answer. */
public final class AttackUseCases {
    private static final int MOST_MACHINES = 500;
    private static final int SHOWN_RUNS = 30;
    private static final int SHOWN_SOURCES = 20;
    private static final int SHOWN_CHARACTERS = 200;
    private static final int MOST_REASON_CHARACTERS = 500;
    /** Of snapshots from since the attack, which an answer holds. */
    private static final int MOST_HELD = 100;

    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;
    private final PauseAnswers answers;
    private final AuditTrail audit;

    AttackUseCases(ControlDb control, Engine engine, NodeUseCases nodes) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
        this.answers = new PauseAnswers(control);
        this.audit = new AuditTrail(control);
    }

    /**
     * A machine whose backup looked like an attack, or whose client sent what no client sends.
     *
     * @param pausedSince from then on policies forget none of its snapshots; null where they do
     * @param reason what was seen; empty where retention is not paused
     * @param phrase the reason for other languages; null where it has no code
     * @param suspendedSince from then on no backups are taken from it; null where they are
     * @param suspended why, empty where they are
     * @param suspendedPhrase the same for other languages; null where it has no code
     * @param confirmed who said that it is an attack; null where nobody has
     */
    public record Machine(
            String node,
            @Nullable Instant pausedSince,
            String reason,
            @Nullable Phrase phrase,
            @Nullable Instant suspendedSince,
            String suspended,
            @Nullable Phrase suspendedPhrase,
            PauseAnswers.@Nullable Answer confirmed) {
        private boolean quiet() {
            return pausedSince == null && suspendedSince == null;
        }
    }

    /** @param more whether there are more than are told */
    public record Machines(List<Machine> machines, boolean more) {}

    /**
     * A backup beside those before it.
     *
     * @param files and {@code bytes}: how many it has
     * @param changed the share of the files that were not taken over from the snapshot before, 0 to 1
     * @param replaced the share of the content before that new content took the place of, 0 to 1
     * @param compressed what new content compressed to, 0 to 1; encrypted data stays as it is
     * @param suspicion what looked wrong; empty where nothing did
     * @param kept why policies or users cannot remove it, empty where they can
     * @param suspicious whether it is the one that looked like an attack, or a later one
     */
    public record Run(
            UUID snapshot,
            Instant taken,
            List<String> sources,
            ChangeHistory.Figure files,
            ChangeHistory.Figure bytes,
            ChangeHistory.Figure changed,
            ChangeHistory.Figure replaced,
            ChangeHistory.Figure compressed,
            String suspicion,
            String kept,
            boolean suspicious) {}

    /**
     * What was seen on a machine.
     *
     * @param suspect the snapshot that looked like an attack; null where none did, or where it is not there any more
     * @param clean the newest snapshot with data from before it, of the same sources; null where there is none
     * @param snapshots how many the machine has, and {@code held} how many of them nobody can remove now
     * @param runs the newest backups, the oldest of them first
     */
    public record Attack(
            Machine machine,
            @Nullable Run suspect,
            @Nullable Run clean,
            int snapshots,
            int held,
            List<Run> runs) {}

    /** @param reason why, for those who read the audit log */
    public record Confirmation(
            @Bound(characters = MOST_REASON_CHARACTERS) String reason) {}

    /** @param held how many snapshots are held since */
    public record Confirmed(int held) {}

    /** All machines that wait for an answer, or have one. */
    public Machines list(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        List<Machine> found = new ArrayList<>();
        for (Node each : control.nodes().list()) {
            if (actor.sees(each.name())) {
                Machine machine = machine(each);
                if (!machine.quiet()) {
                    found.add(machine);
                }
            }
        }
        boolean more = found.size() > MOST_MACHINES;
        return new Machines(more ? found.subList(0, MOST_MACHINES) : found, more);
    }

    private Machine machine(Node node) throws IOException {
        Optional<Events.Pause> pause = control.events().retentionPause(node.id());
        Optional<SuspensionTable.Suspension> suspension = control.suspensions().find(node.id());
        return new Machine(
                node.name(),
                pause.map(Events.Pause::since).orElse(null),
                pause.map(Events.Pause::reason).orElse(""),
                pause.map(Events.Pause::phrase).orElse(null),
                suspension.map(each -> Instant.ofEpochMilli(each.since())).orElse(null),
                suspension.map(SuspensionTable.Suspension::reason).orElse(""),
                suspension.map(SuspensionTable.Suspension::phrase).orElse(null),
                pause.isPresent() ? answers.of(node.id(), pause.get()).orElse(null) : null);
    }

    /** How much the backups of a machine changed lately, and what was seen, whether or not it waits for an answer. */
    public Attack attack(Actor actor, String name) throws IOException {
        actor.require(Permission.VIEW);
        Node node = nodes.find(actor, name);
        Machine machine = machine(node);
        Map<UUID, SnapshotMarks.Mark> marks = control.marks().all();
        long clock = engine.lockClock();
        List<StoredSnapshot> stored = engine.snapshots(node.id()).stream()
                .map(KnownSnapshot::stored)
                .filter(Objects::nonNull)
                .toList();
        List<ChangeHistory.Run> seen = ChangeHistory.of(stored, SHOWN_RUNS);
        Optional<ChangeHistory.Run> suspect = suspect(seen, machine.pausedSince);
        long from = suspect.map(ChangeHistory.Run::committed).orElse(Long.MAX_VALUE);
        List<Run> runs = new ArrayList<>();
        for (ChangeHistory.Run each : seen) {
            runs.add(shown(each, marks.getOrDefault(each.snapshot(), SnapshotMarks.Mark.NONE), clock, from));
        }
        int held = (int) stored.stream()
                .filter(each -> machine.pausedSince != null
                        || marks.getOrDefault(each.id(), SnapshotMarks.Mark.NONE)
                                        .why(clock)
                                != null)
                .count();
        return new Attack(
                machine,
                suspect.map(each -> find(runs, each)).orElse(null),
                suspect.flatMap(each -> clean(seen, each))
                        .map(each -> find(runs, each))
                        .orElse(null),
                stored.size(),
                held,
                runs);
    }

    /** The pause begins a moment after the snapshot is there. */
    private static Optional<ChangeHistory.Run> suspect(List<ChangeHistory.Run> seen, @Nullable Instant since) {
        return since == null
                ? Optional.empty()
                : seen.reversed().stream()
                        .filter(each -> each.committed() <= since.toEpochMilli())
                        .filter(each -> !each.suspicion().isEmpty())
                        .findFirst();
    }

    private static Optional<ChangeHistory.Run> clean(List<ChangeHistory.Run> seen, ChangeHistory.Run suspect) {
        return seen.reversed().stream()
                .filter(each -> each.committed() < suspect.committed())
                .filter(each -> each.sources().equals(suspect.sources()))
                .filter(ChangeHistory.Run::hasData)
                .findFirst();
    }

    private static @Nullable Run find(List<Run> runs, ChangeHistory.Run wanted) {
        return runs.stream()
                .filter(each -> each.snapshot.equals(wanted.snapshot()))
                .findFirst()
                .orElse(null);
    }

    private static Run shown(ChangeHistory.Run run, SnapshotMarks.Mark mark, long clock, long from) {
        String why = mark.why(clock);
        return new Run(
                run.snapshot(),
                Instant.ofEpochMilli(run.committed()),
                run.sources().stream()
                        .limit(SHOWN_SOURCES)
                        .map(each -> AuditTrail.cut(each.toString(), SHOWN_CHARACTERS))
                        .toList(),
                run.files(),
                run.bytes(),
                run.changed(),
                run.replaced(),
                run.compressed(),
                run.suspicion(),
                why == null ? "" : why,
                run.committed() >= from);
    }

    /**
     * It is an attack: retention stays paused until a user releases it, and neither the last snapshot from before nor those
     * since, which show what was done, can be removed by anybody before their hold is released.
     */
    public Confirmed confirm(Actor actor, String name, Confirmation wanted) throws IOException {
        actor.require(Permission.PROTECT);
        Node node = nodes.find(actor, name);
        String reason = Objects.requireNonNullElse(wanted.reason, "").strip();
        if (reason.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("attack.no-reason").with("most", MOST_REASON_CHARACTERS));
        }
        Optional<Events.Pause> pause = control.events().retentionPause(node.id());
        if (pause.isEmpty()) {
            throw audit.refused(actor, "attack", node.name(), NodeUseCases.retentionNotPaused(name));
        }
        Attack attack = attack(actor, name);
        int held = 0;
        List<Run> evidence = new ArrayList<>(attack.runs.reversed().stream()
                .filter(Run::suspicious)
                .limit(MOST_HELD)
                .toList());
        if (attack.clean != null) {
            evidence.add(attack.clean);
        }
        for (Run each : evidence) {
            if (control.marks().of(each.snapshot).hold() == null) {
                String what = each.suspicious ? "since an attack" : "the last before an attack";
                control.marks().hold(each.snapshot, node.id(), AuditTrail.cut(what + ": " + reason, 450));
            }
            held++;
        }
        answers.put(node.id(), pause.get(), new PauseAnswers.Answer(actor.text(), Instant.now(), reason));
        audit.note(actor, "attack", node.name(), "confirmed, " + held + " snapshots held: " + reason);
        return new Confirmed(held);
    }
}
