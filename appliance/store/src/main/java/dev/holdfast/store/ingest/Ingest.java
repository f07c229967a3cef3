package dev.holdfast.store.ingest;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.Adoption;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.ContainerInfo;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The way in: verifies, deduplicates, compresses and appends chunks, and makes them durable in groups.
 *
 * <p>Order of durability: frames reach the disk (fdatasync), then the index learns of them (synced batch), then the
 * sequence number counts as durable. A chunk is visible to look-ups through the index only, thus never before it is
 * durable; until then {@code pending} lets sessions share it. Safe for use by several threads.
 */
public final class Ingest implements AutoCloseable {
    private static final long GROUP_MILLIS = 200;
    private static final long GROUP_BYTES = 64L << 20;

    /** What to do in the index once frames are on disk. */
    private sealed interface Op {
        record NewChunk(ChunkId id, Location location, ContainerWriter writer) implements Op {}

        record NewOwner(Owner owner, Adoption adoption) implements Op {}
    }

    private record Owner(int node, ChunkId id) {}

    /** A chunk on its way: who stores it, and where once appended. */
    private record Pending(int owner, CompletableFuture<Location> location) {}

    /** Sequence numbers (from, to] whose making durable failed. */
    private record Lost(long from, long to, IOException cause) {}

    private final Disk disk;
    private final InstantSource clock;
    private final VaultKeys vault;
    private final ChunkIndex index;
    private final Volumes volumes;
    private final long capacityBytes;
    private final int compressionLevel;
    private final Locality locality;
    private final Slot[] data;
    private final Slot metadata;

    private final Map<ChunkId, Pending> pending = new ConcurrentHashMap<>();
    private final Map<Owner, Adoption> pendingOwners = new ConcurrentHashMap<>();
    private final Map<Integer, Integer> liveContainers = new ConcurrentHashMap<>();
    private final AtomicInteger nextContainer;
    private final AtomicLong usedBytes;
    private final AtomicLong adoptions = new AtomicLong();

    /** Held by whoever changes where chunks lie, from looking to writing. */
    private final ReentrantLock changes = new ReentrantLock();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition work = lock.newCondition();
    private final Condition committed = lock.newCondition();
    private List<Op> ops = new ArrayList<>();
    private long opBytes;
    private long sequence;
    private long durable;
    private boolean hurry;
    private boolean stopping;
    /** How often full containers were sealed. */
    private long sealRounds;

    private final List<Lost> losses = new ArrayList<>();
    private volatile boolean shared;
    /** Whether any group was lost; of the committer's thread alone. */
    private boolean lossy;

    private final Thread committer;
    private final Leases leases;

    /**
     * @param usedBytes what containers take already, counted against {@code capacityBytes}
     * @param nextContainer a number above that of every container
     */
    public Ingest(
            Disk disk,
            VaultKeys vault,
            ChunkIndex index,
            Volumes volumes,
            Limits limits,
            long usedBytes,
            int nextContainer,
            InstantSource clock) {
        this.disk = disk;
        this.clock = clock;
        this.vault = vault;
        this.index = index;
        this.volumes = volumes;
        this.capacityBytes = limits.capacityBytes();
        this.compressionLevel = limits.compressionLevel();
        this.locality = new Locality(this::trailer, limits.localityBytes());
        this.usedBytes = new AtomicLong(usedBytes);
        this.nextContainer = new AtomicInteger(nextContainer);
        this.leases = new Leases(this.nextContainer::get);
        this.data = Stream.generate(() -> new Slot(ContainerHeader.Kind.DATA, this::newContainer))
                .limit(limits.openContainers())
                .toArray(Slot[]::new);
        this.metadata = new Slot(ContainerHeader.Kind.METADATA, this::newContainer);
        this.committer = Thread.ofPlatform().name("ingest-committer").start(this::commitLoop);
    }

    /** @param localityBytes heap for the trailers of containers that look-ups hit lately */
    public record Limits(long capacityBytes, int compressionLevel, int openContainers, long localityBytes) {}

