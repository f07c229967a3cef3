package dev.holdfast.control.plan;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.EventKinds;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.db.OrderTable;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Brings orders to the services of clients, and takes down what becomes of them. A node does one backup at a time, and all
 * nodes together no more than the appliance's profile allows. Safe for use by several threads.
 */
public final class Dispatcher {
    private static final System.Logger LOG = System.getLogger(Dispatcher.class.getName());
    /** A node that is away for longer has dropped what it did. */
    private static final long AWAY_NANOS = 15L * 60 * 1_000_000_000;

    private final ControlDb control;
    private final int most;
    private final Ending ending;
    private final UpgradeTurns upgrades;
    private final Map<Integer, Present> present = new HashMap<>();
    private final Map<Integer, Long> awaySince = new HashMap<>();
    private final long began = System.nanoTime();

    /** The way to a client's service. */
    public interface Attendant {
        void order(long task, Job job);

        /** What the service is, such as {@code holdfast/1.0}; empty where it did not say. */
        default String software() {
            return "";
        }
    }

    /** Told of each order that is done, before its task is. */
    public interface Ending {
        void done(Task task, int node, String result) throws IOException;
    }

    /** A node that attends, and what it was told that must not be told over and over. */
    private static final class Present {
        final Attendant attendant;
        final Map<Long, Long> cancelled = new HashMap<>();
        final Set<Long> paused = new HashSet<>();

        Present(Attendant attendant) {
            this.attendant = attendant;
        }
    }

    /** @param most how many backups may be under way at one time */
    public Dispatcher(ControlDb control, int most, Ending ending, UpgradeTurns upgrades) {
        this.control = control;
        this.most = most;
        this.ending = ending;
        this.upgrades = upgrades;
    }

    /**
     * A client's service is at hand, perhaps anew.
     *
     * @param running what it works on; other orders of its that count as running are broken
     */
    public synchronized void attend(int node, Attendant attendant, List<Long> running) throws IOException {
        Present now = new Present(attendant);
        present.put(node, now);
        awaySince.remove(node);
        Set<Long> open = new HashSet<>();
        for (OrderTable.Order order : control.orders().open()) {
            if (order.node() == node && order.state() == TaskState.RUNNING) {
                open.add(order.id());
                if (!running.contains(order.id())) {
                    end(order.id(), node, TaskState.BROKEN, "{}", Phrase.of("order.service-stopped"));
                }
            }
        }
        for (long id : running) {
            if (!open.contains(id)) {
                // Given up meanwhile.
                attendant.order(id, new Job.Cancel());
                now.cancelled.put(id, System.nanoTime());
            }
        }
    }

    /** A connection of a client's service ended. */
    public synchronized void leave(int node, Attendant attendant) {
        Present was = present.get(node);
        if (was != null && was.attendant.equals(attendant)) {
            present.remove(node);
            awaySince.put(node, System.nanoTime());
        }
    }

    public synchronized boolean present(int node) {
        return present.containsKey(node);
    }

    /** The way to the service of a node; empty where it is not connected. */
    synchronized Optional<Attendant> attendant(int node) {
        return Optional.ofNullable(present.get(node)).map(each -> each.attendant);
    }

    public synchronized Set<Integer> present() {
        return Set.copyOf(present.keySet());
    }

    /** Looks for orders to bring; called now and then. */
    public synchronized void look() throws IOException {
        List<OrderTable.Order> orders = control.orders().open();
        Set<Integer> busy = new HashSet<>();
        int running = 0;
        Set<Integer> upgrading = new HashSet<>();
        for (OrderTable.Order order : orders) {
            if (order.state() == TaskState.RUNNING) {
                if (order.is(TaskKind.UPGRADE)) {
                    upgrading.add(order.node());
                }
                if (order.is(TaskKind.BACKUP)) {
                    // One that stands still takes nobody's turn.
                    running += order.paused() ? 0 : 1;
                    busy.add(order.node());
                }
                follow(order);
            }
        }
        for (OrderTable.Order order : orders) {
            Present node = present.get(order.node());
            boolean backup = order.is(TaskKind.BACKUP);
            if (order.state() != TaskState.QUEUED
                    || node == null
                    || order.paused()
                    || upgrading.contains(order.node())
                    || backup && (running >= most || busy.contains(order.node()))) {
                continue;
            }
            Job job;
            try {
                if (order.is(TaskKind.UPGRADE) && !upgrades.isTurn(order)) {
                    continue;
                }
                job = Orders.job(control, upgrades.packages(), order);
            } catch (IOException | RuntimeException e) {
                end(order.id(), order.node(), TaskState.FAILED, "{}", Phrase.why(e));
                continue;
            }
            if (control.tasks().start(order.id()) && send(node, order, job)) {
                if (backup) {
                    running++;
                    busy.add(order.node());
                }
                if (order.is(TaskKind.UPGRADE)) {
                    upgrading.add(order.node());
                }
            }
        }
    }

    /** Returns false where the order cannot be sent: it fails, and the others go on. */
    private boolean send(Present node, OrderTable.Order order, Job job) throws IOException {
        try {
            node.attendant.order(order.id(), job);
            return true;
        } catch (IllegalArgumentException e) {
            Phrase reason = Phrase.of("order.not-sent").with("reason", e);
            end(order.id(), order.node(), TaskState.FAILED, "{}", reason);
            return false;
        }
    }

