package dev.holdfast.store.restore;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.bytes.Spares;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.store.container.ContainerReader;
import dev.holdfast.store.container.FrameEntry;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.envelope.ChunkId;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.index.Adoption;
import dev.holdfast.store.index.ChunkIndex;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.parts.StoreParts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads chunks: finds and decrypts them, in the order in which they lie on disk, neighbours with one read. Safe for use
 * by several threads.
 */
public final class ChunkReader implements AutoCloseable {
    /** One read covers frames up to this far apart and this long in all. */
    private static final int MAX_GAP_BYTES = 64 << 10;

    private static final int MAX_RUN_BYTES = 2 << 20;

    private static final Spares<byte[]> RUN_BUFFERS = new Spares<>(() -> new byte[MAX_RUN_BYTES]);
    /** For chunks that are packed, unless they were stored by a release that let them grow. */
    private static final Spares<byte[]> ROOMS = new Spares<>(() -> new byte[Packed.MAX_RAW_BYTES]);

    private final VaultKeys vault;
    private final ChunkIndex index;
    private final ContainerCache containers;
    private final Damage damage;
    private final Set<Integer> suspects = ConcurrentHashMap.newKeySet();

    public ChunkReader(StoreParts parts, Ingest ingest) {
        this.vault = parts.vault();
        this.index = parts.index();
        this.damage = new Damage(ingest.known());
        this.containers = new ContainerCache(parts, ingest.allocator());
    }

    /** A chunk asked for, and where it lies; {@code location} is null where this node has no such chunk. */
    public record Wanted(
            int position,
            Digest digest,
            ChunkId id,
            @Nullable Location location) {}

    /**
     * Where a chunk lies as far as its node may know: where the node itself put it. What another node had stored before sorts
     * as if it had been new, in front of what was stored next.
     *
     * @param place -1 where there is no such chunk
     */
    public record Place(long place, long sequence) implements Comparable<Place> {
        public static final Place NONE = new Place(-1, 0);

        private static final Comparator<Place> ORDER =
                Comparator.comparingLong(Place::place).thenComparingLong(Place::sequence);

        @Override
        public int compareTo(Place other) {
            return ORDER.compare(this, other);
        }
    }

    /**
     * The places of chunks as one node sees them. A chunk whose place is no longer known is taken for the next after the one
     * before it.
     */
    public List<Place> places(int node, List<Wanted> wanted) throws IOException {
        List<Place> places = new ArrayList<>(wanted.size());
        Place last = new Place(0, 0);
        for (Wanted each : wanted) {
            Location location = each.location();
            if (location == null) {
                places.add(Place.NONE);
                continue;
            }
            if (location.owner() == node) {
                last = new Place(location.place(), Long.MAX_VALUE);
            } else {
                Adoption adoption = index.adoption(node, each.id());
                if (adoption != null && adoption.place() >= 0) {
                    last = new Place(adoption.place(), adoption.sequence());
                }
            }
            places.add(last);
        }
        return places;
    }

    /**
     * What became of one chunk: its bytes, or what is wrong. A {@link FrozenException} tells that it can be read later.
     *
     * @param location where it lies, or null where that is unknown
     */
    public record Result(
            int position,
            @Nullable Location location,
            @Nullable Packed packed,
            @Nullable IOException damage) {}

    /** Looks up chunks on behalf of a node, which sees only its own. */
    public List<Wanted> locate(int node, List<Digest> digests) throws IOException {
        List<ChunkId> ids = digests.stream().map(vault::chunkId).toList();
        List<@Nullable Location> locations = index.find(ids);
        List<Wanted> wanted = new ArrayList<>(ids.size());
        for (int i = 0; i < ids.size(); i++) {
            Location location = locations.get(i);
            boolean visible = location != null && index.owns(node, ids.get(i), location);
            wanted.add(new Wanted(i, digests.get(i), ids.get(i), visible ? location : null));
        }
        return wanted;
    }

    /** Groups chunks into runs, each to be read at once by {@link #read}; in the order of the disk. */
    public List<List<Wanted>> plan(List<Wanted> wanted) {
        List<Wanted> sorted = new ArrayList<>(wanted);
        sorted.sort(Comparator.comparingLong(
                w -> w.location() == null ? -1 : w.location().place()));
        List<List<Wanted>> runs = new ArrayList<>();
        List<Wanted> run = new ArrayList<>();
        for (Wanted next : sorted) {
            if (!run.isEmpty() && !joins(run, next)) {
                runs.add(run);
                run = new ArrayList<>();
            }
            run.add(next);
        }
        if (!run.isEmpty()) {
            runs.add(run);
        }
        return runs;
    }

