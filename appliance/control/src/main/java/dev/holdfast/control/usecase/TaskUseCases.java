package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.Part;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.db.TaskFilter;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskSpecCodec;
import dev.holdfast.control.taskspec.TaskSpecException;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tasks: what nodes and the appliance did, do, and have before them. */
public final class TaskUseCases {
    /** What may be queued by name; snapshots are forgotten by {@link SnapshotUseCases#forget}. */
    private static final Map<TaskKind, String> KINDS = Map.of(
            TaskKind.RETENTION_PREVIEW, "what retention would do",
            TaskKind.RETENTION, "forget by policy",
            TaskKind.GC, "collect garbage",
            TaskKind.GC_PREVIEW, "look for garbage",
            TaskKind.USAGE, "count usage",
            TaskKind.SCRUB, "read containers again");

    /** These forget snapshots or need a token's owner himself, so that a role that only operates may not queue them. */
    private static final Set<TaskKind> DESTROYING = Set.of(TaskKind.RETENTION);

    private static final int MOST_QUEUED = 5000;
    private static final int PRIORITY = 10;
    private static final int EXPORTED_AT_ONCE = 1000;

    private final ControlDb control;
    private final NodeUseCases nodes;
    private final AuditTrail audit;

    TaskUseCases(ControlDb control, NodeUseCases nodes) {
        this.control = control;
        this.nodes = nodes;
        this.audit = new AuditTrail(control);
    }

    /** @param next to be given as 'before' for those behind, 0 at the end */
    public record TaskList(List<TaskView> tasks, long next) {}

    /** @param etaSeconds -1 where it is not known */
    public record Shown(TaskView task, long etaSeconds, List<TaskView.Line> log) {}

    /**
     * A task of the appliance's own.
     *
     * @param all for a scrub: everything, rather than the next thirtieth
     * @param liveBelowPercent for a collection: which containers are emptied, those with less live data; 60 where missing
     * @param graceHours for a collection: younger containers are left alone; 24 where missing
     */
    public record Wanted(
            @Bound(characters = 50) String kind,
            @Nullable Boolean all,
            @Nullable Integer liveBelowPercent,
            @Nullable Integer graceHours) {}

    /** @param task its number */
    public record Queued(long task) {}

    /** @param tasks their numbers */
    public record QueuedAll(List<Long> tasks) {}

    /**
     * Which tasks a list has.
     *
     * @param state a state's name, empty for all; so are kind, node, plan, the node's tag, and part of the description or
     *     reason
     * @param since when they were asked for or began at the earliest; null for all
     */
    public record Filter(
            String state,
            String kind,
            String node,
            String plan,
            String tag,
            String text,
            @Nullable Instant since) {}

    /** Whoever sees some nodes only is not told of what others' snapshots a node is given back, unless he ordered it. */
    private static boolean isRedacted(Actor actor, TaskView task) {
        boolean own = task.requestedBy().equals("user " + actor.name())
                || task.requestedBy().equals("user " + actor.name() + " by token");
        return !actor.seesAll() && !own && task.kind().equals(TaskKind.RESTORE.text());
    }

    /** A task as an actor may see it. */
    public static TaskView shown(Actor actor, TaskView task) {
        return isRedacted(actor, task) ? task.redacted() : task;
    }

    /** What waits is bounded, whoever orders it. */
    void requireRoom() throws IOException {
        if (control.tasks().countQueued() >= MOST_QUEUED) {
            throw UseCaseException.conflict(Phrase.of("task.limit").with("most", MOST_QUEUED));
        }
    }

    public TaskList list(Actor actor, Filter filter, ListPart part) throws IOException {
        actor.require(Permission.VIEW);
        List<Task> page = control.taskHistory().page(checked(filter), actor.nodes(), part.part());
        long next = page.size() < part.limit() ? 0 : page.getLast().id();
        return new TaskList(
                page.stream().map(task -> shown(actor, TaskView.of(task))).toList(), next);
    }

    /** All tasks of a list, whatever its length. */
    public void export(Actor actor, Filter filter, boolean oldest, ListSink<TaskView> sink) throws IOException {
        actor.require(Permission.VIEW);
        TaskFilter asked = checked(filter);
        audit.read(actor, "export tasks", "");
        Part part = new ListPart(oldest, null, EXPORTED_AT_ONCE).part();
        List<Task> page = control.taskHistory().page(asked, actor.nodes(), part);
        while (!page.isEmpty()) {
            for (Task each : page) {
                sink.take(shown(actor, TaskView.of(each)));
            }
            page = control.taskHistory()
                    .page(asked, actor.nodes(), part.behind(page.getLast().id()));
        }
    }

    private static TaskFilter checked(Filter filter) throws UseCaseException {
        TaskState state = filter.state.isEmpty() ? null : state(filter.state);
        if (!filter.kind.isEmpty() && TaskKind.of(filter.kind).isEmpty()) {
            throw UseCaseException.invalid(Choices.refusal(
                    "kind of tasks",
                    filter.kind,
                    Arrays.stream(TaskKind.values()).map(TaskKind::text).toList()));
        }
        return new TaskFilter(
                state,
                filter.kind,
                filter.node,
                filter.plan,
                filter.tag.toLowerCase(Locale.ROOT),
                filter.text,
                filter.since);
    }

    private static TaskState state(String text) throws UseCaseException {
        return Arrays.stream(TaskState.values())
                .filter(each -> each.text().equals(text.toLowerCase(Locale.ROOT)))
                .findFirst()
                .orElseThrow(() -> UseCaseException.invalid(Choices.refusal(
                        "state of tasks",
                        text,
                        Arrays.stream(TaskState.values()).map(TaskState::text).toList())));
    }

