package dev.holdfast.agent.memory;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Chunks with their owners, and snapshots, in memory. Safe for use by several threads. */
final class MemoryStore {
    /** In the order in which they were stored, which is that of this store's disk. */
    private final Map<Digest, Stored> chunks = new LinkedHashMap<>();

    private final Map<UUID, Snapshot> snapshots = new LinkedHashMap<>();
    private final Set<Digest> damaged = new HashSet<>();
    private final Set<Digest> frozen = new HashSet<>();
    private long clock = System.currentTimeMillis();

    private record Stored(Packed packed, int place, Set<Integer> owners) {}

    /** @param pages of its root */
    record Snapshot(int node, long committed, byte[] summary, List<PageRef> pages) {}

    synchronized boolean owns(int node, Digest digest) {
        Stored stored = chunks.get(digest);
        return stored != null && stored.owners.contains(node) && !damaged.contains(digest);
    }

    /** Unpacks, rehashes and, for pages and reports, parses before it stores. */
    void put(int node, Message.Upload upload) throws IOException {
        upload.packed().requireCanonical();
        byte[] bytes = upload.packed().unpack();
        if (!HashAlgorithm.NEWEST.digest(bytes).equals(upload.digest())) {
            throw new RemoteException(ErrorCode.DIGEST_MISMATCH, "a chunk does not match its digest");
        }
        switch (upload.kind()) {
            case PAGE -> Page.parse(bytes);
            case REPORT -> Problem.parsePage(bytes);
            case DATA -> {}
        }
        synchronized (this) {
            damaged.remove(upload.digest());
            chunks.computeIfAbsent(
                            upload.digest(), digest -> new Stored(upload.packed(), chunks.size(), new HashSet<>()))
                    .owners
                    .add(node);
        }
    }

    /** Refuses pages that this node did not store, or that refer to chunks that it did not store. */
    synchronized void requireWhole(int node, List<PageRef> pages) throws IOException {
        for (PageRef ref : pages) {
            List<Digest> needed = new ArrayList<>();
            if (owns(node, ref.digest())) {
                needed.addAll(Page.parse(bytes(ref.digest())).chunks());
            } else {
                needed.add(ref.digest());
            }
            for (Digest digest : needed) {
                if (!owns(node, digest)) {
                    throw new RemoteException(ErrorCode.UNKNOWN_CHUNK, "this node did not store chunk " + digest);
                }
            }
        }
    }

    synchronized UUID commit(int node, byte[] summary, List<PageRef> pages) throws IOException {
        SnapshotSummary.parse(summary);
        UUID id = UUID.randomUUID();
        snapshots.put(id, new Snapshot(node, ++clock, summary, List.copyOf(pages)));
        return id;
    }

    synchronized List<Message.SnapshotInfo> list(int node) {
        List<Message.SnapshotInfo> infos = new ArrayList<>();
        snapshots.forEach((id, snapshot) -> {
            if (snapshot.node == node) {
                infos.add(new Message.SnapshotInfo(id, snapshot.committed, snapshot.summary));
            }
        });
        return infos;
    }

    synchronized Snapshot open(int node, UUID id) throws RemoteException {
        Snapshot snapshot = snapshots.get(id);
        if (snapshot == null || snapshot.node != node) {
            throw new RemoteException(ErrorCode.NOT_FOUND, "this node has no snapshot " + id);
        }
        return snapshot;
    }

    /** -1 where the node did not store the chunk. */
    synchronized long place(int node, Digest digest) {
        Stored stored = chunks.get(digest);
        return stored == null || !stored.owners.contains(node) ? -1 : stored.place;
    }

    synchronized Message.Answer read(int node, int index, Digest digest, Message.Reading how) throws IOException {
        if (damaged.contains(digest) || place(node, digest) < 0) {
            return new Message.Answer(index, null, "chunk " + digest + " is damaged");
        }
        if (frozen.contains(digest)) {
            return new Message.Answer(index, null, "in an archive class", true);
        }
        return new Message.Answer(index, how == Message.Reading.VERIFY ? null : packed(digest), "");
    }

    private Packed packed(Digest digest) {
        @Nullable Stored stored = chunks.get(digest);
        if (stored == null) {
            throw new IllegalStateException("no chunk " + digest);
        }
        return stored.packed;
    }

    private byte[] bytes(Digest digest) throws IOException {
        return packed(digest).unpack();
    }

    synchronized void damage(Digest digest) {
        damaged.add(digest);
    }

    synchronized void freeze(Digest digest) {
        frozen.add(digest);
    }

    synchronized void thawAll() {
        frozen.clear();
    }

    synchronized int size() {
        return chunks.size();
    }

    /** The plaintext of all chunks that a snapshot's pages refer to, pages not included. */
    synchronized Map<Digest, byte[]> contentOf(UUID id) throws IOException {
        Map<Digest, byte[]> content = new LinkedHashMap<>();
        Snapshot snapshot = snapshots.get(id);
        if (snapshot != null) {
            for (PageRef ref : snapshot.pages) {
                for (Digest digest : Page.parse(bytes(ref.digest())).chunks()) {
                    content.put(digest, bytes(digest));
                }
            }
        }
        return content;
    }
}
