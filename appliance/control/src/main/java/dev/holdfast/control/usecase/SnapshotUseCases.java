package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.browse.DamagedPaths;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.SnapshotMarks;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Snapshots: which there are, what protects them, and orders that bring them back or verify them. */
public final class SnapshotUseCases {
    private static final int MOST_LOCK_DAYS = 36_500;
    private static final int MOST_HOLD_CHARACTERS = 500;
    private static final int SHOWN_SOURCES = 100;
    private static final int SHOWN_SOURCE_CHARACTERS = 1000;
    /** Of the texts in one page. */
    private static final long MOST_CHARACTERS = 1 << 20;

    private static final int MOST_PER_FORGET = 1000;

    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;
    private final TaskUseCases tasks;
    private final SnapshotFinder finder;
    private final AuditTrail audit;

    SnapshotUseCases(ControlDb control, Engine engine, NodeUseCases nodes, TaskUseCases tasks, SnapshotFinder finder) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
        this.tasks = tasks;
        this.finder = finder;
        this.audit = new AuditTrail(control);
    }

    /**
     * A snapshot.
     *
     * @param files and {@code bytes} and {@code problems} as its client counted them; -1 where no appliance runs, since the
     *     index has them
     * @param kept why it cannot be forgotten, empty where it can
     * @param vaults that have it, by name
     * @param storedBytes and {@code ownBytes} as the last count of usage had them, -1 before
     * @param damaged how many of its files are known to be damaged
     */
    public record Snapshot(
            UUID id,
            String node,
            Instant taken,
            List<String> sources,
            long files,
            long bytes,
            long problems,
            String kept,
            @Nullable Instant lockedUntil,
            List<String> vaults,
            long storedBytes,
            long ownBytes,
            long damaged) {}

    /** @param next to be given as 'before' for those behind, null at the end */
    public record SnapshotList(
            List<Snapshot> snapshots, @Nullable Instant next) {}

    public record Hold(
            @Bound(characters = MOST_HOLD_CHARACTERS) String why) {}

    public record Lock(int days, boolean compliance) {}

    /** @param ids of snapshots, or the beginnings of them */
    public record Ids(
            @Bound(characters = 36, items = MOST_PER_FORGET) List<String> ids) {}

    /**
     * The newest first.
     *
     * @param before only those that were taken earlier, null for all
     * @param since only those that were taken then or later, null for all
     * @param node empty for all
     */
    public SnapshotList list(Actor actor, @Nullable Instant before, @Nullable Instant since, String node, int limit)
            throws IOException {
        actor.require(Permission.VIEW);
        long earlier = before == null ? Long.MAX_VALUE : before.toEpochMilli();
        long first = since == null ? Long.MIN_VALUE : since.toEpochMilli();
        Map<UUID, SnapshotMarks.Mark> marks = control.marks().all();
        Map<UUID, UsageTable.OfSnapshot> usage = control.usage().snapshots();
        Map<UUID, List<String>> offsite = engine.offsite();
        Map<UUID, Long> damaged = control.damage().bySnapshot();
        List<Snapshot> page = new ArrayList<>();
        long characters = 0;
        long last = 0;
        for (KnownSnapshot each : engine.snapshots().reversed()) {
            if (each.committed() >= earlier
                    || each.committed() < first
                    || !actor.sees(each.nodeName())
                    || !node.isEmpty() && !node.equals(each.nodeName())) {
                continue;
            }
            // Those of one moment are on one page: the next begins before a moment.
            if ((page.size() >= limit || characters > MOST_CHARACTERS) && each.committed() < last) {
                return new SnapshotList(page, page.getLast().taken());
            }
            last = each.committed();
            Snapshot shown = view(
                    each,
                    marks.getOrDefault(each.id(), SnapshotMarks.Mark.NONE),
                    usage.get(each.id()),
                    offsite.getOrDefault(each.id(), List.of()),
                    damaged.getOrDefault(each.id(), 0L));
            page.add(shown);
            characters += shown.kept.length()
                    + shown.sources.stream().mapToLong(String::length).sum();
        }
        return new SnapshotList(page, null);
    }

    /** @param id of the snapshot, or the beginning of it */
    public Snapshot show(Actor actor, String id) throws IOException {
        actor.require(Permission.VIEW);
        KnownSnapshot found = finder.find(actor, id);
        return view(
                found,
                control.marks().of(found.id()),
                control.usage().snapshots().get(found.id()),
                engine.offsite().getOrDefault(found.id(), List.of()),
                control.damage().bySnapshot().getOrDefault(found.id(), 0L));
    }

    private Snapshot view(
            KnownSnapshot snapshot,
            SnapshotMarks.Mark mark,
            UsageTable.@Nullable OfSnapshot usage,
            List<String> vaults,
            long damaged)
            throws IOException {
        SnapshotSummary summary = snapshot.summary();
        String why = mark.why(engine.lockClock());
        return new Snapshot(
                snapshot.id(),
                snapshot.nodeName(),
                Instant.ofEpochMilli(snapshot.committed()),
                summary == null
                        ? List.of()
                        : summary.sources().stream()
                                .limit(SHOWN_SOURCES)
                                .map(each -> AuditTrail.cut(each.toString(), SHOWN_SOURCE_CHARACTERS))
                                .toList(),
                summary == null ? -1 : summary.counts().files(),
                summary == null ? -1 : summary.counts().bytes(),
                summary == null ? -1 : summary.counts().problems(),
                why == null ? "" : why,
                Moments.ofMillis(mark.lockedUntil()),
                vaults,
                usage == null ? -1 : usage.stored(),
                usage == null ? -1 : usage.own(),
                damaged);
    }

    /** What of a snapshot is known to be damaged. */
    static DamagedPaths damaged(ControlDb control, UUID snapshot) throws IOException {
        return new DamagedPaths(control.damage().ofSnapshot(snapshot));
    }

    /** Keeps a snapshot until it is released. */
    public void hold(Actor actor, String id, Hold hold) throws IOException {
        actor.require(Permission.PROTECT);
        KnownSnapshot snapshot = finder.find(actor, id);
        if (hold.why == null || hold.why.isBlank() || hold.why.length() > MOST_HOLD_CHARACTERS) {
            throw UseCaseException.invalid(Phrase.of("snapshot.hold-reason").with("most", MOST_HOLD_CHARACTERS));
        }
        control.marks().hold(snapshot.id(), snapshot.node(), hold.why);
        audit.note(actor, "hold", snapshot.id().toString(), hold.why);
    }

    /** Releases the hold. Locks stay. */
    public void release(Actor actor, String id) throws IOException {
        actor.require(Permission.DESTROY);
        KnownSnapshot snapshot = finder.find(actor, id);
        control.marks().hold(snapshot.id(), snapshot.node(), null);
        audit.allowed(actor, "release", snapshot.id().toString());
    }

    /** Locks a snapshot for days from now. */
    public void lock(Actor actor, String id, Lock lock) throws IOException {
        actor.require(Permission.PROTECT);
        KnownSnapshot snapshot = finder.find(actor, id);
        if (lock.days < 0 || lock.days > MOST_LOCK_DAYS) {
            throw UseCaseException.invalid(Phrase.of("snapshot.lock-days").with("most", MOST_LOCK_DAYS));
        }
        // Making a lock protects; making it shorter is another matter.
        long clock = engine.lockClock();
        long until = clock + Duration.ofDays(lock.days).toMillis();
        boolean shorter = control.marks().of(snapshot.id()).lockedUntil() > until;
        String wanted = lock.days + " days" + (lock.compliance ? ", compliance" : "");
        if ((shorter || lock.compliance) && !actor.may(Permission.DESTROY)) {
            throw UseCaseException.forbidden(Phrase.of("snapshot.lock-role"));
        }
        if (!control.marks().lock(snapshot.id(), snapshot.node(), until, lock.compliance, clock)) {
            throw audit.refused(
                    actor,
                    "lock",
                    snapshot.id().toString(),
                    UseCaseException.conflict(Phrase.of("snapshot.lock-compliance")
                            .with("snapshot", snapshot.id().toString())));
        }
        audit.note(actor, "lock", snapshot.id().toString(), "allowed: " + wanted);
    }

    /** Forgets a snapshot for good, where nothing protects it. */
    public void forget(Actor actor, String id) throws IOException {
        actor.require(Permission.DESTROY);
        StoredSnapshot snapshot = finder.stored(finder.find(actor, id));
        try {
            engine.retention().forget(snapshot, actor.text());
        } catch (RetentionService.KeptException e) {
            throw UseCaseException.conflict(e.phrase());
        }
    }

    /** Which snapshots would be forgotten: all that are named, or an error where something protects one. */
    public List<UUID> forgettable(Actor actor, Ids wanted) throws IOException {
        actor.require(Permission.DESTROY);
        if (wanted.ids == null || wanted.ids.isEmpty()) {
            throw UseCaseException.invalid(Phrase.of("snapshot.none-named"));
        }
        List<UUID> found = new ArrayList<>();
        List<Phrase> kept = new ArrayList<>();
        long clock = engine.lockClock();
        for (String each : wanted.ids) {
            KnownSnapshot snapshot = finder.find(actor, each);
            SnapshotMarks.Mark mark = control.marks().of(snapshot.id());
            String why = mark.why(clock);
            if (why != null) {
                kept.add(mark.keeping(snapshot.id(), clock));
                audit.note(actor, "forget", snapshot.id().toString(), "refused: " + why);
            }
            found.add(snapshot.id());
        }
        if (!kept.isEmpty()) {
            throw UseCaseException.conflict(Phrase.of("snapshot.kept").with("reasons", kept));
        }
        return found;
    }

    /** Queues a task that forgets several snapshots: of several all go, or none. */
    public TaskUseCases.Queued forgetAll(Actor actor, Ids wanted) throws IOException {
        List<UUID> ids = List.copyOf(forgettable(actor, wanted));
        actor.requireAllNodes();
        tasks.requireRoom();
        long task = control.tasks()
                .queue(new TaskSpec.Forget(ids), "forget " + ids.size() + " snapshots", 10, actor.text());
        return new TaskUseCases.Queued(task);
    }

    /** Orders the snapshot's node to verify it end to end. */
    public TaskUseCases.Queued verify(Actor actor, String id) throws IOException {
        actor.require(Permission.OPERATE);
        KnownSnapshot snapshot = finder.find(actor, id);
        Node node = nodes.findActive(actor, snapshot.nodeName());
        tasks.requireRoom();
        long task = Orders.verify(control, node.id(), snapshot.id(), actor.text());
        audit.note(actor, "verify", snapshot.id().toString(), "ordered, task " + task);
        return new TaskUseCases.Queued(task);
    }
}