    private static boolean joins(List<Wanted> run, Wanted next) {
        Location first = run.getFirst().location();
        Location last = run.getLast().location();
        Location location = next.location();
        return first != null
                && last != null
                && location != null
                && location.container() == first.container()
                && location.offset() >= end(last)
                && location.offset() - end(last) <= MAX_GAP_BYTES
                && end(location) - first.offset() <= MAX_RUN_BYTES;
    }

    private static long end(Location location) {
        return FrameEntry.end(location.offset(), location.storedLength());
    }

    private static FrameEntry entry(ChunkId id, Location location) {
        return new FrameEntry(
                id, location.offset(), location.storedLength(), location.ordinal(), location.owner(), location.kind());
    }

    /** Bytes that reading a run takes in memory. */
    public static int runBytes(List<Wanted> run) {
        Location first = run.getFirst().location();
        Location last = run.getLast().location();
        return first == null || last == null ? 0 : (int) (end(last) - first.offset());
    }

    /** Bytes that the chunks of a run take, packed. */
    public static int packedBytes(List<Wanted> run) {
        return run.stream().mapToInt(ChunkReader::packedBytes).sum();
    }

    private static int packedBytes(Wanted wanted) {
        Location location = wanted.location();
        return location == null ? 0 : ContainerReader.packedBytes(location.storedLength());
    }

    /** As {@link #read(List, byte[], int)}, into an array of its own. */
    public List<Result> read(List<Wanted> run) throws IOException {
        return read(run, new byte[packedBytes(run)], 0);
    }

