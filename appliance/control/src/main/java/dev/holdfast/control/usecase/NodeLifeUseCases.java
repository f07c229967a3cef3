package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.NameForm;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.NodeLife;
import dev.holdfast.control.db.SnapshotMarks;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskSpecCodec;
import dev.holdfast.control.taskspec.TaskSpecException;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Renames nodes, and ends them: their snapshots are kept for restores, or forgotten with them. */
public final class NodeLifeUseCases {
    private static final String RENAME = "node rename";
    private static final String REMOVE = "node remove";
    private static final String KEEP = "keep";
    private static final String FORGET = "forget";
    /** Of the snapshots that forbid to remove a node. */
    private static final int MOST_NAMED = 20;

    private static final int PRIORITY = 10;

    private final ControlDb control;
    private final Engine engine;
    private final NodeUseCases nodes;
    private final TaskUseCases tasks;
    private final AuditTrail audit;

    NodeLifeUseCases(ControlDb control, Engine engine, NodeUseCases nodes, TaskUseCases tasks) {
        this.control = control;
        this.engine = engine;
        this.nodes = nodes;
        this.tasks = tasks;
        this.audit = new AuditTrail(control);
    }

    public record NewName(@Bound(characters = 255) String name) {}

    /** @param vaults whose rules named nodes, and name this one by its new name too from now on */
    public record Renamed(String before, String after, List<String> vaults) {}

    /**
     * How a node is removed.
     *
     * @param snapshots keep (the node is shown as retired) or forget
     * @param dryRun only says what would be done
     */
    public record Leaving(
            @Bound(characters = 50) String snapshots,
            @Nullable Boolean dryRun) {}

    /**
     * What becomes of a node.
     *
     * @param snapshots that it has
     * @param plans that no longer apply to it
     * @param policy that goes on to apply to its snapshots where they are kept; empty for none
     * @param vaults that have some of its snapshots, and remove them by their own rules
     * @param task the number of the task that forgets the snapshots; null for none
     * @param running whether an appliance runs, which does the task
     */
    public record Left(
            String node,
            String outcome,
            int snapshots,
            List<String> plans,
            String policy,
            List<String> vaults,
            @Nullable Long task,
            boolean running,
            boolean dryRun) {}

    /** Gives a node another name. Its certificate, plans, policy and snapshots stay its own. */
    public Renamed rename(Actor actor, String name, NewName wanted) throws IOException {
        actor.require(Permission.NODES);
        Node node = nodes.find(actor, name);
        // The name may be one that users were given for a node to come.
        actor.requireAllNodes();
        String after = wanted.name == null ? "" : wanted.name;
        NameForm.NODE.require(after);
        String both = node.name() + " to " + after;
        if (after.equals(node.name())) {
            throw audit.refused(
                    actor,
                    RENAME,
                    both,
                    UseCaseException.unchanged(Phrase.of("node.same-name").with("node", name)));
        }
        List<Follower> followers = new ArrayList<>();
        boolean renamed;
        try {
            renamed = control.nodeLife().rename(node.id(), node.name(), after, () -> {
                followers.addAll(inVaults(node.name(), after));
                requireVaults(actor, node.name(), followers);
                return followers.stream().map(Follower::rules).toList();
            });
        } catch (UseCaseException e) {
            throw audit.refused(actor, RENAME, both, e);
        }
        if (!renamed) {
            throw audit.refused(actor, RENAME, both, taken(after));
        }
        audit.allowed(actor, RENAME, both);
        for (Follower each : followers) {
            audit.note(actor, "vault set", each.url, "allowed: also node " + after);
        }
        return new Renamed(
                node.name(),
                after,
                followers.stream().map(each -> each.rules.vault()).toList());
    }

    /** Who may rename nodes alone may not decide what goes off-site. */
    private static void requireVaults(Actor actor, String before, List<Follower> followers) throws UseCaseException {
        if (!followers.isEmpty() && !actor.may(Permission.VAULTS)) {
            throw UseCaseException.forbidden(Phrase.of("node.named-by-vault")
                    .with("vault", followers.getFirst().rules.vault())
                    .with("node", before)
                    .with("what", Permission.VAULTS.words()));
        }
    }

    private static UseCaseException taken(String name) {
        return UseCaseException.conflict(Phrase.of("node.name-taken").with("node", name));
    }

    /** A vault whose rules follow a new name. */
    private record Follower(NodeLife.VaultRules rules, String url) {}

    /**
     * Vaults for some nodes only know snapshots by the name that their node had at the backup: where they want those of the
     * old name, they want those of the new one too.
     */
    private List<Follower> inVaults(String before, String after) throws IOException {
        List<Follower> found = new ArrayList<>();
        for (VaultRow each : control.vaults().list()) {
            VaultSettings settings = VaultSettings.readable(each.settings());
            VaultPolicy policy = settings.policy();
            boolean some = !policy.nodes().isEmpty()
                    && policy.selection().wantsNode(before)
                    && !policy.selection().wantsNode(after);
            if (some && !settings.unreadable()) {
                VaultSettings further = new VaultSettings(settings.file(), settings.oss(), policy.alsoOf(after));
                found.add(new Follower(new NodeLife.VaultRules(each.name(), further.json()), settings.url()));
            }
        }
        return found;
    }