    private ContainerWriter newContainer(ContainerHeader.Kind kind) throws IOException {
        int volume = volumes.emptiest();
        if (volume < 0) {
            throw downToReserve();
        }
        int number = nextContainer.getAndIncrement();
        ContainerHeader header =
                new ContainerHeader(kind, vault.currentEpoch(), UUID.randomUUID(), vault.id(), number, clock.millis());
        ContainerWriter writer = new ContainerWriter(
                disk, volumes.prepareContainer(volume, number), vault, header, ContainerWriter.TARGET_BYTES);
        // The name must be as durable as the first frame that is acknowledged.
        Path directory = volumes.containerPath(volume, number).getParent();
        if (directory != null) {
            try {
                disk.syncDirectory(directory);
            } catch (IOException e) {
                writer.close();
                throw e;
            }
        }
        liveContainers.put(number, volume);
        return writer;
    }

    private StoreFullException downToReserve() {
        return new StoreFullException("the file systems of all volumes are down to their reserve: " + volumes.roots()
                + ". What is stored stays readable. On the appliance: make room on these file systems, or forget snapshots"
                + " and then run: " + TypedCommand.elsewhere("appliance", "gc", "--grace-hours", "0", "--data", "DIR"));
    }

    /** The volume of a container that is not sealed yet, or null. */
    public @Nullable Integer volumeOfLive(int number) {
        return liveContainers.get(number);
    }

    public long usedBytes() {
        return usedBytes.get();
    }

    /** Containers were deleted, or (negative) came from elsewhere than a session. */
    public void released(long bytes) {
        usedBytes.addAndGet(-bytes);
    }

    public Leases leases() {
        return leases;
    }

    /** Something that looks into the index and changes it accordingly. */
    public interface Change {
        void run() throws IOException;
    }

    /** Runs while nobody else changes where chunks lie; briefly. */
    public void exclusively(Change change) throws IOException {
        changes.lock();
        try {
            change.run();
        } finally {
            changes.unlock();
        }
    }

    /** Forgets what look-ups remember of a container, and of chunks that are no more. */
    public void forget(int container, List<FrameEntry> gone) {
        locality.forget(container, gone);
    }

    /** What these containers hold is to be sent again; see {@link Leases}. */
    public void doubt(Collection<Integer> containers) {
        leases.doubt(containers);
        containers.forEach(each -> locality.forget(each, List.of()));
    }

    /** This container was healed. */
    public void trust(int container) {
        leases.trust(container);
    }

    /** Somebody else than sessions enters chunks from now on: whoever enters one looks first what is there. */
    public void sharedIndex() {
        shared = true;
    }

    /** Where a chunk lies that this session may take for stored. */
    private @Nullable Location known(ChunkId id, Leases.Lease lease) throws IOException {
        Location location = index.find(id);
        return location == null || leases.counts(location.container(), lease) ? location : null;
    }

    /** A number that no container has yet, for one that comes from elsewhere. */
    public int newNumber() {
        return nextContainer.getAndIncrement();
    }

    /** Refuses early what could not be stored anyway. */
    public void requireRoom() throws IOException {
        if (usedBytes.get() >= capacityBytes) {
            throw new StoreFullException("the appliance's capacity of " + capacityBytes
                    + " bytes is used up; what is stored stays readable");
        }
        if (volumes.emptiest() < 0) {
            throw downToReserve();
        }
    }

    /** Which chunks {@code node} may refer to without sending them: those it stored itself. */
    public boolean[] owned(int node, Leases.Lease lease, List<Digest> digests) throws IOException {
        List<ChunkId> ids = digests.stream().map(vault::chunkId).toList();
        boolean[] owned = new boolean[ids.size()];
        // Before the index: chunks and owners leave pending after they entered it, so what is in neither was never
        // there.
        for (int i = 0; i < owned.length; i++) {
            Pending underWay = pending.get(ids.get(i));
            owned[i] = (underWay != null
                            && underWay.owner == node
                            && appended(underWay)
                            && leases.counts(underWay.location.join().container(), lease))
                    || (pendingOwners.containsKey(new Owner(node, ids.get(i))) && counts(ids.get(i), underWay, lease));
        }
        List<Integer> asked = new ArrayList<>();
        for (int i = 0; i < owned.length; i++) {
            if (!owned[i]) {
                // A container at hand can say yes only: the index may know of more owners, and of another copy.
                Location near = locality.find(ids.get(i));
                owned[i] = near != null && near.owner() == node && leases.counts(near.container(), lease);
                if (!owned[i]) {
                    asked.add(i);
                }
            }
        }
        List<@Nullable Location> locations =
                index.find(asked.stream().map(ids::get).toList());
        List<Location> found = new ArrayList<>();
        for (int i = 0; i < locations.size(); i++) {
            Location location = locations.get(i);
            if (location != null && leases.counts(location.container(), lease)) {
                owned[asked.get(i)] = index.owns(node, ids.get(asked.get(i)), location);
                found.add(location);
            }
        }
        locality.found(found);
        return owned;
    }

