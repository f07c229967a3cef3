package dev.holdfast.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.SnapshotMarks;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.cli.TypedCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "snapshot",
        mixinStandardHelpOptions = true,
        description = {
            "Lists, forgets, holds, locks, verifies and brings back snapshots of all nodes. Works while the appliance runs.",
            "Only here can snapshots be forgotten: no node can delete, not even its own."
        },
        subcommands = {
            SnapshotCommand.ListAll.class,
            SnapshotCommand.Forget.class,
            SnapshotCommand.Hold.class,
            SnapshotCommand.Release.class,
            SnapshotCommand.Lock.class,
            SnapshotCommand.Restore.class,
            SnapshotCommand.Verify.class,
            CommandLine.HelpCommand.class
        })
final class SnapshotCommand {
    /** The clock of locks, as it was remembered last, or will be believed when the appliance starts. */
    private static long lockClock(DataDirectory directory, ControlDb control) throws IOException {
        Optional<String> known = control.settings().get("lock.clock");
        if (known.isEmpty()) {
            return System.currentTimeMillis();
        }
        String[] parts = known.get().split(" ", 2);
        long since = Math.max(0, System.currentTimeMillis() - Long.parseLong(parts[1]));
        return Long.parseLong(parts[0]) + (directory.inUse() ? Math.min(since, REMEMBERED_MILLIS) : since);
    }

    /** A running appliance remembers it more often. */
    private static final long REMEMBERED_MILLIS = 60_000;