    /**
     * Reads one run of {@link #plan}; damage to one chunk does not keep the others back. What is damaged on a volume is read
     * from the archive where that has it.
     *
     * @param room takes {@link #packedBytes} from {@code at} on; results may refer to it
     */
    public List<Result> read(List<Wanted> run, byte[] room, int at) throws IOException {
        List<Result> results = readNear(run, room, at);
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i).damage() != null) {
                results.set(i, whereItIsNow(run, results.get(i)));
            }
            // What is frozen was asked for in the archive already.
            if (results.get(i).damage() != null && !(results.get(i).damage() instanceof FrozenException)) {
                results.set(i, fromArchive(run, results.get(i)));
            }
            report(results.get(i));
        }
        return results;
    }

    private void report(Result result) throws IOException {
        IOException cause = result.damage();
        Location location = result.location();
        if (cause != null && location != null) {
            report(location.container(), cause);
        }
    }

    /** A container, or a frame in it, could not be read back; one that was collected meanwhile is not damaged. */
    public void report(int container, IOException cause) throws IOException {
        if (index.container(container) != null) {
            damage.report(container, cause);
        }
    }

    /** The containers in which something could not be read. */
    public Damage damage() {
        return damage;
    }

    /** The garbage collector may have moved a chunk since it was located. */
    private Result whereItIsNow(List<Wanted> run, Result damaged) throws IOException {
        for (Wanted wanted : run) {
            if (wanted.position() == damaged.position() && wanted.location() != null) {
                Location now = index.find(wanted.id());
                return now == null || now.equals(wanted.location())
                        ? damaged
                        : readNear(new Wanted(wanted.position(), wanted.digest(), wanted.id(), now));
            }
        }
        return damaged;
    }

    private Result fromArchive(List<Wanted> run, Result damaged) {
        for (Wanted wanted : run) {
            Location location = wanted.location();
            if (wanted.position() == damaged.position() && location != null) {
                try (ContainerReader archived = containers.openArchived(location.container())) {
                    Packed packed = archived.readFrame(entry(wanted.id(), location));
                    packed = readable(wanted, packed);
                    suspects.add(location.container());
                    return new Result(wanted.position(), location, packed, null);
                } catch (IOException e) {
                    // Neither there: what is wrong here is what matters.
                    return damaged;
                }
            }
        }
        return damaged;
    }

    /** Containers on volumes that were found damaged, and that the archive has whole; each is told once. */
    public List<Integer> takeSuspects() {
        List<Integer> taken = List.copyOf(suspects);
        suspects.removeAll(taken);
        return taken;
    }

    private Result readNear(Wanted wanted) throws IOException {
        return readNear(List.of(wanted), new byte[packedBytes(wanted)], 0).getFirst();
    }

    private List<Result> readNear(List<Wanted> run, byte[] room, int at) throws IOException {
        List<Result> results = new ArrayList<>(run.size());
        Location first = run.getFirst().location();
        if (first == null) {
            for (Wanted wanted : run) {
                results.add(new Result(
                        wanted.position(),
                        null,
                        null,
                        FormatException.corrupt("chunk " + wanted.digest() + " is not in the store")));
            }
            return results;
        }
        try (ContainerCache.Lease lease = containers.acquire(first.container())) {
            RUN_BUFFERS.<Boolean, IOException>use(buffer -> {
                int length = runBytes(run);
                byte[] bytes = buffer.length < length ? new byte[length] : buffer;
                lease.reader().readRange(first.offset(), length, bytes);
                int next = at;
                for (Wanted wanted : run) {
                    results.add(decrypt(lease, wanted, bytes, first.offset(), room, next));
                    next += packedBytes(wanted);
                }
                return true;
            });
        } catch (FrozenException e) {
            // All of it, and each further attempt would be one more request.
            results.clear();
            for (Wanted wanted : run) {
                results.add(new Result(wanted.position(), wanted.location(), null, e));
            }
        } catch (IOException e) {
            if (run.size() == 1) {
                results.clear();
                results.add(new Result(run.getFirst().position(), first, null, e));
                return results;
            }
            // The run as a whole cannot be read: find out which chunks can.
            results.clear();
            for (Wanted wanted : run) {
                results.add(readNear(wanted));
            }
        }
        return results;
    }

    private Result decrypt(ContainerCache.Lease lease, Wanted wanted, byte[] bytes, long start, byte[] room, int at) {
        Location location = wanted.location();
        if (location == null) {
            throw new IllegalArgumentException("a run mixes known and unknown chunks");
        }
        try {
            FrameEntry entry = entry(wanted.id(), location);
            Packed packed = lease.reader().decrypt(entry, bytes, (int) (location.offset() - start), room, at);
            return new Result(wanted.position(), location, readable(wanted, packed), null);
        } catch (IOException e) {
            return new Result(wanted.position(), location, null, e);
        }
    }

    /** As every client can unpack it: older releases stored what they could decompress, in whatever form it came. */
    private Packed readable(Wanted wanted, Packed packed) throws FormatException {
        if (!packed.canonical()) {
            unpacked(wanted.digest(), packed);
        }
        return packed.toCanonical();
    }

    /** Reads one chunk, whichever node owns it, and checks it against its digest. */
    public byte[] readVerified(Digest digest) throws IOException {
        ChunkId id = vault.chunkId(digest);
        Location location = index.find(id);
        Result result = read(List.of(new Wanted(0, digest, id, location))).getFirst();
        return verified(digest, result);
    }

    /**
     * As {@link #readVerified}, for those who are done with the bytes when they return: without an array for each chunk.
     *
     * @param use must not throw a {@link FormatException}, which would be taken for damage to the chunk
     */
    public <R> R withVerified(Digest digest, Packed.PlainUse<R> use) throws IOException {
        ChunkId id = vault.chunkId(digest);
        Wanted wanted = new Wanted(0, digest, id, index.find(id));
        return ROOMS.use(spare -> {
            int bytes = packedBytes(wanted);
            byte[] room = spare.length < bytes ? new byte[bytes] : spare;
            Result result = read(List.of(wanted), room, 0).getFirst();
            try {
                return packed(result).withPlain((plain, offset, length) -> {
                    requireMatch(digest, vault.hash().digest(plain, offset, length));
                    return use.with(plain, offset, length);
                });
            } catch (FormatException e) {
                reportDamage(result, e);
                throw e;
            }
        });
    }

    private static void requireMatch(Digest digest, Digest found) throws FormatException {
        if (!found.equals(digest)) {
            throw FormatException.corrupt("chunk " + digest + " does not match its digest");
        }
    }

    private byte[] unpacked(Digest digest, Packed packed) throws FormatException {
        byte[] raw = packed.unpack();
        requireMatch(digest, vault.hash().digest(raw));
        return raw;
    }

    /** Unpacks a chunk that was read and rehashes it. */
    public byte[] verified(Digest digest, Result result) throws IOException {
        Packed packed = packed(result);
        try {
            return unpacked(digest, packed);
        } catch (FormatException e) {
            reportDamage(result, e);
            throw e;
        }
    }

    private static Packed packed(Result result) throws IOException {
        if (result.damage() != null || result.packed() == null) {
            throw result.damage() == null ? FormatException.corrupt("no bytes") : result.damage();
        }
        return result.packed();
    }

    private void reportDamage(Result result, FormatException cause) throws IOException {
        Location location = result.location();
        if (location != null) {
            report(location.container(), cause);
        }
    }

    /** Closes a container whose file was deleted. */
    public void forget(int container) throws IOException {
        containers.forget(container);
    }

    @Override
    public void close() throws IOException {
        containers.close();
    }
}