    /** Whether what a pending owner was entered for may be taken for stored. */
    private boolean counts(ChunkId id, @Nullable Pending underWay, Leases.Lease lease) throws IOException {
        if (underWay != null && appended(underWay)) {
            return leases.counts(underWay.location.join().container(), lease);
        }
        return known(id, lease) != null;
    }

    private @Nullable List<FrameEntry> trailer(int container) throws IOException {
        ContainerInfo info = index.container(container);
        if (info == null || info.archived()) {
            return null;
        }
        Path path = volumes.containerPath(info.volume(), container);
        List<FrameEntry> entries;
        try (ContainerReader reader = ContainerReader.open(disk, path, vault, false)) {
            entries = reader.readTrailer();
        }
        // Only what the index finds there: of what was copied elsewhere this copy may go first.
        List<Location> locations =
                index.find(entries.stream().map(FrameEntry::id).toList());
        List<FrameEntry> current = new ArrayList<>();
        for (int i = 0; i < entries.size(); i++) {
            Location location = locations.get(i);
            if (location != null
                    && location.container() == container
                    && location.offset() == entries.get(i).offset()) {
                current.add(entries.get(i));
            }
        }
        return current;
    }

    /** Look-ups of known chunks that needed no index, and those that did. */
    public LookUps lookUps() {
        Locality.Figures figures = locality.figures();
        return new LookUps(figures.answered(), figures.passed());
    }

    /** Look-ups of backups: answered by containers at hand, and those that went to the index. */
    public record LookUps(long near, long inIndex) {}

    private static boolean appended(Pending chunk) {
        return chunk.location.isDone() && !chunk.location.isCompletedExceptionally();
    }

    /**
     * Verifies and stores one chunk. Called on worker threads.
     *
     * @param stream spreads concurrent sessions over the open containers
     * @return its sequence number; it is durable once {@link #durable()} has reached that
     */
    public long put(int node, long stream, Leases.Lease lease, ChunkKind kind, Digest claimed, Packed packed)
            throws IOException {
        byte[] raw = accepted(claimed, packed);
        List<Digest> listed = listed(kind, raw);
        if (!listed.isEmpty()) {
            requireOwned(node, lease, listed);
        }
        ChunkId id = vault.chunkId(claimed);
        while (true) {
            Pending mine = new Pending(node, new CompletableFuture<>());
            Pending other = pending.putIfAbsent(id, mine);
            if (other != null) {
                // Wait for the location only: durability comes with the group.
                Location theirs = await(other);
                if (theirs != null && !leases.counts(theirs.container(), lease)) {
                    // Good enough for the other's session, which is older than ours.
                    Thread.onSpinWait();
                    continue;
                }
                if (theirs != null) {
                    return adopt(node, stream, kind, id, packed, raw, other.owner);
                }
                // It failed and is gone from pending: our own turn.
                continue;
            }
            try {
                Location stored = known(id, lease);
                if (stored != null) {
                    pending.remove(id, mine);
                    mine.location.complete(stored);
                    boolean owned =
                            kind == ChunkKind.PAGE ? index.ownsAsPage(node, id, stored) : index.owns(node, id, stored);
                    return owned ? currentSequence() : adopt(node, stream, kind, id, packed, raw, stored.owner());
                }
                return store(node, stream, kind, id, packed, raw, mine);
            } catch (IOException | RuntimeException | Error e) {
                pending.remove(id, mine);
                mine.location.completeExceptionally(e);
                throw e;
            }
        }
    }

