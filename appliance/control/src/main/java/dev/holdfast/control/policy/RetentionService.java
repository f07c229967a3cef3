package dev.holdfast.control.policy;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.SnapshotMarks;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.store.snapshot.Irreplaceable;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Decides which snapshots stay, and is the only one to forget any. Safe for use by several threads. */
public final class RetentionService {
    /** So many snapshots before tell what is usual. */
    static final int ANOMALY_HISTORY = 16;

    private final ControlDb control;
    private final Manifests manifests;
    private final LockClock clock;
    private final Forgetting forgetting;

    /** Told before a snapshot goes. */
    public interface Forgetting {
        void forgetting(StoredSnapshot snapshot) throws IOException;
    }

    /** A snapshot must stay. */
    public static final class KeptException extends PhrasedException {
        KeptException(UUID snapshot, SnapshotMarks.Mark mark, long lockClock) {
            super(phrase(snapshot.toString(), mark, lockClock));
        }

        private static Phrase phrase(String snapshot, SnapshotMarks.Mark mark, long lockClock) {
            if (mark.lockedUntil() <= lockClock && mark.hold() == null) {
                return Phrase.of("task.snapshot-in-use").with("snapshot", snapshot);
            }
            if (mark.lockedUntil() <= lockClock) {
                return Phrase.of("task.snapshot-held")
                        .with("snapshot", snapshot)
                        .with("why", String.valueOf(mark.hold()));
            }
            return mark.compliance()
                    ? Phrase.of("task.snapshot-locked-compliance").with("snapshot", snapshot)
                    : Phrase.of("task.snapshot-locked").with("snapshot", snapshot);
        }
    }

    /** What retention makes of a snapshot; {@code reasons} is empty where it goes. */
    public record Judged(StoredSnapshot snapshot, List<String> reasons) {}

    public RetentionService(ControlDb control, Manifests manifests, LockClock clock, Forgetting forgetting) {
        this.control = control;
        this.manifests = manifests;
        this.clock = clock;
        this.forgetting = forgetting;
    }

    public Policy policy(int node) throws IOException {
        Optional<String> name = control.policies().of(node);
        Optional<String> settings = name.isPresent() ? control.policies().find(name.get()) : Optional.empty();
        return settings.isPresent() ? Policy.parse(settings.get()) : Policy.NONE;
    }

    /** A snapshot is about to be there: it is locked before, where its node's policy says so, and never there unlocked. */
    public void committing(UUID snapshot, int node) throws IOException {
        Policy policy = policy(node);
        if (policy.lockDays() > 0) {
            long until = clock.now() + Duration.ofDays(policy.lockDays()).toMillis();
            control.marks().lock(snapshot, node, until, policy.compliance(), clock.now());
        }
    }

    /**
     * Locks, as their policies say, snapshots made since a moment that no lock is known of: for a database that lost some.
     * Returns how many.
     */
    public int lockAgain(long since) throws IOException {
        Map<UUID, SnapshotMarks.Mark> marks = control.marks().all();
        int locked = 0;
        for (StoredSnapshot each : manifests.list()) {
            Policy policy = policy(each.node());
            long until = each.committed() + Duration.ofDays(policy.lockDays()).toMillis();
            if (each.committed() >= since
                    && policy.lockDays() > 0
                    && !marks.containsKey(each.id())
                    && until > clock.now()) {
                control.marks().lock(each.id(), each.node(), until, policy.compliance(), clock.now());
                locked++;
            }
        }
        return locked;
    }

    /** By the clock of locks; 0 for a snapshot that never was locked. */
    public long lockedUntil(UUID snapshot) throws IOException {
        return control.marks().of(snapshot).lockedUntil();
    }

    /** By the clock of locks. */
    public long now() {
        return clock.now();
    }

    /** A snapshot was taken. What looks like an attack pauses the node's retention, and holds the last snapshot before it. */
    public void committed(StoredSnapshot snapshot) throws IOException {
        Suspicions.Seen now = Suspicions.Seen.of(snapshot);
        // The latest ones, however many there are and however much they say of themselves.
        TreeSet<Suspicions.Seen> latest = new TreeSet<>(Suspicions.NEWEST_FIRST);
        manifests.each(snapshot.node(), each -> {
            Suspicions.Seen other = Suspicions.Seen.of(each);
            if (!each.id().equals(snapshot.id()) && other.sources().equals(now.sources())) {
                latest.add(other);
                if (latest.size() > ANOMALY_HISTORY) {
                    latest.pollLast();
                }
            }
        });
        List<Suspicions.Seen> before = List.copyOf(latest);
        Optional<Phrase> suspicion = Suspicions.of(before, now);
        if (suspicion.isPresent()) {
            Suspicions.Seen clean = Suspicions.clean(before);
            boolean known = control.events().retentionPause(snapshot.node()).isPresent();
            control.events().pauseRetention(snapshot.node(), suspicion.get());
            String node = control.nodes().names().of(snapshot.node(), snapshot.nodeName());
            if (!known) {
                control.marks()
                        .hold(
                                clean.id(),
                                clean.node(),
                                "the last before " + snapshot.id() + ", which looks wrong: "
                                        + suspicion.get().english());
            }
            control.events()
                    .raise(
                            Events.Severity.ALERT,
                            EventKinds.RETENTION_PAUSE,
                            snapshot.node(),
                            Phrase.of("event.retention-paused")
                                    .with("reason", suspicion.get())
                                    .with("snapshot", snapshot.id().toString())
                                    .with("clean", clean.id().toString())
                                    .with("command", control.command("node", "release", node)));
            control.audit()
                    .append(
                            "appliance",
                            "retention pause",
                            node,
                            suspicion.get().english());
        }
    }