    private Task find(Actor actor, long id) throws IOException {
        return control.tasks()
                .find(id)
                .filter(task -> actor.seesWhatBelongsTo(task.node()))
                .orElseThrow(() ->
                        UseCaseException.notFound(Phrase.of("task.unknown").with("task", id)));
    }

    public Shown show(Actor actor, long id) throws IOException {
        actor.require(Permission.VIEW);
        Task task = find(actor, id);
        TaskView view = TaskView.of(task);
        return new Shown(
                shown(actor, view),
                view.etaSeconds(),
                isRedacted(actor, view)
                        ? List.of()
                        : control.tasks().log(id).stream()
                                .map(TaskView.Line::of)
                                .toList());
    }

    /** Queues a task of the appliance's own. */
    public Queued queue(Actor actor, Wanted wanted) throws IOException {
        actor.require(Permission.OPERATE);
        actor.requireAllNodes();
        TaskKind kind = wanted.kind == null ? null : TaskKind.of(wanted.kind).orElse(null);
        String description = kind == null ? null : KINDS.get(kind);
        if (kind == null || description == null) {
            throw UseCaseException.invalid(Phrase.of("task.kind")
                    .with(
                            "kinds",
                            KINDS.keySet().stream()
                                    .map(TaskKind::text)
                                    .sorted()
                                    .toList()
                                    .toString()));
        }
        if (DESTROYING.contains(kind)) {
            actor.require(Permission.DESTROY);
        }
        requireRoom();
        boolean all = wanted.all != null && wanted.all;
        long id = control.tasks()
                .queue(
                        spec(kind, wanted, all),
                        all ? "read all containers again" : description,
                        PRIORITY,
                        actor.text());
        audit.note(actor, wanted.kind, "task " + id, "queued");
        return new Queued(id);
    }

    private static TaskSpec.Own spec(TaskKind kind, Wanted wanted, boolean all) throws UseCaseException {
        TaskSpec.Selection selection;
        try {
            selection = new TaskSpec.Selection(wanted.liveBelowPercent, wanted.graceHours);
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        return switch (kind) {
            case RETENTION -> new TaskSpec.Retention();
            case RETENTION_PREVIEW -> new TaskSpec.RetentionPreview();
            case GC -> new TaskSpec.Collect(selection);
            case GC_PREVIEW -> new TaskSpec.CollectPreview(selection);
            case USAGE -> new TaskSpec.CountUsage();
            case SCRUB -> new TaskSpec.Scrub(all, List.of());
            case FORGET,
                    AUDIT_PRUNE,
                    DRAIN,
                    VOLUME_LOST,
                    NODE_REMOVE,
                    UPLOAD,
                    BACKUP,
                    RESTORE,
                    VERIFY,
                    DRILL,
                    BOOT,
                    UPGRADE -> throw new IllegalStateException(kind + " is not queued by name");
        };
    }

    /** Takes back a task that waits, or tells one that runs to end. */
    public void cancel(Actor actor, long id) throws IOException {
        actor.require(Permission.OPERATE);
        Task task = find(actor, id);
        if (!control.tasks().cancel(task.id())) {
            throw audit.refused(
                    actor,
                    "task cancel",
                    Long.toString(id),
                    UseCaseException.unchanged(Phrase.of("task.not-cancellable").with("task", id)));
        }
        audit.allowed(actor, "task cancel", Long.toString(id));
    }

    /** Does once more what a task did that was asked for and has ended. */
    public Queued retry(Actor actor, long id) throws IOException {
        actor.require(Permission.OPERATE);
        Task task = find(actor, id);
        boolean asked = task.node().isEmpty()
                ? KINDS.keySet().stream().anyMatch(kind -> task.is(kind) && !DESTROYING.contains(kind))
                : !task.requestedBy().isEmpty();
        if (!task.state().ended() || !asked) {
            throw UseCaseException.conflict(Phrase.of("task.not-to-retry"));
        }
        if (task.is(TaskKind.RESTORE) && (!actor.may(Permission.RESTORE) || !actor.seesAll())) {
            // Its snapshot may be another node's.
            throw UseCaseException.forbidden(Phrase.of("task.restore-again"));
        }
        if (task.node().isEmpty()) {
            actor.requireAllNodes();
        }
        Node node = task.node().isEmpty() ? null : nodes.findActive(actor, task.node());
        requireRoom();
        long again = again(actor, task, node);
        audit.note(actor, "task retry", Long.toString(id), "task " + again);
        return new Queued(again);
    }

    private long again(Actor actor, Task task, @Nullable Node node) throws IOException {
        try {
            if (node == null) {
                TaskSpec.Own spec = TaskSpecCodec.decodeOwn(task.kind(), task.argument());
                return control.tasks().queue(spec, task.description(), PRIORITY, actor.text());
            }
            if (TaskSpecCodec.decodeOrder(task.kind(), task.argument()) instanceof TaskSpec.Restore restore) {
                // The node may allow less than when the task was ordered.
                RestoreTargets.require(control, node, restore.target());
            }
            return Orders.again(control, node.id(), task, actor.text());
        } catch (TaskSpecException e) {
            throw UseCaseException.conflict(
                    Phrase.of("task.no-retry").with("task", task.id()).with("reason", e));
        }
    }

    /** Pauses a backup or the drain of a volume, or resumes it. */
    public void pause(Actor actor, long id, boolean paused) throws IOException {
        actor.require(Permission.OPERATE);
        String action = paused ? "task pause" : "task resume";
        find(actor, id);
        if (!control.orders().pause(id, paused) && !control.tasks().pause(id, paused)) {
            throw audit.refused(
                    actor,
                    action,
                    Long.toString(id),
                    UseCaseException.unchanged(Phrase.of("task.not-pausable").with("task", id)));
        }
        audit.allowed(actor, action, Long.toString(id));
    }
}