    /**
     * Ends a node's access and its plans. Its snapshots stay, under its policy, or are forgotten by a task. What a crash
     * interrupted is done when this is asked for again.
     */
    public Left remove(Actor actor, String name, Leaving wanted) throws IOException {
        actor.require(Permission.NODES);
        Node node = nodes.find(actor, name);
        boolean forget = forgets(wanted);
        if (forget) {
            actor.require(Permission.DESTROY);
            actor.requireAllNodes();
        }
        List<KnownSnapshot> snapshots = engine.snapshots(node.id());
        boolean done = forget ? node.removedAt() != null && snapshots.isEmpty() : node.retiredAt() != null;
        if (done) {
            Phrase already = forget ? Phrase.of("node.already-removed") : Phrase.of("node.already-retired");
            throw audit.refused(
                    actor,
                    REMOVE,
                    node.name(),
                    UseCaseException.unchanged(already.with("node", name).with("count", snapshots.size())));
        }
        if (forget) {
            requireForgettable(actor, node, snapshots);
        }
        List<String> plans = control.plans().of(node.id());
        String policy = control.policies().of(node.id()).orElse("");
        List<String> vaults = vaultsWith(snapshots);
        boolean dryRun = Boolean.TRUE.equals(wanted.dryRun);
        Long task = dryRun ? null : leave(actor, node, forget, snapshots.size());
        return new Left(
                node.name(),
                forget ? "removed" : "retired",
                snapshots.size(),
                plans,
                policy,
                vaults,
                task,
                engine.running(),
                dryRun);
    }

    private static boolean forgets(Leaving wanted) throws UseCaseException {
        return switch (String.valueOf(wanted.snapshots)) {
            case KEEP -> false;
            case FORGET -> true;
            default ->
                throw UseCaseException.invalid(
                        Phrase.of("node.snapshots-undecided").with("keep", KEEP).with("forget", FORGET));
        };
    }

    /** Returns the task that forgets the snapshots; null where there is nothing to forget. */
    private @Nullable Long leave(Actor actor, Node node, boolean forget, int snapshots) throws IOException {
        if (forget) {
            tasks.requireRoom();
        }
        control.nodeLife().retire(node.id());
        audit.note(
                actor,
                REMOVE,
                node.name(),
                forget ? "allowed: with its " + snapshots + " snapshots" : "allowed: retired, its snapshots stay");
        if (!forget) {
            return null;
        }
        if (snapshots == 0) {
            control.nodeLife().remove(node.id());
            return null;
        }
        return control.tasks()
                .queue(
                        new TaskSpec.RemoveNode(node.id()),
                        "remove node " + node.name() + " and its snapshots",
                        PRIORITY,
                        actor.text());
    }

    private void requireForgettable(Actor actor, Node node, List<KnownSnapshot> snapshots) throws IOException {
        requireNotBeingRemoved(control, node);
        Map<UUID, SnapshotMarks.Mark> marks = control.marks().all();
        long clock = engine.lockClock();
        List<Phrase> kept = new ArrayList<>();
        int more = 0;
        for (KnownSnapshot each : snapshots) {
            SnapshotMarks.Mark mark = marks.getOrDefault(each.id(), SnapshotMarks.Mark.NONE);
            if (mark.why(clock) != null && kept.size() == MOST_NAMED) {
                more++;
            } else if (mark.why(clock) != null) {
                kept.add(mark.keeping(each.id(), clock));
            }
        }
        if (more > 0) {
            kept.add(Phrase.of("node.more-kept").with("count", more));
        }
        if (!kept.isEmpty()) {
            throw audit.refused(
                    actor,
                    REMOVE,
                    node.name(),
                    UseCaseException.conflict(Phrase.of("node.kept").with("snapshots", kept)));
        }
    }

    /** @throws UseCaseException where a task removes the node with its snapshots */
    static void requireNotBeingRemoved(ControlDb control, Node node) throws IOException {
        for (Task each : control.tasks().open(TaskKind.NODE_REMOVE)) {
            if (isAbout(each, node.id())) {
                throw UseCaseException.conflict(Phrase.of("node.being-removed")
                        .with("task", each.id())
                        .with("node", node.name())
                        .with("command", control.command("tasks", "cancel", "" + each.id())));
            }
        }
    }

    private static boolean isAbout(Task task, int node) {
        try {
            return TaskSpecCodec.decodeOwn(task.kind(), task.argument()) instanceof TaskSpec.RemoveNode(int removed)
                    && removed == node;
        } catch (TaskSpecException e) {
            return false;
        }
    }

    private List<String> vaultsWith(List<KnownSnapshot> snapshots) throws IOException {
        Map<UUID, List<String>> offsite = engine.offsite();
        TreeSet<String> vaults = new TreeSet<>();
        for (KnownSnapshot each : snapshots) {
            vaults.addAll(offsite.getOrDefault(each.id(), List.of()));
        }
        return List.copyOf(vaults);
    }
}