    /** What retention makes of all snapshots, by the policies of their nodes; locks and holds counted in. */
    public List<Judged> judge(ZoneId zone) throws IOException {
        return judge(zone, Map.of());
    }

    /** The same, as if some nodes had other policies. */
    public List<Judged> judge(ZoneId zone, Map<Integer, Policy> supposed) throws IOException {
        Map<UUID, SnapshotMarks.Mark> marks = control.marks().all();
        Map<Series, List<StoredSnapshot>> series = new LinkedHashMap<>();
        List<Irreplaceable.Candidate> candidates = new ArrayList<>();
        for (StoredSnapshot each : manifests.list()) {
            Irreplaceable.Candidate candidate = Irreplaceable.Candidate.of(each);
            candidates.add(candidate);
            series.computeIfAbsent(new Series(each.node(), candidate.sources()), key -> new ArrayList<>())
                    .add(each);
        }
        Map<UUID, String> irreplaceable = Irreplaceable.among(candidates);
        Map<Integer, Policy> policies = new HashMap<>();
        Map<Integer, String> paused = new HashMap<>();
        List<Judged> judged = new ArrayList<>();
        for (Map.Entry<Series, List<StoredSnapshot>> each : series.entrySet()) {
            int node = each.getKey().node;
            if (!policies.containsKey(node)) {
                Policy other = supposed.get(node);
                policies.put(node, other == null ? policy(node) : other);
                control.events().retentionPause(node).ifPresent(pause -> paused.put(node, pause.reason()));
            }
            Retention keep = policies.getOrDefault(node, Policy.NONE).keep();
            for (Retention.Verdict<StoredSnapshot> verdict :
                    keep.judge(each.getValue(), StoredSnapshot::committed, zone, clock.now())) {
                List<String> reasons = new ArrayList<>(verdict.reasons());
                String why = marks.getOrDefault(verdict.snapshot().id(), SnapshotMarks.Mark.NONE)
                        .why(clock.now());
                if (why != null) {
                    reasons.add(why);
                }
                if (paused.containsKey(node)) {
                    reasons.add("retention paused: " + paused.get(node));
                }
                String last = irreplaceable.get(verdict.snapshot().id());
                if (reasons.isEmpty() && last != null) {
                    reasons.add(last);
                }
                judged.add(new Judged(verdict.snapshot(), List.copyOf(reasons)));
            }
        }
        return judged;
    }

    private record Series(int node, List<TreePath> sources) {}

    /** Why a snapshot must stay whoever wants to remove it, or null. */
    public @Nullable String why(UUID snapshot) throws IOException {
        return control.marks().of(snapshot).why(clock.now());
    }

    /** Whether no rule of any vault may remove a snapshot now: it is held or locked, or its node's retention is paused. */
    public boolean mustStay(int node, UUID snapshot) throws IOException {
        return why(snapshot) != null || control.events().retentionPause(node).isPresent();
    }

    /**
     * Forgets a snapshot for good.
     *
     * @throws KeptException where it is held, locked or in use
     */
    public void forget(StoredSnapshot snapshot, String actor) throws IOException {
        SnapshotMarks.Mark mark = control.marks().of(snapshot.id());
        long now = clock.now();
        String why = mark.why(now);
        if (why != null) {
            control.audit().append(actor, "forget", snapshot.id().toString(), "refused: " + why);
            throw new KeptException(snapshot.id(), mark, now);
        }
        if (!control.marks().forgetting(snapshot.id())) {
            // Since the check above, an instant recovery began to use it, or another thread began to forget it.
            throw new KeptException(snapshot.id(), control.marks().of(snapshot.id()), now);
        }
        try {
            control.audit().append(actor, "forget", snapshot.id().toString(), "allowed");
            forgetting.forgetting(snapshot);
            manifests.forget(snapshot);
            control.marks().forget(snapshot.id());
            control.damage().forget(snapshot.id());
        } finally {
            control.marks().forgotten(snapshot.id());
        }
    }
}