    /**
     * The plaintext, once it is sure that whoever reads the chunk later can parse it.
     *
     * @throws RefusedChunkException where no client of ours could have sent it
     */
    private static byte[] accepted(Digest claimed, Packed packed) throws IOException {
        byte[] raw;
        try {
            packed.requireCanonical();
            raw = packed.unpack();
        } catch (FormatException e) {
            throw new RefusedChunkException(e);
        }
        if (!Digest.of(raw).equals(claimed)) {
            throw new DigestMismatchException(claimed);
        }
        return raw;
    }

    /**
     * The chunks that a chunk of metadata lists.
     *
     * @throws RefusedChunkException where it is not what its kind says
     */
    private static List<Digest> listed(ChunkKind kind, byte[] raw) throws IOException {
        try {
            return switch (kind) {
                case DATA -> List.of();
                case PAGE -> Page.parse(raw).chunks();
                case REPORT -> {
                    Problem.parsePage(raw);
                    yield List.of();
                }
                case ROOT -> throw FormatException.corrupt("a client may not store chunks of kind " + kind);
            };
        } catch (FormatException e) {
            if (e.problem() != FormatException.Problem.CORRUPT) {
                throw e;
            }
            throw new RefusedChunkException(e);
        }
    }

    private static @Nullable Location await(Pending other) {
        try {
            return other.location.join();
        } catch (CompletionException e) {
            return null;
        }
    }

    /** Throws unless {@code node} stored all of these itself. */
    public void requireOwned(int node, Leases.Lease lease, List<Digest> digests) throws IOException {
        boolean[] owned = owned(node, lease, digests);
        for (int i = 0; i < owned.length; i++) {
            if (!owned[i]) {
                throw new UnknownChunkException(digests.get(i));
            }
        }
    }

    /**
     * Throws unless {@code node} stored all of these itself.
     *
     * @return those of which it is not known that the node stored them as pages, so that what they list must be checked
     */
    public List<Digest> requirePages(int node, Leases.Lease lease, List<Digest> digests) throws IOException {
        requireOwned(node, lease, digests);
        List<Digest> unchecked = new ArrayList<>();
        for (Digest digest : digests) {
            if (!storedAsPage(node, vault.chunkId(digest))) {
                unchecked.add(digest);
            }
        }
        return unchecked;
    }

    private boolean storedAsPage(int node, ChunkId id) throws IOException {
        Pending underWay = pending.get(id);
        if (underWay != null && underWay.owner == node && appended(underWay)) {
            return underWay.location.join().kind() == ChunkKind.PAGE;
        }
        Adoption adopting = pendingOwners.get(new Owner(node, id));
        if (adopting != null && adopting.asPage()) {
            return true;
        }
        Location location = index.find(id);
        return location != null && index.ownsAsPage(node, id, location);
    }

    private long store(int node, long stream, ChunkKind kind, ChunkId id, Packed packed, byte[] raw, Pending mine)
            throws IOException {
        Packed best = packed.codec() == Codec.RAW ? compressVerified(raw) : packed;
        long bytes = best.payload().length;
        requireRoomFor(bytes);
        Slot slot = slot(kind, stream);
        Slot.Appended appended = slot.append(id, kind, node, best);
        FrameEntry entry = appended.entry();
        usedBytes.addAndGet(entry.storedLength());
        Location location = location(appended.writer().header().number(), entry);
        long number = enqueue(new Op.NewChunk(id, location, appended.writer()), bytes);
        mine.location.complete(location);
        return number;
    }

    private Slot slot(ChunkKind kind, long stream) {
        return kind.metadata() ? metadata : data[(int) Long.remainderUnsigned(stream, data.length)];
    }

    private void requireRoomFor(long bytes) throws IOException {
        if (usedBytes.get() + bytes > capacityBytes) {
            requireRoom();
            throw new StoreFullException("the appliance's capacity of " + capacityBytes + " bytes is nearly used up");
        }
    }

    public static Location location(int container, FrameEntry entry) {
        return new Location(
                container, entry.offset(), entry.storedLength(), entry.kind(), entry.ordinal(), entry.owner());
    }

