package dev.holdfast.api;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.control.access.Permission;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.DrillTable;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.SnapshotMarks;
import dev.holdfast.control.db.UsageTable;
import dev.holdfast.control.fair.BusyException;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Snapshots: what there is, what is in them, what becomes of them. */
final class SnapshotRoutes {
    private static final int MAX_LOCK_DAYS = 36_500;
    private static final int MOST_PATHS = 1000;
    private static final int MOST_PATH_CHARACTERS = 1000;
    private static final int SHOWN_SOURCES = 100;
    private static final int SHOWN_SOURCE_CHARACTERS = 1000;
    /** Of the texts in one page. */
    private static final long MOST_CHARACTERS = 1 << 20;

    private static final long SEARCH_NANOS = 10_000_000_000L;

    private final Connections connections;
    private final Backend backend;
    private final ControlDb control;

    SnapshotRoutes(Backend backend, Connections connections) {
        this.connections = connections;
        this.backend = backend;
        this.control = backend.control();
    }

    /**
     * A snapshot.
     *
     * @param kept why it cannot be forgotten, empty where it can
     * @param storedBytes and {@code ownBytes} as the last reckoning of usage had them, -1 before
     */
    record Snapshot(
            UUID id,
            String node,
            Instant taken,
            List<String> sources,
            long files,
            long bytes,
            long problems,
            String kept,
            @Nullable Instant lockedUntil,
            long storedBytes,
            long ownBytes) {}

    /** @param next to be given as 'before' for those behind, null at the end */
    record SnapshotList(List<Snapshot> snapshots, @Nullable Instant next) {}

    record Listing(List<SnapshotTree.Entry> entries, String next) {}

    /** A file as the newest of the snapshots that have it so has it. */
    record Version(UUID snapshot, Instant taken, SnapshotTree.Entry entry) {}

    /** @param next to be given as 'after' to go on looking, which ends after a while; empty at the end. A version may come again */
    record Versions(List<Version> versions, String next) {}

    record Hold(@Bound(characters = 500) String why) {}

    record Lock(int days, boolean compliance) {}

    /** @param paths none for all */
    record Selection(
            @Bound(characters = MOST_PATH_CHARACTERS, items = MOST_PATHS)
            List<String> paths) {}

    /**
     * @param paths none for all
     * @param node where to, missing for the snapshot's own
     */
    record Restore(
            @Bound(characters = MOST_PATH_CHARACTERS, items = MOST_PATHS)
            List<String> paths,

            @Bound(characters = 4096) String target,
            @Bound(characters = 50) String overwrite,
            @Bound(characters = 255) @Nullable String node) {}

    record Queued(long task) {}

    List<Route> routes() {
        return List.of(
                Route.get("/snapshots", Permission.VIEW, "Snapshots, the newest first", SnapshotList.class, this::list)
                        .query("limit", "node")
                        .moment("before"),
                Route.get("/snapshots/{id}", Permission.VIEW, "A snapshot", Snapshot.class, call -> view(find(call))),
                Route.get(
                                "/snapshots/{id}/files",
                                Permission.BROWSE,
                                "A directory of a snapshot: ?path=, ?after= for what is behind a name",
                                Listing.class,
                                this::browse)
                        .query("path", "after", "limit"),
                Route.get(
                                "/snapshots/{id}/search",
                                Permission.BROWSE,
                                "Names in a snapshot that contain ?name=",
                                Listing.class,
                                this::search)
                        .query("name", "after", "limit")
                        .on(Route.Lane.SEARCH),
                Route.get(
                                "/snapshots/{id}/archive",
                                Permission.RESTORE,
                                "Parts of a snapshot, each ?path=, as a ?format=tar or zip",
                                Void.class,
                                this::archive)
                        .query("path", "format")
                        .on(Route.Lane.DOWNLOAD),
                Route.post(
                                "/snapshots/{id}/restore-plan",
                                Permission.BROWSE,
                                "What a restore would move, and from where",
                                Selection.class,
                                RestorePlanner.Plan.class,
                                this::plan)
                        .on(Route.Lane.SEARCH)
                        .large(),
                Route.get(
                                "/search",
                                Permission.BROWSE,
                                "Names in all snapshots of ?node= that contain ?name=, each version once, the newest first",
                                Versions.class,
                                this::versions)
                        .query("node", "name", "after", "limit")
                        .on(Route.Lane.SEARCH),
                Route.put(
                        "/snapshots/{id}/hold",
                        Permission.PROTECT,
                        "Keeps a snapshot until it is released",
                        Hold.class,
                        this::hold),
                Route.delete("/snapshots/{id}/hold", Permission.DESTROY, "Holds a snapshot no more", this::release)
                        .proven(),
                Route.put(
                                "/snapshots/{id}/lock",
                                Permission.PROTECT,
                                "Locks a snapshot for days from now",
                                Lock.class,
                                this::lock)
                        .proven(),
                Route.delete("/snapshots/{id}", Permission.DESTROY, "Forgets a snapshot for good", this::forget)
                        .proven(),
                Route.post(
                                "/snapshots/{id}/restore",
                                Permission.RESTORE,
                                "Has its node bring a snapshot back, or a part of it",
                                Restore.class,
                                Queued.class,
                                this::restore)
                        .on(Route.Lane.SEARCH)
                        .large(),
                Route.post(
                        "/snapshots/{id}/verify",
                        Permission.OPERATE,
                        "Has its node verify a snapshot",
                        Void.class,
                        Queued.class,
                        this::verify));
    }

