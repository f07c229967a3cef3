package dev.holdfast.control.plan;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.OrderTable;
import dev.holdfast.control.db.PlanTable;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskSpecCodec;
import dev.holdfast.control.taskspec.TaskSpecException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseVersion;
import dev.holdfast.protocol.wire.Job;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What clients' services are ordered to do, as tasks keep it. */
public final class Orders {
    /** What becomes of files that are there, as clients name it. */
    public static final List<String> OVERWRITES = List.of("if-changed", "quick", "if-newer", "always", "never");

    private static final System.Logger LOG = System.getLogger(Orders.class.getName());
    private static final int ASKED_FOR = 10;
    private static final int WAITED_FOR = 20;

    private Orders() {}

    private static String brief(UUID snapshot) {
        return snapshot.toString().substring(0, 8);
    }

    /** A backup by a plan; returns the task. */
    static long backup(ControlDb control, int node, String plan, int attempt, boolean fullRead, int priority, String by)
            throws IOException {
        return control.orders()
                .add(node, plan, new TaskSpec.Backup(plan, attempt, fullRead), "plan " + plan, priority, by);
    }

    /** A backup by a plan that somebody asked for. */
    public static long backup(ControlDb control, int node, String plan, boolean fullRead, String by)
            throws IOException {
        return backup(control, node, plan, 1, fullRead, ASKED_FOR, by);
    }

    /**
     * The same order once more, a backup as a first attempt; returns the task.
     *
     * @throws TaskSpecException where this release cannot carry it out
     */
    public static long again(ControlDb control, int node, Task task, String by) throws IOException {
        return switch (TaskSpecCodec.decodeOrder(task.kind(), task.argument())) {
            case TaskSpec.Backup backup -> backup(control, node, backup.plan(), backup.fullRead(), by);
            case TaskSpec.Order order ->
                control.orders().add(node, task.plan(), order, task.description(), ASKED_FOR, by);
        };
    }

    /** Which attempt of a backup a task is; 1 for other tasks, and where its specification cannot be read. */
    static int attempt(Task task) {
        try {
            return TaskSpecCodec.decode(task.kind(), task.argument()) instanceof TaskSpec.Backup backup
                    ? backup.attempt()
                    : 1;
        } catch (TaskSpecException e) {
            // Why it cannot be read is the task's reason, and must not stop what follows from its end.
            return 1;
        }
    }

    /** Which policies of overwriting there are. */
    public static Phrase noOverwrite() {
        return Phrase.of("restore.overwrite").with("choices", String.join(", ", OVERWRITES));
    }

    /**
     * Files brought back.
     *
     * @param node where to: the snapshot's own, or another that may read this snapshot while the order runs
     * @param paths none for all
     */
    public static long restore(
            ControlDb control, int node, UUID snapshot, List<String> paths, String target, String overwrite, String by)
            throws IOException {
        if (!OVERWRITES.contains(overwrite)) {
            throw new PhrasedArgumentException(noOverwrite());
        }
        String what = paths.isEmpty()
                ? ""
                : ":" + paths.getFirst() + (paths.size() == 1 ? "" : " and " + (paths.size() - 1) + " more");
        return control.orders()
                .add(
                        node,
                        null,
                        new TaskSpec.Restore(snapshot, paths, target, overwrite),
                        "snapshot " + brief(snapshot) + what + " to " + target,
                        WAITED_FOR,
                        by);
    }

    public static long verify(ControlDb control, int node, UUID snapshot, String by) throws IOException {
        return control.orders()
                .add(node, null, new TaskSpec.Verify(snapshot), "snapshot " + brief(snapshot), ASKED_FOR, by);
    }

    /** The snapshots that a node restores by order just now: for so long it may read them, whosever they are. */
    public static List<UUID> restoring(ControlDb control, int node) throws IOException {
        List<UUID> snapshots = new ArrayList<>();
        for (String stored : control.orders().restoring(node)) {
            try {
                if (TaskSpecCodec.decode(TaskKind.RESTORE.text(), stored) instanceof TaskSpec.Restore restore) {
                    snapshots.add(restore.snapshot());
                }
            } catch (TaskSpecException e) {
                // It gives nothing to read; the node's other orders do.
                LOG.log(System.Logger.Level.DEBUG, "a restore that node " + node + " works on cannot be read", e);
            }
        }
        return snapshots;
    }

    /** An upgrade of a node's client. */
    public static long upgrade(ControlDb control, int node, ReleaseVersion version, String by) throws IOException {
        return control.orders()
                .add(node, null, new TaskSpec.Upgrade(version), "client to version " + version, ASKED_FOR, by);
    }

    /**
     * Why the end of an upgrade is not believed: what a client claims counts where the appliance has seen it.
     *
     * @param software with which the node's service connected, such as {@code holdfast/1.0}
     */
    static Optional<Phrase> unproven(Task task, String software) {
        if (!task.is(TaskKind.UPGRADE)) {
            return Optional.empty();
        }
        try {
            boolean seen =
                    TaskSpecCodec.decode(task.kind(), task.argument()) instanceof TaskSpec.Upgrade(ReleaseVersion v)
                            && software.equals("holdfast/" + v);
            return seen
                    ? Optional.empty()
                    : Optional.of(Phrase.of("order.not-upgraded").with("software", software));
        } catch (TaskSpecException e) {
            return Optional.of(Phrase.why(e));
        }
    }

    /** What a client is told to do. */
    static Job job(ControlDb control, ClientPackages packages, OrderTable.Order order) throws IOException {
        return switch (order.spec()) {
            case TaskSpec.Backup backup -> {
                PlanTable.Row row = control.plans()
                        .find(backup.plan())
                        .orElseThrow(() ->
                                new PhrasedException(Phrase.of("order.no-plan").with("plan", backup.plan())));
                yield Plan.parse(row.settings()).job(backup.fullRead());
            }
            case TaskSpec.Restore restore ->
                new Job.Restore(restore.snapshot(), restore.paths(), restore.target(), restore.overwrite());
            case TaskSpec.Verify verify -> new Job.Verify(verify.snapshot());
            case TaskSpec.Drill drill -> new Job.Drill(drill.snapshot(), drill.sampleBytes(), drill.seed());
            case TaskSpec.Upgrade(ReleaseVersion version) -> {
                List<ReleaseSignature> offered = packages.of(version);
                if (offered.isEmpty()) {
                    throw new PhrasedException(Phrase.of("order.no-package")
                            .with("version", version.text())
                            .with("command", control.command("client-package", "add", "FILE")));
                }
                yield new Job.Upgrade(
                        version.text(),
                        offered.stream().map(ReleaseSignature::text).toList());
            }
        };
    }
}