    /** What this process compressed itself is unpacked again before anybody relies on it. */
    private Packed compressVerified(byte[] raw) throws IOException {
        Packed packed = Packed.compress(raw, compressionLevel);
        if (packed.codec() == Codec.ZSTD && !java.util.Arrays.equals(packed.unpack(), raw)) {
            return new Packed(Codec.INCOMPRESSIBLE, raw.length, raw);
        }
        return packed;
    }

    /** Another node's chunk becomes this node's as well, in the time and at the place of a new one. */
    private long adopt(int node, long stream, ChunkKind kind, ChunkId id, Packed packed, byte[] raw, int firstOwner)
            throws IOException {
        if (firstOwner == node) {
            return currentSequence();
        }
        Packed best = packed.codec() == Codec.RAW ? compressVerified(raw) : packed;
        // Refused as a new one would be, or the refusal tells which chunks are there.
        requireRoomFor(best.payload().length);
        long place = slot(kind, stream).pretend(best);
        Owner owner = new Owner(node, id);
        Adoption now = new Adoption(kind == ChunkKind.PAGE, place, adoptions.incrementAndGet());
        Adoption before = index.adoption(node, id);
        // Sent twice, it stays where it was first, like a new one.
        Adoption merged = pendingOwners.merge(
                owner, before == null ? now : before.again(now), (first, later) -> first.again(later));
        return enqueue(new Op.NewOwner(owner, merged), best.payload().length);
    }

    public long currentSequence() {
        lock.lock();
        try {
            return sequence;
        } finally {
            lock.unlock();
        }
    }

    private long enqueue(Op op, long bytes) {
        lock.lock();
        try {
            ops.add(op);
            opBytes += bytes;
            if (ops.size() == 1 || opBytes >= GROUP_BYTES) {
                work.signal();
            }
            return ++sequence;
        } finally {
            lock.unlock();
        }
    }

    /** Every sequence number up to this is durable, those of {@link #requireNotLost lost} groups excepted. */
    public long durable() {
        lock.lock();
        try {
            return durable;
        } finally {
            lock.unlock();
        }
    }