    static LocalCopies.Snapshot find(DataDirectory directory, String prefix) throws IOException {
        List<LocalCopies.Snapshot> found = LocalCopies.snapshots(directory, List.of()).stream()
                .filter(each -> each.id().toString().startsWith(prefix))
                .toList();
        if (found.isEmpty()) {
            throw new Failure.NotFoundException("there is no snapshot '" + prefix + "'; see: "
                    + TypedCommand.appliance(directory.root(), "snapshot", "list"));
        }
        if (found.size() > 1) {
            throw new IllegalArgumentException(
                    "'" + prefix + "' fits " + found.size() + " snapshots; write more of it");
        }
        return found.getFirst();
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the snapshots of all nodes.")
    static final class ListAll implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        private static final UsageTable.OfSnapshot UNKNOWN = new UsageTable.OfSnapshot(-1, -1);

        @Option(names = "--node", paramLabel = "NAME", description = "Only this node's.")
        private @Nullable String node;

        @Option(names = "--json", description = "Print JSON.")
        private boolean json;

        @Spec
        private @Nullable CommandSpec spec;

        /** A snapshot, why it cannot be forgotten, and what it takes; -1 where that was not reckoned yet. */
        record Row(
                String id,
                String node,
                Instant taken,
                List<String> vaults,
                String kept,
                @Nullable Instant lockedUntil,
                long storedBytes,
                long ownBytes) {}

        @Override
        public Integer call() throws Exception {
            PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
            DataDirectory directory = data.open();
            List<Row> rows = new ArrayList<>();
            try (ControlDb control = new ControlDb(directory.controlDb())) {
                Map<UUID, SnapshotMarks.Mark> marks = control.marks().all();
                Map<UUID, UsageTable.OfSnapshot> usage = control.usage().snapshots();
                long clock = lockClock(directory, control);
                for (LocalCopies.Snapshot each :
                        LocalCopies.snapshots(directory, control.vaults().list())) {
                    String name =
                            control.nodes().find(each.node()).map(Node::name).orElse("node " + each.node());
                    SnapshotMarks.Mark mark = marks.getOrDefault(each.id(), SnapshotMarks.Mark.NONE);
                    String why = mark.why(clock);
                    if (node == null || node.equals(name)) {
                        rows.add(new Row(
                                each.id().toString(),
                                name,
                                Instant.ofEpochMilli(each.taken()),
                                each.vaults(),
                                why == null ? "" : why,
                                Moments.ofMillis(mark.lockedUntil()),
                                usage.getOrDefault(each.id(), UNKNOWN).stored(),
                                usage.getOrDefault(each.id(), UNKNOWN).own()));
                    }
                }
            }
            if (json) {
                Output.json(out, rows);
                return ExitCode.OK;
            }
            out.printf(
                    "%-10s %-24s %-25s %10s %10s %-16s %s%n", "ID", "NODE", "TIME", "STORED", "OWN", "VAULTS", "KEPT");
            for (Row row : rows) {
                out.printf(
                        "%-10s %-24s %-25s %10s %10s %-16s %s%n",
                        row.id.substring(0, 8),
                        row.node,
                        Output.time(row.taken),
                        row.storedBytes < 0 ? "?" : Output.bytes(row.storedBytes),
                        row.ownBytes < 0 ? "?" : Output.bytes(row.ownBytes),
                        row.vaults.isEmpty() ? "-" : String.join(",", row.vaults),
                        row.kept
                                + (row.lockedUntil != null && row.kept.startsWith("locked")
                                        ? " until " + Output.time(row.lockedUntil)
                                        : ""));
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "forget",
            mixinStandardHelpOptions = true,
            description =
                    "Forgets snapshots for good; their room comes back with the next collection. Those that are held or"
                            + " locked stay.")
    static final class Forget implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Mixin
        private final TaskOptions task = new TaskOptions();

        @Parameters(paramLabel = "SNAPSHOT", arity = "1..*", description = "Ids, or the beginnings of them.")
        private List<String> snapshots = List.of();

        @Option(names = "--dry-run", description = "Only say which.")
        private boolean dryRun;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() throws Exception {
            var line = Objects.requireNonNull(spec).commandLine();
            DataDirectory directory = data.open();
            List<LocalCopies.Snapshot> found = new ArrayList<>();
            for (String each : snapshots) {
                found.add(find(directory, each));
            }
            requireFree(directory, found);
            List<String> ids = found.stream().map(each -> each.id().toString()).toList();
            if (dryRun) {
                ids.forEach(id -> line.getOut().println("Would forget " + id));
                return ExitCode.OK;
            }
            return task.run(
                    directory,
                    "forget",
                    "forget " + ids.size() + " snapshots",
                    Map.of("snapshots", ids),
                    line.getOut(),
                    line.getErr(),
                    Forget::print);
        }

        /** Before anything is forgotten: of several all go, or none. */
        private static void requireFree(DataDirectory directory, List<LocalCopies.Snapshot> snapshots)
                throws IOException {
            List<String> kept = new ArrayList<>();
            try (ControlDb control = new ControlDb(directory.controlDb())) {
                long clock = lockClock(directory, control);
                for (LocalCopies.Snapshot each : snapshots) {
                    SnapshotMarks.Mark mark = control.marks().of(each.id());
                    String why = mark.why(clock);
                    if (why != null) {
                        control.audit()
                                .append("administrator", "forget", each.id().toString(), "refused: " + why);
                        kept.add("snapshot " + each.id() + " is " + why
                                + (mark.lockedUntil() > clock
                                        ? " until " + Output.time(Instant.ofEpochMilli(mark.lockedUntil()))
                                        : ""));
                    }
                }
            }
            if (!kept.isEmpty()) {
                throw new Failure.RefusedException(String.join("; ", kept) + "; nothing was changed");
            }
        }

        private static void print(PrintWriter out, JsonNode result) {
            result.path("snapshots").forEach(id -> out.println("Forgot " + id.asText()));
            result.path("refused").forEach(why -> out.println("Refused: " + why.asText()));
        }
    }

    @Command(name = "hold", mixinStandardHelpOptions = true, description = "Keeps a snapshot until it is released.")
    static final class Hold implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Parameters(paramLabel = "SNAPSHOT", description = "Its id, or the beginning of it.")
        private String snapshot = "";

        @Option(
                names = "--why",
                paramLabel = "TEXT",
                defaultValue = "by hand",
                description = "For those who ask later.")
        private String why = "";

        @Override
        public Integer call() throws Exception {
            DataDirectory directory = data.open();
            LocalCopies.Snapshot found = find(directory, snapshot);
            try (ControlDb control = new ControlDb(directory.controlDb())) {
                control.marks().hold(found.id(), found.node(), why);
                control.audit().append("administrator", "hold", found.id().toString(), why);
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "release", mixinStandardHelpOptions = true, description = "Holds a snapshot no more. Locks stay.")
    static final class Release implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Parameters(paramLabel = "SNAPSHOT", description = "Its id, or the beginning of it.")
        private String snapshot = "";

        @Override
        public Integer call() throws Exception {
            DataDirectory directory = data.open();
            LocalCopies.Snapshot found = find(directory, snapshot);
            try (ControlDb control = new ControlDb(directory.controlDb())) {
                control.marks().hold(found.id(), found.node(), null);
                control.audit().append("administrator", "release", found.id().toString(), "allowed");
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "lock",
            mixinStandardHelpOptions = true,
            description = {
                "Locks a snapshot for some days from now. Setting the clock of a running appliance does not shorten that.",
                "A lock in compliance mode can be made longer, and by nobody shorter."
            })
    static final class Lock implements Callable<Integer> {
        @Mixin
        private final DataOption data = new DataOption();

        @Parameters(paramLabel = "SNAPSHOT", description = "Its id, or the beginning of it.")
        private String snapshot = "";

        @Option(names = "--days", required = true, paramLabel = "N", description = "0 ends a lock that may end.")
        private int days;

        @Option(names = "--compliance", description = "Nobody can shorten it, the administrator included.")
        private boolean compliance;

        @Override
        public Integer call() throws Exception {
            DataDirectory directory = data.open();
            if (days < 0) {
                throw new IllegalArgumentException("--days must not be negative");
            }
            LocalCopies.Snapshot found = find(directory, snapshot);
            try (ControlDb control = new ControlDb(directory.controlDb())) {
                long clock = lockClock(directory, control);
                long until = clock + Duration.ofDays(days).toMillis();
                boolean locked = control.marks().lock(found.id(), found.node(), until, compliance, clock);
                control.audit()
                        .append(
                                "administrator",
                                "lock",
                                found.id().toString(),
                                (locked ? "allowed: " : "refused: ") + days + " days"
                                        + (compliance ? ", compliance" : ""));
                if (!locked) {
                    throw new Failure.RefusedException("snapshot " + found.id()
                            + " is locked in compliance mode: it can be locked longer, in that mode, and nothing else");
                }
            }
            return ExitCode.OK;
        }
    }

    @Command(
            name = "restore",
            mixinStandardHelpOptions = true,
            description = {
                "Has the node that a snapshot is of bring it back, or a part of it. Its 'holdfast service' must run.",
                "The node decides below which directories it restores by order: by default 'restored' in its state directory."
            })
    static final class Restore extends ControlCommand {
        @Mixin
        private final OrderOptions orders = new OrderOptions();

        @Parameters(paramLabel = "SNAPSHOT[:PATH]", description = "Its id, or the beginning of it, and a path in it.")
        private String where = "";

        @Option(
                names = "--node",
                paramLabel = "NAME",
                description =
                        "Another node to restore to; it may read this snapshot while the order runs. Default: its own.")
        private @Nullable String node;

        @Option(names = "--target", required = true, paramLabel = "DIR", description = "Directory on the node.")
        private String target = "";

        @Option(
                names = "--overwrite",
                paramLabel = "HOW",
                defaultValue = "if-changed",
                description = "if-changed (default), quick, if-newer, always or never, as 'holdfast restore' has it.")
        private String overwrite = "";

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            if (!target.startsWith("/")) {
                throw new IllegalArgumentException("--target is an absolute path on the node, not '" + target + "'");
            }
            String[] parts = where.split(":", 2);
            LocalCopies.Snapshot found = SnapshotCommand.find(directory, parts[0]);
            int to = node == null ? found.node() : node(control, node).id();
            String path = parts.length == 2 ? parts[1] : "";
            long task = Orders.restore(
                    control,
                    to,
                    found.id(),
                    path.isEmpty() ? List.of() : List.of(path),
                    target,
                    overwrite,
                    "administrator");
            audit(control, "restore", found.id() + ":" + path, "ordered, task " + task + ", to " + target);
            return orders.follow(directory, control, List.of(task), out(), err());
        }
    }

    @Command(
            name = "verify",
            mixinStandardHelpOptions = true,
            description = "Has the node that a snapshot is of verify it, end to end. Its 'holdfast service' must run.")
    static final class Verify extends ControlCommand {
        @Mixin
        private final OrderOptions orders = new OrderOptions();

        @Parameters(paramLabel = "SNAPSHOT", description = "Its id, or the beginning of it.")
        private String snapshot = "";

        @Override
        int run(DataDirectory directory, ControlDb control) throws Exception {
            LocalCopies.Snapshot found = SnapshotCommand.find(directory, snapshot);
            long task = Orders.verify(control, found.node(), found.id(), "administrator");
            audit(control, "verify", found.id().toString(), "ordered, task " + task);
            return orders.follow(directory, control, List.of(task), out(), err());
        }
    }
}