    private void follow(OrderTable.Order order) throws IOException {
        Present node = present.get(order.node());
        if (node == null) {
            long since = awaySince.getOrDefault(order.node(), began);
            if (System.nanoTime() - since > AWAY_NANOS) {
                end(order.id(), order.node(), TaskState.BROKEN, "{}", Phrase.of("order.away"));
            } else if (order.cancel()) {
                end(order.id(), order.node(), TaskState.CANCELLED, "{}", Phrase.of("order.cancelled-away"));
            }
            return;
        }
        if (order.cancel()) {
            Long since = node.cancelled.putIfAbsent(order.id(), System.nanoTime());
            if (since == null) {
                node.attendant.order(order.id(), new Job.Cancel());
            } else if (System.nanoTime() - since > AWAY_NANOS) {
                // It hangs in something that no interrupt reaches; what it still does is not believed.
                end(order.id(), order.node(), TaskState.CANCELLED, "{}", Phrase.of("order.no-answer"));
                return;
            }
        }
        if (order.paused() ? node.paused.add(order.id()) : node.paused.remove(order.id())) {
            node.attendant.order(order.id(), order.paused() ? new Job.Pause() : new Job.Resume());
        }
    }

    // ---- what nodes tell

    /** A task that this node was ordered to do, and does. */
    public Task running(int node, long id) throws IOException {
        return control.orders()
                .running(id, node)
                .orElseThrow(
                        () -> new RemoteException(ErrorCode.NOT_FOUND, "this node has no order " + id + " under way"));
    }

    /** How far an order is. */
    public void progress(int node, Message.Progress progress) throws IOException {
        Task task = running(node, progress.task());
        Instant begun = task.stepAt();
        long since = begun != null && task.step().equals(progress.step())
                ? begun.toEpochMilli()
                : System.currentTimeMillis();
        long done = Math.max(0, progress.done());
        // Clients of before tell a total that grows with what is done: nothing is complete before it has ended.
        long total = progress.total() > done ? progress.total() : 0;
        control.tasks().step(task.id(), brief(progress.step()), done, total, since);
        Message.Figures figures = progress.figures();
        if (figures != null) {
            control.tasks()
                    .figures(
                            task.id(),
                            new Task.Figures(
                                    Math.max(0, figures.files()),
                                    Math.max(0, figures.scanned()),
                                    Math.max(0, figures.transferred()),
                                    figures.path()));
        }
        control.tasks()
                .logPlain(
                        task.id(),
                        progress.log().stream().map(Dispatcher::brief).toList());
    }

    private static String brief(String text) {
        return text.length() <= 1000 ? text : text.substring(0, 1000);
    }

    /** An order is over, as its node says. */
    public synchronized void ended(int node, Message.Ended ended) throws IOException {
        Task task = running(node, ended.task());
        TaskState state = switch (ended.outcome()) {
            case DONE -> TaskState.DONE;
            case FAILED -> TaskState.FAILED;
            case CANCELLED -> TaskState.CANCELLED;
        };
        OrderResult told = OrderResult.read(ended);
        String result = told.json();
        if (state == TaskState.DONE && task.is(TaskKind.BACKUP) && task.snapshot() == null) {
            // What a node claims is believed where the appliance has seen it.
            state = TaskState.FAILED;
            end(task.id(), node, state, result, Phrase.of("order.no-snapshot"));
            return;
        }
        Present now = present.get(node);
        Optional<Phrase> unproven = state == TaskState.DONE
                ? Orders.unproven(task, now == null ? "" : now.attendant.software())
                : Optional.empty();
        if (unproven.isPresent()) {
            end(task.id(), node, TaskState.FAILED, result, unproven.get());
            return;
        }
        if (state == TaskState.DONE) {
            ending.done(task, node, result);
            control.events().close(failed(task), node, about(task).english() + ",");
        }
        end(task.id(), node, state, result, told.reason());
    }

    /** The kind of events of orders that failed. */
    private static String failed(Task task) {
        return task.is(TaskKind.BACKUP) ? EventKinds.BACKUP_FAILED : task.kind() + "-failed";
    }

    /** How they begin: the next order of the same kind that succeeds closes them. */
    private static Phrase about(Task task) {
        String plan = task.plan();
        Phrase description = plan != null && task.description().equals("plan " + plan)
                ? Phrase.of("event.plan").with("plan", plan)
                : Phrase.plain(task.description());
        return Phrase.of("event.order").with("kind", kind(task)).with("description", description);
    }

    private static Phrase kind(Task task) {
        return switch (TaskKind.of(task.kind()).orElse(null)) {
            case BACKUP -> Phrase.of("kind.backup");
            case RESTORE -> Phrase.of("kind.restore");
            case VERIFY -> Phrase.of("kind.verify");
            case DRILL -> Phrase.of("kind.drill");
            case UPGRADE -> Phrase.of("kind.upgrade");
            case null, default -> Phrase.plain(task.kind());
        };
    }

    private void end(long id, int node, TaskState state, String result, Phrase reason) throws IOException {
        control.tasks().finish(id, state, result, reason);
        Optional<Task> found = control.tasks().find(id);
        if (found.isEmpty() || state != TaskState.FAILED && state != TaskState.BROKEN) {
            return;
        }
        Task task = found.get();
        LOG.log(System.Logger.Level.WARNING, "task " + id + " of node " + task.node() + " failed: " + reason);
        // Attempts that follow the first have been told of with it.
        if (Orders.attempt(task) == 1) {
            control.events()
                    .raise(
                            Events.Severity.WARNING,
                            failed(task),
                            node,
                            Phrase.of("event.order-failed")
                                    .with("order", about(task))
                                    .with("task", id)
                                    .with("reason", task.why()));
        }
    }
}