    /** Returns when {@code number} is durable; pushes the group out at once. */
    public void awaitDurable(long number) {
        lock.lock();
        try {
            while (durable < number) {
                hurry = true;
                work.signal();
                committed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Throws where a sequence number above {@code from} was lost to a disk error. */
    public void requireNotLost(long from) throws IOException {
        lock.lock();
        try {
            for (Lost lost : losses) {
                if (from < lost.to) {
                    throw new IOException(
                            "storing failed: " + lost.cause.getMessage() + "; begin the backup again", lost.cause);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void commitLoop() {
        while (true) {
            List<Op> group;
            long upTo;
            lock.lock();
            try {
                while (ops.isEmpty() && !stopping && !hurry) {
                    work.awaitUninterruptibly();
                }
                long deadline = System.nanoTime() + GROUP_MILLIS * 1_000_000;
                while (!stopping && !hurry && opBytes < GROUP_BYTES) {
                    long left = deadline - System.nanoTime();
                    if (left <= 0) {
                        break;
                    }
                    work.awaitNanos(left);
                }
                if (ops.isEmpty() && stopping) {
                    return;
                }
                group = ops;
                ops = new ArrayList<>();
                opBytes = 0;
                hurry = false;
                upTo = sequence;
            } catch (InterruptedException e) {
                continue;
            } finally {
                lock.unlock();
            }
            IOException failure = null;
            try {
                commit(group);
            } catch (IOException e) {
                failure = e;
            } catch (RuntimeException | Error e) {
                failure = new IOException("committing a group failed: " + e, e);
            }
            for (Op op : group) {
                switch (op) {
                    case Op.NewChunk chunk -> pending.remove(chunk.id);
                    case Op.NewOwner owner -> pendingOwners.remove(owner.owner);
                }
            }
            lock.lock();
            try {
                if (failure != null) {
                    losses.add(new Lost(durable, upTo, failure));
                    lossy = true;
                }
                durable = upTo;
                committed.signalAll();
            } finally {
                lock.unlock();
            }
            sealFull();
            lock.lock();
            try {
                sealRounds++;
                committed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** Ends and seals the containers that are open now; returns when they are sealed. */
    public void sealOpen() {
        for (Slot slot : Stream.concat(Stream.of(data), Stream.of(metadata)).toList()) {
            slot.finish();
        }
        lock.lock();
        try {
            // A round may be under way that began too early.
            long wanted = sealRounds + 2;
            while (sealRounds < wanted && !stopping) {
                hurry = true;
                work.signal();
                committed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void commit(Collection<Op> group) throws IOException {
        if (group.isEmpty()) {
            return;
        }
        Set<ContainerWriter> writers = new LinkedHashSet<>();
        for (Op op : group) {
            if (op instanceof Op.NewChunk chunk) {
                writers.add(chunk.writer);
            }
        }
        for (ContainerWriter writer : writers) {
            writer.sync();
        }
        exclusively(() -> {
            try (ChunkIndex.Batch batch = index.batch()) {
                for (Op op : group) {
                    switch (op) {
                        case Op.NewChunk(ChunkId id, Location location, ContainerWriter writer) ->
                            add(batch, id, location);
                        case Op.NewOwner(Owner owner, Adoption adoption) -> batch.owner(owner.node, owner.id, adoption);
                    }
                }
                batch.commit();
            }
        });
    }

    /**
     * After a lost group a sealed container may have brought a copy of the chunk, and an owner, that must not go. A condemned
     * copy gives way; its owner may be a session's that relies on it.
     */
    private void add(ChunkIndex.Batch batch, ChunkId id, Location location) throws IOException {
        Location known = lossy || shared || leases.everCondemned() ? index.find(id) : null;
        enter(batch, id, location, known);
    }

    private void enter(ChunkIndex.Batch batch, ChunkId id, Location location, @Nullable Location known)
            throws IOException {
        if (known == null || known.equals(location)) {
            batch.chunk(id, location);
            return;
        }
        boolean replaces = !leases.counts(known.container());
        if (replaces) {
            batch.chunk(id, location);
        }
        if (known.owner() != location.owner()) {
            // Only who stored it as a page had what it lists checked.
            Location other = replaces ? known : location;
            batch.owner(other.owner(), id, Adoption.unknown(other.kind() == ChunkKind.PAGE));
        }
    }

    /** On the committer's thread, after the group that holds their last frames. */
    private void sealFull() {
        for (Slot slot : Stream.concat(Stream.of(data), Stream.of(metadata)).toList()) {
            for (ContainerWriter writer : slot.takeFull()) {
                seal(writer);
            }
        }
    }

    private void seal(ContainerWriter writer) {
        int number = writer.header().number();
        try (writer) {
            Integer volume = liveContainers.get(number);
            if (writer.isEmpty()) {
                // Made for chunks that were there already.
                writer.close();
                if (volume != null) {
                    disk.delete(ContainerWriter.openPath(volumes.containerPath(volume, number)));
                    liveContainers.remove(number);
                }
                return;
            }
            List<FrameEntry> entries = writer.seal();
            if (volume != null) {
                ContainerInfo info =
                        new ContainerInfo(volume, entries.size(), Files.size(volumes.containerPath(volume, number)));
                exclusively(() -> {
                    try (ChunkIndex.Batch batch = index.batch()) {
                        // Frames whose group is still to come, or failed: a container that counts as known must be
                        // whole.
                        for (FrameEntry entry : entries) {
                            enter(batch, entry.id(), location(number, entry), index.find(entry.id()));
                        }
                        batch.container(number, info).commit();
                    }
                });
                liveContainers.remove(number);
            }
        } catch (IOException | RuntimeException | Error e) {
            // The file stays .open and readable; the next start seals it.
            System.getLogger(Ingest.class.getName())
                    .log(System.Logger.Level.WARNING, "container " + number + " could not be sealed", e);
        }
    }

    /** Makes everything durable and seals all containers. */
    @Override
    public void close() {
        lock.lock();
        try {
            stopping = true;
            work.signal();
            committed.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (committer.isAlive()) {
            try {
                committer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        for (Slot slot : Stream.concat(Stream.of(data), Stream.of(metadata)).toList()) {
            slot.finish();
        }
        sealFull();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