    private StoredSnapshot find(Call call) throws IOException {
        UUID id;
        try {
            id = UUID.fromString(call.path("id"));
        } catch (IllegalArgumentException e) {
            throw Problem.notFound("'" + call.path("id") + "' is no id of a snapshot");
        }
        for (Node each : control.nodes().list()) {
            Optional<StoredSnapshot> found = backend.store().manifests().find(each.id(), id);
            if (found.isPresent() && call.principal().sees(each.name())) {
                return found.get();
            }
        }
        throw Problem.notFound("there is no snapshot " + id);
    }

    private Snapshot view(StoredSnapshot snapshot) throws IOException {
        return view(
                snapshot,
                control.marks().of(snapshot.id()),
                control.usage().snapshots().get(snapshot.id()));
    }

    private Snapshot view(StoredSnapshot snapshot, SnapshotMarks.Mark mark, UsageTable.@Nullable OfSnapshot usage)
            throws IOException {
        SnapshotSummary summary = SnapshotSummary.parse(snapshot.summary());
        String why = mark.why(backend.keeper().now());
        return new Snapshot(
                snapshot.id(),
                snapshot.nodeName(),
                Instant.ofEpochMilli(snapshot.committed()),
                summary.sources().stream()
                        .limit(SHOWN_SOURCES)
                        .map(each -> Call.cut(each.toString(), SHOWN_SOURCE_CHARACTERS))
                        .toList(),
                summary.counts().files(),
                summary.counts().bytes(),
                summary.counts().problems(),
                why == null ? "" : why,
                Moments.ofMillis(mark.lockedUntil()),
                usage == null ? -1 : usage.stored(),
                usage == null ? -1 : usage.own());
    }

    private Object list(Call call) throws IOException {
        Instant wanted = call.moment("before");
        long before = wanted == null ? Long.MAX_VALUE : wanted.toEpochMilli();
        String node = call.query("node", "");
        int limit = call.limit();
        Map<UUID, SnapshotMarks.Mark> marks = control.marks().all();
        Map<UUID, UsageTable.OfSnapshot> usage = control.usage().snapshots();
        List<Snapshot> page = new ArrayList<>();
        long characters = 0;
        for (StoredSnapshot each : backend.store().manifests().list().reversed()) {
            if (each.committed() < before
                    && call.principal().sees(each.nodeName())
                    && (node.isEmpty() || node.equals(each.nodeName()))) {
                Snapshot shown =
                        view(each, marks.getOrDefault(each.id(), SnapshotMarks.Mark.NONE), usage.get(each.id()));
                page.add(shown);
                characters += shown.kept.length()
                        + shown.sources.stream().mapToLong(String::length).sum();
                if (page.size() == limit || characters > MOST_CHARACTERS) {
                    return new SnapshotList(page, page.getLast().taken());
                }
            }
        }
        return new SnapshotList(page, null);
    }

