package dev.holdfast.server.net;

import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.ManifestFile;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Lists and reads snapshots for one connection. Chunks are read by {@link ChunkSender}. */
final class ReadHandler implements AutoCloseable {
    /** What {@link Message.ReadOpened} takes at most. */
    static final int SUMMARY_BYTES = 160 << 10;
    /** A list of pages ends with the one that brings it beyond this. */
    private static final int ROOT_BYTES = 64 << 10;
    /** What the references of {@link Message.RootPages} take at most. */
    static final int MAX_ROOT_BYTES = ROOT_BYTES + TreePath.MAX_BYTES;

    private static final int MAX_ROOT_PAGES = 512;
    /** A part of a list of snapshots. A summary has at most half of it. */
    private static final int SNAPSHOTS_BYTES = 256 << 10;
    /** How many digests one piece of work looks up. */
    private static final int SLICE_DIGESTS = 256;

    private static final int MAX_PURPOSE_CHARACTERS = 200;
    /** A client that opens snapshots faster than it may waits for so long, then it is refused. */
    private static final long OPENING_PATIENCE_NANOS = 20_000_000_000L;

    private final RequestContext context;
    private final Services services;
    private final Limits limits;
    private final Peer peer;
    private final ReadableSnapshots readable;
    private final ChunkSender chunks;
    /** The snapshots that may be read here, and the nodes that made them; the one read last is the last. */
    private final Map<UUID, Integer> open = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Integer> eldest) {
            return size() > Limits.OPEN_SNAPSHOTS;
        }
    };
    /** Restores and verifications that this connection is open for: the task of each. Guarded by {@link #open}. */
    private final Map<UUID, Long> tasks = new HashMap<>();
    /** Where the ranks of the next plan begin. */
    private final AtomicLong planned = new AtomicLong();

    ReadHandler(RequestContext context) {
        this.context = context;
        this.services = context.services();
        this.limits = context.limits();
        this.peer = context.peer();
        this.readable = new ReadableSnapshots(services, peer);
        this.chunks = new ChunkSender(context, readable);
    }

    void handle(Reply reply, Message.ReadRequest request) throws IOException {
        switch (request) {
            case Message.ListSnapshots() -> list(reply);
            case Message.OpenRead read -> reply.last(open(read));
            case Message.ReadRoot root -> reply.last(readRoot(root));
            case Message.Plan(List<Digest> digests) -> reply.last(plan(digests));
            case Message.Get get -> chunks.send(reply, get);
            case Message.AskThaw(UUID id) -> reply.last(thawAdvice(id));
            case Message.Forget(UUID id) -> throw refusal(id);
        }
    }

    /** Whoever takes a machine over takes its certificate too: what it could delete would be no backup. */
    private RemoteException refusal(UUID id) throws IOException {
        context.recordRefusal("forget", id.toString(), "refused");
        return new RemoteException(
                ErrorCode.FORBIDDEN,
                "a node cannot delete snapshots, not even its own; on the appliance: "
                        + TypedCommand.elsewhere("appliance", "snapshot", "forget", id.toString(), "--data", "DIR"));
    }

    // ---- list

    /** Sends one part after the other, each read when there is room for it, in the order of ids. */
    private void list(Reply reply) throws IOException {
        for (int node : readable.nodes()) {
            UUID after = null;
            do {
                after = listAfter(reply, node, after);
                context.out().awaitRoom();
            } while (after != null && !context.out().closed());
        }
        reply.last(new Message.Snapshots(List.of(), true));
    }

    /** Sends the part after a snapshot; returns its last one, or null where there is none. */
    private @Nullable UUID listAfter(Reply reply, int node, @Nullable UUID after) throws IOException {
        context.reserveRestore(SNAPSHOTS_BYTES);
        List<StoredSnapshot> part;
        List<Message.SnapshotInfo> infos;
        try {
            part = context.run(
                    limits.readers, () -> services.store().manifests().page(node, after, SNAPSHOTS_BYTES));
            infos = new ArrayList<>();
            for (StoredSnapshot each : part) {
                infos.add(new Message.SnapshotInfo(each.id(), each.committed(), forClient(each.summary())));
            }
        } catch (IOException | RuntimeException | Error e) {
            context.releaseRestore(SNAPSHOTS_BYTES);
            throw e;
        }
        reply.part(new Message.Snapshots(infos, false), () -> context.releaseRestore(SNAPSHOTS_BYTES));
        return part.isEmpty() ? null : part.getLast().id();
    }

    /** A summary as this client can read it: newer clients, or itself before a downgrade, may have written more. */
    private byte[] forClient(byte[] summary) throws FormatException {
        int version = context.version();
        return version >= Frames.SOURCE_MOUNTS
                ? summary
                : SnapshotSummary.parse(summary).forProtocol(version).encode();
    }

    // ---- open

    private Message.ReadOpened open(Message.OpenRead read) throws IOException {
        UUID id = read.snapshot();
        String text = Failures.brief(read.text(), MAX_PURPOSE_CHARACTERS);
        awaitOpening();
        StoredSnapshot snapshot;
        try {
            snapshot = readable.find(id);
        } catch (RemoteException e) {
            context.recordRefusal("read", id.toString(), "refused: not found");
            throw e;
        }
        context.record(() -> {
            context.audit().done(peer.audited(), peer.label(), "read", ": " + text, id.toString(), "allowed");
            beginTask(snapshot, read.purpose(), text);
        });
        services.offsite().prepare(snapshot);
        context.run(limits.readers, () -> {
            requireReadable(snapshot);
            return true;
        });
        synchronized (open) {
            open.put(id, snapshot.node());
        }
        return new Message.ReadOpened(snapshot.pages(), forClient(snapshot.summary()));
    }

    /** Every opening is audited, so there are only so many a second. */
    private void awaitOpening() throws IOException {
        long asked = System.nanoTime();
        Polling.until(() -> {
            boolean admitted = limits.openings.take(peer.account());
            if (!admitted && System.nanoTime() - asked >= OPENING_PATIENCE_NANOS) {
                throw new RemoteException(
                        ErrorCode.BUSY,
                        "this node opens snapshots faster than they are audited; try again in a minute");
            }
            return admitted;
        });
    }

    /** What people ask for is a task; what an order asks for is part of one already. */
    private void beginTask(StoredSnapshot snapshot, Purpose purpose, String text) throws IOException {
        UUID id = snapshot.id();
        TaskKind kind = switch (purpose) {
            case RESTORE -> TaskKind.RESTORE;
            case VERIFY -> TaskKind.VERIFY;
            case ORDERED_RESTORE, ORDERED_VERIFY -> null;
            case LIST, CAT, MOUNT, FIND, DIFF, REPORT, DRILL, QUICKSTART_RESTORE, CHANGE_DETECTION, OTHER -> null;
        };
        synchronized (open) {
            if (kind != null && !tasks.containsKey(id) && limits.tasks.take(peer.account())) {
                tasks.put(id, services.control().tasks().begin(snapshot.node(), kind, text));
            }
        }
    }

    private void requireReadable(StoredSnapshot snapshot) throws IOException {
        try {
            services.store().manifests().read(snapshot.node(), snapshot.id(), ManifestFile::snapshot);
        } catch (IOException e) {
            throw new RemoteException(
                    ErrorCode.DAMAGED, "the manifest of snapshot " + snapshot.id() + " is damaged: " + e.getMessage());
        }
    }

    /** Walks all of a snapshot, so there are as few a second as of openings. */
    private Message.ThawAdvice thawAdvice(UUID id) throws IOException {
        awaitOpening();
        StoredSnapshot snapshot = readable.find(id);
        return new Message.ThawAdvice(Failures.brief(
                context.run(limits.readers, () -> services.offsite().thawAdvice(snapshot))));
    }

    // ---- pages and plans

    private Message.RootPages readRoot(Message.ReadRoot root) throws IOException {
        UUID id = root.snapshot();
        Integer node;
        synchronized (open) {
            node = open.get(id);
        }
        if (node == null) {
            throw new RemoteException(ErrorCode.NOT_FOUND, "snapshot " + id + " is not open on this connection");
        }
        if (root.from() < 0) {
            throw new RemoteException(ErrorCode.MALFORMED, "page " + root.from() + " of snapshot " + id);
        }
        int owner = node;
        int count = Math.clamp(root.count(), 1, MAX_ROOT_PAGES);
        List<PageRef> pages = context.run(
                limits.readers,
                () -> services.store().manifests().read(owner, id, manifest -> manifest.pages(root.from(), count)));
        int taken = 0;
        for (long bytes = 0; taken < pages.size() && bytes < ROOT_BYTES; taken++) {
            bytes += pages.get(taken).encodedBytes();
        }
        return new Message.RootPages(pages.subList(0, taken));
    }

    /**
     * Tells in which order to ask, and nothing else: neither places nor distances. Older clients sort the answers to several
     * requests together; what was planned first must stay first then.
     */
    private Message.Places plan(List<Digest> digests) throws IOException {
        List<ChunkReader.Place> places = new ArrayList<>(digests.size());
        for (int from = 0; from < digests.size(); from += SLICE_DIGESTS) {
            List<Digest> slice = digests.subList(from, Math.min(digests.size(), from + SLICE_DIGESTS));
            places.addAll(context.run(
                    limits.lookUps, () -> services.store().reader().places(peer.nodeId(), readable.locate(slice))));
        }
        return new Message.Places(ranks(planned.getAndAdd(places.size()), places));
    }

    /** Numbers from {@code first} on in the order of places; -1 for what is not there. */
    static long[] ranks(long first, List<ChunkReader.Place> places) {
        List<Integer> order = IntStream.range(0, places.size())
                .boxed()
                .sorted(Comparator.comparing(places::get))
                .toList();
        long[] ranks = new long[places.size()];
        long next = first;
        for (int i : order) {
            ranks[i] = places.get(i).place() < 0 ? -1 : next++;
        }
        return ranks;
    }

    @Override
    public void close() throws IOException {
        synchronized (open) {
            for (Map.Entry<UUID, Long> each : tasks.entrySet()) {
                services.control()
                        .tasks()
                        .end(
                                each.getValue(),
                                true,
                                chunks.sentChunks(),
                                chunks.sentBytes(),
                                each.getKey().toString());
            }
            tasks.clear();
            open.clear();
        }
    }
}
