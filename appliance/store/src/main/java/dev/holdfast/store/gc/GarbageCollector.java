package dev.holdfast.store.gc;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.store.container.ContainerArchive;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.IndexException;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.ingest.Leases;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.Manifests;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Gives back the room of chunks that no snapshot refers to, beside backups, restores and uploads.
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
    private static final System.Logger LOG = System.getLogger(GarbageCollector.class.getName());
    /** Dead frames of one collection, eight bytes each in memory; the rest is for the next. */
    private static final long MOST_DEAD_FRAMES = 8_000_000;

    private final Disk disk;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Volumes volumes;
    private final Ingest ingest;
    private final Manifests manifests;
    private final ChunkReader reader;
    private final ContainerArchive archive;
    private final Files files;
    private final InstantSource clock;
    private final Leases leases;
    private final Deque<Condemned> waiting = new ArrayDeque<>();
    /** Those that are being deleted, and of them what the archive lists since they are frozen. */
    private List<Census.Container> condemnedNow = List.of();

    private final Map<Integer, List<FrameEntry>> listed = new HashMap<>();

    /**
     * What it keeps, and what it looks for.
     *
     * @param scratch directory for lists that a collection keeps while it lasts
     * @param ownersUnknown of which some is there while the index does not know every owner of every chunk
     */
    public record Files(Path scratch, List<Path> ownersUnknown) {}

    /** Containers that wait for sessions to end; {@code marked} are the snapshots that were looked at. */
    private record Condemned(long condemnation, List<Census.Container> containers, Set<UUID> marked) {}

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
     * What a look found.
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

    /** Containers that are to go, and those that the grace alone keeps. */
    private record Candidates(List<Census.Container> go, List<Census.Container> young) {}

    /**
     * What a collection did.
     *
     * @param deleted containers, some of them condemned by earlier ones
     * @param freedBytes of them, less what was copied
     * @param waiting containers that are condemned and wait for sessions to end
     * @param warnings what was left alone, and why
     */
    public record Outcome(Survey survey, int deleted, long freedBytes, int waiting, List<String> warnings) {}

    public GarbageCollector(
            Disk disk,
            VaultKeys vault,
            ChunkIndex index,
            Volumes volumes,
            Ingest ingest,
            Manifests manifests,
            ChunkReader reader,
            ContainerArchive archive,
            Files files,
            InstantSource clock) {
        this.clock = clock;
        this.disk = disk;
        this.vault = vault;
        this.index = index;
        this.volumes = volumes;
        this.ingest = ingest;
        this.manifests = manifests;
        this.reader = reader;
        this.archive = archive;
        this.files = files;
        this.leases = ingest.leases();
    }

    /**
     * Looks what a collection would do, and changes nothing.
     *
     * @param gone snapshots to be taken for forgotten
     */
    public synchronized Survey survey(
            Rules rules, Predicate<StoredSnapshot> gone, Progress progress, BooleanSupplier stopping)
            throws IOException {
        Pace pace = new Pace(() -> leases.count() > 0, stopping);
        Manifests.All all = manifests.complete();
        List<StoredSnapshot> snapshots =
                all.snapshots().stream().filter(gone.negate()).toList();
        Census census = mark(snapshots, new Unreadable(all), pace, progress);
        return survey(census, snapshots.size(), candidates(census, rules, leases.firstInUse()));
    }

    /**
     * Reckons whose the used room is; changes nothing.
     *
     * @param memoryBytes that this may take
     */
    public synchronized Usage.Report usage(long memoryBytes, Progress progress, BooleanSupplier stopping)
            throws IOException {
        Pace pace = new Pace(() -> leases.count() > 0, stopping);
        References references = new References(vault, index, manifests, reader, pace);
        return Usage.of(index, manifests.list(), references, memoryBytes, progress);
    }

    private Census mark(List<StoredSnapshot> snapshots, Unreadable unreadable, Pace pace, Progress progress)
            throws IOException {
        try (LiveSet live = new LiveSet(files.scratch)) {
            new References(vault, index, manifests, reader, pace)
                    .visit(snapshots, unreadable.noting(live::add), progress);
            unreadable.requireOwnersKnown();
            for (int node : unreadable.nodes) {
                index.eachOwned(node, (id, adoption) -> live.add(id));
            }
            return Census.take(index, live, unreadable.nodes, pace, progress);
        }
    }

    /**
     * Nodes of which some snapshot is not known whole. A page refers only to chunks that its node owns, so all of those count
     * as needed, and the collection of everything else goes on.
     */
    private final class Unreadable {
        private final Set<Integer> nodes = new HashSet<>();
        private final List<String> warnings = new ArrayList<>();

        Unreadable(Manifests.All all) {
            all.unreadable()
                    .forEach((name, cause) -> note(name.node(), "manifest " + name.file() + ": " + cause.getMessage()));
        }

        private void note(int node, String what) {
            if (nodes.add(node)) {
                warnings.add(what + "; everything that node " + node
                        + " stored is kept until that is healed or the snapshot is forgotten. Run check");
            }
        }

        References.Visitor noting(References.ChunkVisitor chunks) {
            return new References.Visitor() {
                @Override
                public void chunk(ChunkId id) throws IOException {
                    chunks.chunk(id);
                }

                @Override
                public void unreadable(StoredSnapshot snapshot, IOException cause) {
                    note(snapshot.node(), "snapshot " + snapshot.id() + " cannot be read whole: " + cause.getMessage());
                }
            };
        }

        /** Otherwise what a node owns is not known either. */
        void requireOwnersKnown() throws IOException {
            if (!nodes.isEmpty() && files.ownersUnknown.stream().anyMatch(java.nio.file.Files::exists)) {
                throw new IOException("nothing is collected: " + warnings.getFirst()
                        + ". The index was rebuilt while that was damaged, or is being recovered, and does not know what the node"
                        + " owns");
            }
        }

        boolean mayNeed(ChunkId id) throws IOException {
            Location location = nodes.isEmpty() ? null : index.find(id);
            for (int node : nodes) {
                if (location != null && index.owns(node, id, location)) {
                    return true;
                }
            }
            return false;
        }
    }

    private Survey survey(Census census, int snapshots, Candidates candidates) {
        long copied =
                candidates.go.stream().mapToLong(Census.Container::liveBytes).sum();
        long freed = onVolumes(candidates.go);
        long young = onVolumes(candidates.young)
                - candidates.young.stream()
                        .mapToLong(Census.Container::liveBytes)
                        .sum();
        return new Survey(
                snapshots,
                census.chunks(),
                ingest.usedBytes(),
                census.deadBytes(),
                candidates.go.size(),
                Math.max(0, freed - copied),
                copied,
                Math.max(0, young));
    }

    private static long onVolumes(List<Census.Container> containers) {
        return containers.stream()
                .filter(each -> !each.info().archived())
                .mapToLong(each -> each.info().bytes())
                .sum();
    }

    /** Those with the least alive first, so that what costs nothing makes room for what must be copied. */
    private Candidates candidates(Census census, Rules rules, int firstInUse) {
        List<Census.Container> found = new ArrayList<>();
        List<Census.Container> young = new ArrayList<>();
        long frames = 0;
        for (Census.Container each : census.containers().stream()
                .sorted(Comparator.comparingDouble(Census.Container::liveShare))
                .toList()) {
            int dead = each.info().frames() - each.liveFrames();
            boolean wanted = each.liveFrames() == 0
                    || !each.info().archived()
                            && (dead > 0 && each.liveShare() * 100 < rules.liveBelowPercent
                                    // What is whole in it moves, and once the rest was stored anew it goes.
                                    || leases.isDoubted(each.number()));
            if (wanted
                    && each.number() < firstInUse
                    && !leases.isCondemned(each.number())
                    && frames + dead <= MOST_DEAD_FRAMES) {
                // Chunks of a damaged one are unknown to backups already: waiting would save nobody anything.
                if (leases.isDoubted(each.number()) || isOld(each, rules)) {
                    found.add(each);
                    frames += dead;
                } else {
                    young.add(each);
                }
            }
        }
        return new Candidates(found, young);
    }

    private boolean isOld(Census.Container container, Rules rules) {
        if (rules.graceMillis == 0) {
            return true;
        }
        try (ContainerReader open = open(container)) {
            return clock.millis() - open.header().created() >= rules.graceMillis;
        } catch (IOException e) {
            // Whoever deletes it will say what is wrong.
            return true;
        }
    }

    private ContainerReader open(Census.Container container) throws IOException {
        if (container.info().archived()) {
            return ContainerReader.open(
                    archive.open(container.number()), Path.of(String.format("vault:%08x", container.number())), vault);
        }
        return ContainerReader.open(disk, path(container), vault, false);
    }

    private Path path(Census.Container container) {
        return volumes.containerPath(container.info().volume(), container.number());
    }

    /** Marks, copies, condemns, and deletes what nobody can rely on any more, now or from earlier collections. */
    public synchronized Outcome collect(Rules rules, Progress progress, BooleanSupplier stopping) throws IOException {
        Pace pace = new Pace(() -> leases.count() > 0, stopping);
        List<String> warnings = new ArrayList<>();
        Tally tally = new Tally();
        deleteWhatMayGo(tally, warnings, pace, progress);
        // In this order: what a session stores from now on is out of reach, what one committed before is marked.
        int firstInUse = leases.firstInUse();
        Manifests.All all = manifests.complete();
        List<StoredSnapshot> snapshots = all.snapshots();
        Unreadable unreadable = new Unreadable(all);
        Census census = mark(snapshots, unreadable, pace, progress);
        warnings.addAll(unreadable.warnings);
        Candidates found = candidates(census, rules, firstInUse);
        List<Census.Container> candidates = found.go;
        Survey survey = survey(census, snapshots.size(), found);
        Set<UUID> marked = new HashSet<>();
        snapshots.forEach(each -> marked.add(each.id()));
        // What is wholly dead first: on a full disk it makes the room to copy the rest.
        List<Census.Container> dead =
                candidates.stream().filter(each -> each.liveFrames() == 0).toList();
        condemn(dead, marked);
        deleteWhatMayGo(tally, warnings, pace, progress);
        List<Census.Container> partly =
                candidates.stream().filter(each -> each.liveFrames() > 0).toList();
        condemn(moveLive(partly, census, tally, warnings, pace, progress), marked);
        deleteWhatMayGo(tally, warnings, pace, progress);
        if (leases.count() == 0 && tally.deleted > 0) {
            index.sweepOwners(step -> ingest.exclusively(step::run));
        }
        int left = waiting.stream().mapToInt(each -> each.containers.size()).sum();
        return new Outcome(survey, tally.deleted, tally.freed - tally.copied, left, List.copyOf(warnings));
    }

    private static final class Tally {
        private int deleted;
        private long freed;
        private long copied;
    }

    private void condemn(List<Census.Container> containers, Set<UUID> marked) {
        if (!containers.isEmpty()) {
            long condemnation = leases.condemn(
                    containers.stream().map(Census.Container::number).toList());
            containers.forEach(each -> ingest.forget(each.number(), List.of()));
            waiting.add(new Condemned(condemnation, containers, marked));
        }
    }

    /** Returns the containers of which nothing that was marked is left. */
    private List<Census.Container> moveLive(
            List<Census.Container> containers,
            Census census,
            Tally tally,
            List<String> warnings,
            Pace pace,
            Progress progress)
            throws IOException {
        List<Census.Container> emptied = new ArrayList<>();
        try (Moves moves = new Moves()) {
            int done = 0;
            for (Census.Container each : containers) {
                pace.work(() -> {
                    try (ContainerReader from = open(each)) {
                        Relocation relocation = moves.of(from.header().kind());
                        // Out of a damaged one comes whatever can be found; it is deleted only once nothing is missing.
                        List<FrameEntry> entries =
                                leases.isDoubted(each.number()) ? from.entries() : entries(each, from);
                        for (FrameEntry entry : entries) {
                            if (census.isLive(each.number(), entry.ordinal()) && pointsTo(each.number(), entry)) {
                                copy(relocation, from, each.number(), entry);
                            }
                        }
                        emptied.add(each);
                    } catch (IndexException e) {
                        throw e;
                    } catch (IOException e) {
                        warnings.add(
                                String.format("container %08x is left as it is: %s", each.number(), e.getMessage()));
                    }
                });
                progress.step("containers copied", ++done, containers.size());
            }
            moves.flush();
            tally.copied += moves.copiedBytes();
        }
        // A copy that failed may have taken frames of several containers with it.
        List<Census.Container> empty = new ArrayList<>();
        for (Census.Container each : emptied) {
            if (holdsLive(each, census)) {
                warnings.add(String.format(
                        "container %08x keeps chunks that could not be copied%s",
                        each.number(), leases.isDoubted(each.number()) ? ", since they are damaged" : ""));
            } else {
                empty.add(each);
            }
        }
        return empty;
    }

    /** A chunk that cannot be read stays behind; the others of its container need not. */
    private void copy(Relocation relocation, ContainerReader from, int container, FrameEntry entry) throws IOException {
        Packed packed;
        try {
            // An older release may have stored it in a form that is not written any more.
            packed = from.readVerified(entry).toCanonical();
        } catch (FormatException e) {
            reader.report(container, e);
            return;
        }
        relocation.copy(container, entry, packed);
    }

    private boolean holdsLive(Census.Container container, Census census) throws IOException {
        try (ContainerReader open = open(container)) {
            for (FrameEntry entry : open.entries()) {
                if (census.isLive(container.number(), entry.ordinal()) && pointsTo(container.number(), entry)) {
                    return true;
                }
            }
        }
        return false;
    }

    private boolean pointsTo(int container, FrameEntry entry) throws IOException {
        Location location = index.find(entry.id());
        return location != null && location.container() == container && location.offset() == entry.offset();
    }

    private void deleteWhatMayGo(Tally tally, List<String> warnings, Pace pace, Progress progress) throws IOException {
        while (!waiting.isEmpty() && leases.ended(waiting.getFirst().condemnation)) {
            delete(waiting.getFirst(), tally, warnings, pace, progress);
            waiting.removeFirst();
        }
    }

    private void delete(Condemned condemned, Tally tally, List<String> warnings, Pace pace, Progress progress)
            throws IOException {
        condemnedNow = condemned.containers;
        listed.clear();
        Manifests.All all = manifests.complete();
        List<StoredSnapshot> since = all.snapshots().stream()
                .filter(each -> !condemned.marked.contains(each.id()))
                .toList();
        // A manifest that cannot be read now is no reason: if it could be at the marking it was marked, and if it could
        // not, so was everything that its node owned.
        List<Census.Container> going = since.isEmpty()
                ? condemned.containers
                : rescue(condemned.containers, since, tally, warnings, pace, progress);
        int done = 0;
        for (Census.Container each : going) {
            pace.work(() -> {
                try {
                    delete(each);
                    tally.deleted++;
                    tally.freed += each.info().archived() ? 0 : each.info().bytes();
                } catch (IndexException e) {
                    throw e;
                } catch (IOException e) {
                    spare(each, warnings, e);
                }
            });
            progress.step("containers deleted", ++done, going.size());
        }
    }

    private void spare(Census.Container container, List<String> warnings, IOException cause) {
        leases.pardon(container.number());
        warnings.add(String.format("container %08x is not deleted: %s", container.number(), cause.getMessage()));
    }

    /** Copies what snapshots refer to that were made since the marking; returns the containers that may go. */
    private List<Census.Container> rescue(
            List<Census.Container> containers,
            List<StoredSnapshot> since,
            Tally tally,
            List<String> warnings,
            Pace pace,
            Progress progress)
            throws IOException {
        List<Census.Container> going = new ArrayList<>();
        List<FrameEntry> entries = new ArrayList<>();
        for (Census.Container each : containers) {
            try {
                entries.addAll(frames(each));
                going.add(each);
            } catch (IOException e) {
                spare(each, warnings, e);
            }
        }
        Rescue rescue = new Rescue(entries);
        entries.clear();
        Unreadable unreadable = new Unreadable(new Manifests.All(List.of(), Map.of()));
        new References(vault, index, manifests, reader, pace).visit(since, unreadable.noting(rescue::wanted), progress);
        unreadable.requireOwnersKnown();
        rescue.unreadable = unreadable;
        warnings.addAll(unreadable.warnings);
        List<Census.Container> rescued = new ArrayList<>();
        try (Moves moves = new Moves()) {
            for (Census.Container each : going) {
                try {
                    rescue.copyWanted(each, moves);
                    rescued.add(each);
                } catch (IOException e) {
                    spare(each, warnings, e);
                }
            }
            moves.flush();
            tally.copied += moves.copiedBytes();
        }
        List<Census.Container> empty = new ArrayList<>();
        for (Census.Container each : rescued) {
            if (rescue.isStillWanted(each)) {
                spare(each, warnings, new IOException("copying failed"));
            } else {
                empty.add(each);
            }
        }
        return empty;
    }

    private void delete(Census.Container container) throws IOException {
        List<FrameEntry> entries = frames(container);
        // The index first: a file that it does not know is found at the next start and entered again, which costs room
        // alone.
        ingest.exclusively(() -> {
            try (ChunkIndex.Batch batch = index.batch()) {
                for (FrameEntry entry : entries) {
                    if (pointsTo(container.number(), entry)) {
                        batch.removeChunk(entry.id());
                    }
                }
                batch.removeContainer(container.number()).commit();
            }
        });
        reader.forget(container.number());
        ingest.forget(container.number(), entries);
        if (!container.info().archived()) {
            Path file = path(container);
            try {
                disk.delete(file);
            } catch (NoSuchFileException e) {
                LOG.log(System.Logger.Level.WARNING, "container " + file + " was gone already");
            }
            disk.syncDirectory(Objects.requireNonNull(file.getParent()));
            ingest.released(container.info().bytes());
        }
        // Last: cut off before this, it comes back as one that is in the archive, not as one that is nowhere.
        archive.dropped(container.number());
    }

    /** All that a container holds, by the archive's lists where it must be thawed before it can be read. */
    private List<FrameEntry> frames(Census.Container container) throws IOException {
        if (!listed.containsKey(container.number())) {
            try (ContainerReader open = open(container)) {
                return entries(container, open);
            } catch (FrozenException e) {
                Set<Integer> numbers = new HashSet<>();
                condemnedNow.forEach(each -> numbers.add(each.number()));
                archive.list(numbers, (number, bytes, frames) -> listed.put(number, frames));
            }
        }
        List<FrameEntry> frames = listed.getOrDefault(container.number(), List.of());
        if (frames.size() != container.info().frames()) {
            throw new IOException("it is frozen in the vault, whose lists do not tell what it holds");
        }
        return frames;
    }

    /** All that a container holds; one of which something cannot be found is left alone. */
    private static List<FrameEntry> entries(Census.Container container, ContainerReader open) throws IOException {
        List<FrameEntry> entries = open.entries();
        if (entries.size() != container.info().frames()) {
            throw FormatException.corrupt(String.format(
                    "container %08x is damaged: %d of its %d frames can be found",
                    container.number(), entries.size(), container.info().frames()));
        }
        return entries;
    }

    /** Finds, among condemned chunks, those that newer snapshots refer to. */
    private final class Rescue {
        private final long[] ids;
        private final BitSet wanted;
        private @Nullable Unreadable unreadable;

        Rescue(List<FrameEntry> entries) {
            ids = entries.stream()
                    .mapToLong(entry -> entry.id().a())
                    .sorted()
                    .distinct()
                    .toArray();
            wanted = new BitSet(ids.length);
        }

        void wanted(ChunkId id) {
            int at = Arrays.binarySearch(ids, id.a());
            if (at >= 0) {
                wanted.set(at);
            }
        }

        private boolean isWanted(Census.Container container, FrameEntry entry) throws IOException {
            int at = Arrays.binarySearch(ids, entry.id().a());
            boolean needed = at >= 0 && wanted.get(at) || unreadable != null && unreadable.mayNeed(entry.id());
            return needed && pointsTo(container.number(), entry);
        }

        void copyWanted(Census.Container container, Moves moves) throws IOException {
            if (listed.containsKey(container.number()) && !isStillWanted(container)) {
                // It cannot be read, and need not be.
                return;
            }
            try (ContainerReader from = open(container)) {
                for (FrameEntry entry : from.entries()) {
                    if (isWanted(container, entry)) {
                        copy(moves.of(from.header().kind()), from, container.number(), entry);
                    }
                }
            }
        }

        boolean isStillWanted(Census.Container container) throws IOException {
            for (FrameEntry entry : frames(container)) {
                if (isWanted(container, entry)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** One relocation for each kind of container. */
    private final class Moves implements AutoCloseable {
        private final Map<ContainerHeader.Kind, Relocation> byKind = new EnumMap<>(ContainerHeader.Kind.class);

        Relocation of(ContainerHeader.Kind kind) {
            return byKind.computeIfAbsent(
                    kind, each -> new Relocation(disk, vault, index, volumes, ingest, each, clock));
        }

        void flush() throws IOException {
            for (Relocation each : byKind.values()) {
                each.flush();
            }
        }

        long copiedBytes() {
            return byKind.values().stream().mapToLong(Relocation::copiedBytes).sum();
        }

        @Override
        public void close() throws IOException {
            @Nullable IOException failure = null;
            for (Relocation each : byKind.values()) {
                try {
                    each.close();
                } catch (IOException e) {
                    failure = e;
                }
            }
            if (failure != null) {
                throw failure;
            }
        }
    }
}