    private static TreePath path(String text) throws Problem {
        try {
            return text.isEmpty() || text.equals("/") ? TreePath.ROOT : TreePath.parse(text);
        } catch (FormatException e) {
            throw Problem.invalid("'" + text + "' is no path: " + e.getMessage());
        }
    }

    private Object browse(Call call) throws IOException {
        StoredSnapshot snapshot = find(call);
        TreePath directory = path(call.query("path", ""));
        String after = call.query("after", "");
        int limit = call.limit();
        read(call, "browse", snapshot.id() + ":" + audited(directory));
        try (SnapshotTree tree = new SnapshotTree(backend.store(), snapshot)) {
            SnapshotTree.Found found = tree.list(directory, after.isEmpty() ? null : path(after), limit);
            return new Listing(found.entries(), found.next());
        }
    }

    private Object search(Call call) throws IOException {
        StoredSnapshot snapshot = find(call);
        String name = name(call);
        String after = call.query("after", "");
        int limit = call.limit();
        read(call, "search", snapshot.id() + ": " + name);
        try (SnapshotTree tree = new SnapshotTree(backend.store(), snapshot)) {
            SnapshotTree.Found found =
                    tree.search(name, after.isEmpty() ? null : path(after), limit, System.nanoTime() + SEARCH_NANOS);
            return new Listing(found.entries(), found.next());
        }
    }

    /** Where a search over snapshots goes on: a snapshot, and the path behind which. */
    private record Mark(UUID snapshot, String path) {
        static Mark parse(String text) throws Problem {
            String[] parts = text.split(":", 2);
            try {
                return new Mark(UUID.fromString(parts[0]), parts.length == 2 ? parts[1] : "");
            } catch (IllegalArgumentException e) {
                throw Problem.invalid("'" + text + "' is no place to go on searching from");
            }
        }
    }

    private Object versions(Call call) throws IOException {
        Node node = call.node(control, call.query("node", ""));
        String name = name(call);
        String after = call.query("after", "");
        Mark mark = after.isEmpty() ? null : Mark.parse(after);
        int limit = call.limit();
        long until = System.nanoTime() + SEARCH_NANOS;
        read(call, "search", "node " + node.name() + ": " + name);
        List<Version> found = new ArrayList<>();
        long characters = 0;
        Set<String> seen = new HashSet<>();
        UUID marked = mark == null ? null : mark.snapshot;
        if (marked != null
                && backend.store().manifests().find(node.id(), marked).isEmpty()) {
            throw Problem.conflict("the snapshot that the search had come to was forgotten; search again");
        }
        for (StoredSnapshot each : backend.store().manifests().list(node.id()).reversed()) {
            boolean before = mark != null && !mark.snapshot.equals(each.id());
            if (before) {
                continue;
            }
            String from = mark == null ? "" : mark.path;
            mark = null;
            if (System.nanoTime() >= until || found.size() >= limit || characters > SnapshotTree.MOST_CHARACTERS) {
                return new Versions(found, each.id() + ":" + from);
            }
            try (SnapshotTree tree = new SnapshotTree(backend.store(), each)) {
                SnapshotTree.Found part =
                        tree.search(name, from.isEmpty() ? null : path(from), limit - found.size(), until);
                for (SnapshotTree.Entry entry : part.entries()) {
                    if (seen.add(entry.path() + "\n" + entry.kind() + entry.size() + " " + entry.modified())) {
                        found.add(new Version(each.id(), Instant.ofEpochMilli(each.committed()), entry));
                        characters += entry.path().length();
                    }
                }
                if (!part.next().isEmpty()) {
                    return new Versions(found, each.id() + ":" + part.next());
                }
            }
        }
        return new Versions(found, "");
    }

    private static String name(Call call) throws Problem {
        String name = call.query("name", "");
        if (name.isEmpty() || name.length() > 200) {
            throw Problem.invalid("name has 1 to 200 characters");
        }
        return name;
    }

