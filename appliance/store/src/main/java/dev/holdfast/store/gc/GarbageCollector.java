package dev.holdfast.store.gc;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.lease.Leases;
import dev.holdfast.store.parts.StoreParts;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Gives back the room of chunks that no snapshot refers to, while backups, restores and uploads run.
 *
 * <ol>
 *   <li>Mark: what all snapshots refer to, against the index ({@link References}, {@link LiveSet}, {@link Census}).
 *   <li>Copy: of containers that are alive for less than a share, what is alive moves to new ones.
 *   <li>Condemn: from then on their chunks are unknown to sessions that begin ({@link Leases}).
 *   <li>Delete, once every session that began before has ended: what snapshots made since the marking refer to is copied
 *       too, everything else of the container goes from the index, and then its file.
 * </ol>
 *
 * No step trusts a clock. Stopped at any point, the store is whole; what was condemned counts again after a restart. One
 * collection at a time; any thread.
 */
public final class GarbageCollector {
    private final StoreParts parts;
    private final Ingest ingest;
    private final Leases leases;
    private final Manifests manifests;
    private final ChunkReader reader;
    private final Files files;
    private final ContainerContents contents;
    private final CondemnedContainers condemned;

    /**
     * What it keeps, and what it looks for.
     *
     * @param scratch directory for lists that a collection keeps while it lasts
     * @param ownersUnknown of which some is there while the index does not know every owner of every chunk
     */
    public record Files(Path scratch, List<Path> ownersUnknown) {}

    /**
     * What is collected.
     *
     * @param liveBelowPercent containers with less alive are copied and deleted; 100 for all that hold anything dead
     * @param graceMillis younger containers are left alone, so that a backup that was interrupted finds its chunks; it is a
     *     kindness, not what keeps data safe
     */
    public record Rules(int liveBelowPercent, long graceMillis) {
        public static final Rules DEFAULT = new Rules(60, 24 * 3_600_000L);
    }

    /**
     * What a survey found.
     *
     * @param deadBytes of chunks that nothing refers to
     * @param containers to be deleted
     * @param freedBytes by deleting them
     * @param copiedBytes that must be copied for it
     * @param youngBytes that would be freed besides, but for the grace
     */
    public record Survey(
            int snapshots,
            long chunks,
            long usedBytes,
            long deadBytes,
            int containers,
            long freedBytes,
            long copiedBytes,
            long youngBytes) {}

    /**
     * What a collection did.
     *
     * @param deleted containers, some of them condemned by earlier ones
     * @param freedBytes of them, less what was copied
     * @param waiting containers that are condemned and wait for sessions to end
     * @param warnings what was left alone, and why
     */
    public record Outcome(Survey survey, int deleted, long freedBytes, int waiting, List<Phrase> warnings) {}

    public GarbageCollector(StoreParts parts, Ingest ingest, Manifests manifests, ChunkReader reader, Files files) {
        this.parts = parts;
        this.ingest = ingest;
        this.leases = ingest.leases();
        this.manifests = manifests;
        this.reader = reader;
        this.files = files;
        this.contents = new ContainerContents(parts);
        this.condemned = new CondemnedContainers(parts, ingest, manifests, reader, contents, files.ownersUnknown);
    }

    /**
     * Tells what a collection would do, and changes nothing.
     *
     * @param gone snapshots to be taken for forgotten
     */
    public synchronized Survey survey(
            Rules rules, Predicate<StoredSnapshot> gone, Progress progress, BooleanSupplier stopping)
            throws IOException {
        Manifests.All all = manifests.complete();
        List<StoredSnapshot> snapshots =
                all.snapshots().stream().filter(gone.negate()).toList();
        Census census = mark(snapshots, unreadable(all), pace(stopping), progress);
        return candidates(census, rules, leases.firstInUse()).survey(census, snapshots.size(), usedBytes());
    }

    /**
     * Calculates the storage that nodes and snapshots use, exclusive and shared; changes nothing.
     *
     * @param memoryBytes that this may take
     */
    public synchronized Usage.Report usage(long memoryBytes, Progress progress, BooleanSupplier stopping)
            throws IOException {
        References references = new References(parts, manifests, reader, pace(stopping));
        return Usage.of(parts.index(), manifests.list(), references, memoryBytes, progress);
    }

    /** Marks, copies, condemns, and deletes what no session can rely on any more, now or from earlier collections. */
    public synchronized Outcome collect(Rules rules, Progress progress, BooleanSupplier stopping) throws IOException {
        Run run = new Run(pace(stopping), progress);
        condemned.deleteWhatMayGo(run);
        // In this order: what a session stores from now on is out of reach, what one committed before is marked.
        int firstInUse = leases.firstInUse();
        Manifests.All all = manifests.complete();
        List<StoredSnapshot> snapshots = all.snapshots();
        UnreadableNodes unreadable = unreadable(all);
        Census census = mark(snapshots, unreadable, run.pace(), progress);
        run.warnAll(unreadable.warnings());
        Candidates candidates = candidates(census, rules, firstInUse);
        Survey survey = candidates.survey(census, snapshots.size(), usedBytes());
        Set<UUID> marked = new HashSet<>();
        snapshots.forEach(each -> marked.add(each.id()));
        // What is wholly dead first: on a full disk it makes the room to copy the rest.
        condemned.add(candidates.dead(), marked);
        condemned.deleteWhatMayGo(run);
        Evacuation evacuation = new Evacuation(parts, ingest, reader, contents, census);
        condemned.add(evacuation.moveLive(candidates.partlyAlive(), run), marked);
        condemned.deleteWhatMayGo(run);
        if (leases.count() == 0 && run.deleted() > 0) {
            parts.index().sweepOwners();
        }
        return run.outcome(survey, condemned.count());
    }

    private Pace pace(BooleanSupplier stopping) {
        return new Pace(() -> leases.count() > 0, stopping);
    }

    private UnreadableNodes unreadable(Manifests.All all) {
        UnreadableNodes unreadable = new UnreadableNodes(parts.index(), files.ownersUnknown);
        unreadable.noteAll(all);
        return unreadable;
    }

    private Census mark(List<StoredSnapshot> snapshots, UnreadableNodes unreadable, Pace pace, Progress progress)
            throws IOException {
        try (LiveSet live = new LiveSet(files.scratch)) {
            new References(parts, manifests, reader, pace).visit(snapshots, unreadable.noting(live::add), progress);
            unreadable.requireOwnersKnown();
            for (int node : unreadable.nodes()) {
                parts.index().eachOwned(node, (id, adoption) -> live.add(id));
            }
            return Census.take(parts.index(), live, unreadable.nodes(), pace, progress);
        }
    }

    private Candidates candidates(Census census, Rules rules, int firstInUse) {
        return new Candidates.Selection(leases, contents, parts.clock(), rules, firstInUse).of(census);
    }

    private long usedBytes() {
        return ingest.allocator().usedBytes();
    }
}
