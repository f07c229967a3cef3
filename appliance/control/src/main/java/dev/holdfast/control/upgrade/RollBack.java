package dev.holdfast.control.upgrade;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.UpgradeCopies;
import dev.holdfast.control.usecase.Actor;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.vault.sqlite.CarriedRows;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Prepares a data directory for an older release. The copy of the control database from before the upgrade becomes the newest of
 * those that a release takes when its database is missing, and the database is moved aside: the older release then replaces it
 * as it would replace a damaged one, locks snapshots again and tells it. Snapshots are files, which stay as they are. What says
 * whose they are, and what protects them, is carried over into the copy: nodes, their certificates and who uses them, tokens, holds, locks, pauses of
 * retention and suspensions.
 */
public final class RollBack {
    private static final int MOST_NAMED = 50;
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);
    private static final List<String> CARRIED =
            List.of("node", "node_certificate", "holder", "token", "snapshot_mark", "brake", "suspension");

    /** What is not carried over: a table, its key, and what people call it. */
    private record Kind(String table, String key, String text) {}

    private static final List<Kind> LEFT = List.of(
            new Kind("user", "name", "users"),
            new Kind("api_token", "id", "API tokens"),
            new Kind("plan", "name", "plans"),
            new Kind("policy", "name", "policies"),
            new Kind("plan_node", "plan || ' for node ' || node_id", "nodes of plans"),
            new Kind("policy_node", "policy || ' for node ' || node_id", "nodes of policies"),
            new Kind("alert_channel", "name", "alert channels"),
            new Kind("vault", "name", "settings of vaults"),
            new Kind("setting", "name", "settings of the appliance"));

    private final DataDirectory directory;
    private final InstantSource clock;

    public RollBack(DataDirectory directory, InstantSource clock) {
        this.directory = directory;
        this.clock = clock;
    }

    /**
     * Something that the older release does not know.
     *
     * @param names that were added or changed since the copy, as many as are listed
     */
    public record Left(String what, List<String> names) {}

    /**
     * What was done, or would be.
     *
     * @param copy that the older release begins with
     * @param carried rows of nodes, certificates, tokens, holds, locks, pauses and suspensions that are as they are now
     * @param left what is as it was at the time of the copy
     * @param auditEntries since the copy, which stay in the database that is moved aside
     * @param aside where the newer database is kept; empty if nothing was done
     */
    public record Result(Copy copy, long carried, List<Left> left, long auditEntries, long tasks, String aside) {}

    /**
     * Does it; an appliance must not run.
     *
     * @param name of the copy; null for the newest
     * @throws UseCaseException where an appliance runs, there is no such copy, or the older release could not read a vault's
     *     journal
     */
    public Result run(Actor actor, @Nullable String name, boolean dryRun) throws IOException {
        try (AutoCloseable _ = Refusals.told(directory::lock)) {
            UpgradeCopies.Copy copy = find(name);
            requireJournals(copy);
            return prepare(actor, copy, dryRun);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private Path copies() {
        return directory.root().resolve(ControlCopies.DIRECTORY);
    }

    private UpgradeCopies.Copy find(@Nullable String name) throws IOException {
        List<UpgradeCopies.Copy> all = new UpgradeCopies(copies(), clock).list();
        for (UpgradeCopies.Copy each : all.reversed()) {
            if (name == null || each.file().getFileName().toString().equals(name)) {
                return each;
            }
        }
        throw UseCaseException.notFound(
                name == null
                        ? "there is no copy of the control database from before an upgrade in " + copies()
                                + ": no upgrade changed it, so an older release may read it as it is; its 'upgrade check' says so"
                        : "there is no copy '" + name + "' in " + copies()
                                + "; 'upgrade check' lists those that there are");
    }

    /** What a journal knows must not be set back: it says where evicted containers are. */
    private void requireJournals(UpgradeCopies.Copy copy) throws IOException {
        int now = UpgradeCopies.journals(directory.root().resolve("vault"));
        if (copy.journals() != 0 && now > copy.journals()) {
            throw UseCaseException.conflict("the upgrade also changed the journals of the vaults (schema "
                    + copy.journals() + " to " + now
                    + "), which cannot go back: they know where evicted data is. Nothing"
                    + " was changed. The older release can make an appliance from the vault with 'recover'");
        }
    }

    private Result prepare(Actor actor, UpgradeCopies.Copy copy, boolean dryRun) throws IOException {
        Path draft = copies().resolve("roll-back.draft");
        Files.deleteIfExists(draft);
        Files.copy(copy.file(), draft);
        try {
            // Opening it also writes what is still in its log to the database file, which is all that is moved.
            try (ControlDb control = new ControlDb(directory.controlDb(), clock)) {
                if (!dryRun) {
                    control.audit()
                            .append(
                                    actor.text(),
                                    "roll back",
                                    copy.file().getFileName().toString(),
                                    "allowed");
                }
            }
            Result planned = carry(copy, draft);
            if (dryRun) {
                return planned;
            }
            sync(draft);
            String aside = exchange(copy, draft);
            return new Result(planned.copy, planned.carried, planned.left, planned.auditEntries, planned.tasks, aside);
        } finally {
            for (String tail : List.of("", "-wal", "-shm", "-journal")) {
                Files.deleteIfExists(draft.resolveSibling(draft.getFileName() + tail));
            }
        }
    }

    private Result carry(UpgradeCopies.Copy copy, Path draft) throws IOException {
        try (CarriedRows rows = new CarriedRows(directory.controlDb(), draft)) {
            List<Left> left = new ArrayList<>();
            for (Kind each : LEFT) {
                List<String> names = rows.differing(each.table, each.key, MOST_NAMED);
                if (!names.isEmpty()) {
                    left.add(new Left(each.text, names));
                }
            }
            long auditEntries = rows.later("audit");
            long tasks = rows.later("task");
            long carried = 0;
            for (String table : CARRIED) {
                carried += rows.carry(table);
            }
            // A node that was removed since must not come back as one that may connect.
            carried += rows.update("UPDATE main.node SET revoked_at = " + clock.millis()
                    + " WHERE revoked_at IS NULL AND id NOT IN (SELECT id FROM newer.node)");
            rows.commit();
            return new Result(Copy.of(copy), carried, List.copyOf(left), auditEntries, tasks, "");
        }
    }

    private static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** The database goes last: until then the newer release starts as before. Returns where it went. */
    private String exchange(UpgradeCopies.Copy copy, Path draft) throws IOException {
        String stamp = STAMP.format(clock.instant());
        Path newer = copies().resolve("newer-" + stamp);
        AtomicFile.createDirectory(newer);
        try (Stream<Path> files = Files.list(copies())) {
            for (Path each : files.filter(file -> file.getFileName().toString().matches("control-[0-9-]+\\.db"))
                    .toList()) {
                Files.move(each, newer.resolve(each.getFileName()));
            }
        }
        Files.move(
                draft,
                copies().resolve("control-" + STAMP.format(copy.at()) + ".db"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        AtomicFile.syncDirectory(copies());
        Path control = directory.controlDb();
        Path aside = control.resolveSibling("control.db.rolled-back-" + stamp);
        for (String tail : List.of("-wal", "-shm", "")) {
            Path part = control.resolveSibling(control.getFileName() + tail);
            if (Files.exists(part)) {
                Files.move(part, aside.resolveSibling(aside.getFileName() + tail));
            }
        }
        AtomicFile.syncDirectory(directory.root());
        return aside.toString();
    }
}