    private static List<TreePath> paths(@Nullable List<String> texts) throws Problem {
        List<TreePath> paths = new ArrayList<>();
        for (String each : texts == null ? List.<String>of() : texts) {
            if (each == null || each.length() > MOST_PATH_CHARACTERS) {
                throw Problem.invalid("a path has up to " + MOST_PATH_CHARACTERS + " characters; choose its directory");
            }
            paths.add(path(each));
        }
        // In the order of the tree, each once, and nothing below what is chosen anyway.
        paths.sort(null);
        for (int i = paths.size() - 1; i > 0; i--) {
            if (paths.get(i).startsWith(paths.get(i - 1)) || isBelowAny(paths, i)) {
                paths.remove(i);
            }
        }
        if (paths.isEmpty() || paths.contains(TreePath.ROOT)) {
            return List.of(TreePath.ROOT);
        }
        if (paths.size() > MOST_PATHS) {
            throw Problem.invalid("at most " + MOST_PATHS + " paths; choose their directory");
        }
        return paths;
    }

    private static boolean isBelowAny(List<TreePath> paths, int at) {
        return paths.subList(0, at).stream().anyMatch(paths.get(at)::startsWith);
    }

    private static void requireThere(SnapshotTree tree, List<TreePath> paths) throws IOException {
        long until = System.nanoTime() + SEARCH_NANOS;
        for (TreePath each : paths) {
            if (System.nanoTime() >= until) {
                throw new BusyException(
                        "looking for so many paths takes too long at this moment; choose their directory");
            }
            if (!each.isRoot() && !tree.has(each)) {
                throw Problem.notFound("the snapshot has no " + each);
            }
        }
    }

    private Object archive(Call call) throws IOException {
        StoredSnapshot snapshot = find(call);
        List<TreePath> paths = paths(call.context().queryParams("path"));
        String format = call.query("format", "tar");
        if (!format.equals("tar") && !format.equals("zip")) {
            throw Problem.invalid("format is tar or zip");
        }
        try (SnapshotTree tree = new SnapshotTree(backend.store(), snapshot)) {
            requireThere(tree, paths);
            read(call, "download", snapshot.id() + ":" + named(paths));
            call.context().contentType(format.equals("zip") ? "application/zip" : "application/x-tar");
            // A name of our own making: nothing of the snapshot's gets into a header.
            call.context()
                    .header(
                            "Content-Disposition",
                            "attachment; filename=\"snapshot-"
                                    + snapshot.id().toString().substring(0, 8) + "." + format + "\"");
            call.context().disableCompression();
            OutputStream out = connections.paced(call.context(), call.context().outputStream());
            SnapshotExport export = new SnapshotExport(
                    backend.store(),
                    tree,
                    control.command("vault", "thaw", snapshot.id().toString(), "--wait"));
            if (format.equals("zip")) {
                export.zip(paths, out);
            } else {
                export.tar(paths, out);
            }
        }
        return Route.STREAMED;
    }

    /** The audit log keeps the beginning of what somebody else named. */
    private static String audited(TreePath path) {
        return Call.cut(path.toString(), MOST_PATH_CHARACTERS);
    }

    /** Whoever only reads may do so often. */
    private void read(Call call, String action, String object) throws IOException {
        control.auditLimiter().done(call.source(), call.actor(), action, object, "allowed");
    }

    private static String named(List<TreePath> paths) {
        return audited(paths.getFirst()) + (paths.size() == 1 ? "" : " and " + (paths.size() - 1) + " more");
    }

    private Object plan(Call call) throws IOException {
        StoredSnapshot snapshot = find(call);
        List<TreePath> paths = paths(call.body(Selection.class).paths);
        try (SnapshotTree tree = new SnapshotTree(backend.store(), snapshot)) {
            requireThere(tree, paths);
            return new RestorePlanner(backend, snapshot, System.nanoTime() + SEARCH_NANOS)
                    .plan(tree, paths, bytesPerSecond(snapshot));
        }
    }

    /** What the profile promises, or what this node's last rehearsal made where that was less. */
    private double bytesPerSecond(StoredSnapshot snapshot) throws IOException {
        double promised = backend.profile().throughputPerHour().bytes() / 3600.0;
        for (DrillTable.Drill each : control.drills().newest()) {
            if (each.node().equals(snapshot.nodeName())) {
                JsonNode measured = Call.JSON.readTree(each.report()).path("measured");
                double made = measured.path("bytes").asDouble()
                        / Math.max(1, measured.path("millis").asDouble())
                        * 1000;
                return made > 0 ? Math.min(made, promised) : promised;
            }
        }
        return promised;
    }

    private Object hold(Call call) throws IOException {
        StoredSnapshot snapshot = find(call);
        String why = call.body(Hold.class).why;
        if (why == null || why.isBlank() || why.length() > 500) {
            throw Problem.invalid("why has 1 to 500 characters");
        }
        control.marks().hold(snapshot.id(), snapshot.node(), why);
        control.audit().append(call.actor(), "hold", snapshot.id().toString(), why);
        return Route.DONE;
    }

    private Object release(Call call) throws IOException {
        StoredSnapshot snapshot = find(call);
        control.marks().hold(snapshot.id(), snapshot.node(), null);
        control.audit().append(call.actor(), "release", snapshot.id().toString(), "allowed");
        return Route.DONE;
    }

    private Object lock(Call call) throws IOException {
        StoredSnapshot snapshot = find(call);
        Lock lock = call.body(Lock.class);
        if (lock.days < 0 || lock.days > MAX_LOCK_DAYS) {
            throw Problem.invalid("days are 0 to " + MAX_LOCK_DAYS);
        }
        // Making a lock protects; making it shorter is another matter.
        long clock = backend.keeper().now();
        long until = clock + Duration.ofDays(lock.days).toMillis();
        boolean shorter = control.marks().of(snapshot.id()).lockedUntil() > until;
        if ((shorter || lock.compliance) && !call.principal().may(Permission.DESTROY)) {
            throw new Problem(
                    403, "forbidden", "your role may make locks longer, not shorter, and none that nobody can undo");
        }
        boolean locked = control.marks().lock(snapshot.id(), snapshot.node(), until, lock.compliance, clock);
        control.audit()
                .append(
                        call.actor(),
                        "lock",
                        snapshot.id().toString(),
                        (locked ? "allowed: " : "refused: ") + lock.days + " days"
                                + (lock.compliance ? ", compliance" : ""));
        if (!locked) {
            throw Problem.conflict(
                    "it is locked in compliance mode: it can be locked longer, in that mode, and nothing else");
        }
        return Route.DONE;
    }

    private Object forget(Call call) throws IOException {
        StoredSnapshot snapshot = find(call);
        try {
            backend.keeper().forget(snapshot, call.actor());
        } catch (dev.holdfast.control.policy.RetentionService.KeptException e) {
            throw Problem.conflict(String.valueOf(e.getMessage()));
        }
        return Route.DONE;
    }

    private Object restore(Call call) throws IOException {
        StoredSnapshot snapshot = find(call);
        Restore wanted = call.body(Restore.class);
        if (wanted.target == null || !wanted.target.startsWith("/")) {
            throw Problem.invalid("target is an absolute path on the node");
        }
        List<TreePath> paths = paths(wanted.paths);
        String to = wanted.node == null || wanted.node.isEmpty() ? snapshot.nodeName() : wanted.node;
        Node node = call.node(control, to);
        if (!node.active()) {
            throw Problem.conflict("'" + to + "' was revoked");
        }
        try (SnapshotTree tree = new SnapshotTree(backend.store(), snapshot)) {
            requireThere(tree, paths);
        }
        TaskRoutes.requireRoom(control);
        long task = Orders.restore(
                control,
                node.id(),
                snapshot.id(),
                paths.getFirst().isRoot()
                        ? List.of()
                        : paths.stream().map(TreePath::toString).toList(),
                wanted.target,
                wanted.overwrite == null ? "if-changed" : wanted.overwrite,
                call.actor());
        control.audit()
                .append(
                        call.actor(),
                        "restore to " + node.name(),
                        snapshot.id() + ":" + named(paths),
                        "ordered, task " + task);
        return new Queued(task);
    }

    private Object verify(Call call) throws IOException {
        StoredSnapshot snapshot = find(call);
        TaskRoutes.requireRoom(control);
        long task = Orders.verify(control, snapshot.node(), snapshot.id(), call.actor());
        control.audit().append(call.actor(), "verify", snapshot.id().toString(), "ordered, task " + task);
        return new Queued(task);
    }
}
