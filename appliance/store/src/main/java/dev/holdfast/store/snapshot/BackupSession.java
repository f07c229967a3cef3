package dev.holdfast.store.snapshot;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.manifest.Page;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.ingest.Ingest;
import dev.holdfast.store.ingest.KnownChunks;
import dev.holdfast.store.lease.Leases;
import dev.holdfast.store.restore.ChunkReader;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One backup under way. Chunks may come from several threads at once; root pages and the commit from one. Closing a
 * session that was not committed discards the manifest, never the chunks: the next backup finds them.
 */
public final class BackupSession implements AutoCloseable {
    private static final int MAX_SUMMARY_BYTES = 128 << 10;

    private final long id;
    private final int node;
    private final String nodeName;
    private final Ingest ingest;
    private final KnownChunks known;
    private final Manifests manifests;
    private final ChunkReader reader;
    private final long firstSequence;
    private final Leases.Lease lease;
    private final AtomicLong chunks = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final ReentrantLock turn = new ReentrantLock(true);
    private @Nullable ManifestWriter writer;
    private TreePath lastFirst = TreePath.ROOT;
    private boolean ended;

    public BackupSession(long id, int node, String nodeName, Ingest ingest, Manifests manifests, ChunkReader reader)
            throws IOException {
        ingest.allocator().requireRoom();
        this.lease = ingest.leases().open();
        this.id = id;
        this.node = node;
        this.nodeName = nodeName;
        this.ingest = ingest;
        this.known = ingest.known();
        this.manifests = manifests;
        this.reader = reader;
        // From what is durable, not from the latest: chunks on their way already count as known.
        this.firstSequence = ingest.durable();
    }

    public long id() {
        return id;
    }

    public int node() {
        return node;
    }

    /**
     * Held by whoever is about to add pages or to commit, which one thread does at a time: to wait for this lock costs less
     * than to wait on a thread of a pool.
     */
    public ReentrantLock turn() {
        return turn;
    }

    /** Chunks received, and their payload bytes. */
    public long chunks() {
        return chunks.get();
    }

    public long bytes() {
        return bytes.get();
    }

    /** Which of these chunks need not be sent. */
    public boolean[] known(List<Digest> digests) throws IOException {
        return known.owned(node, lease, digests);
    }

    /** Verifies and stores a chunk; returns its sequence number, see {@link #durable()}. */
    public long put(ChunkKind kind, Digest digest, Packed packed) throws IOException {
        long sequence = ingest.put(node, id, lease, kind, digest, packed);
        chunks.incrementAndGet();
        bytes.addAndGet(packed.length());
        return sequence;
    }

    /** Chunks with sequence numbers up to this have reached stable storage. Throws where this session lost some. */
    public long durable() throws IOException {
        long durable = ingest.durable();
        ingest.requireNotLost(firstSequence);
        return durable;
    }

    /** The next pages of the snapshot; each must have been stored by this node. */
    public synchronized void addPages(List<PageRef> pages) throws IOException {
        requireOpen();
        ingest.allocator().requireRoom();
        manifests.limits().requireRoom();
        List<Digest> unchecked = known.requirePages(
                node, lease, pages.stream().map(PageRef::digest).toList());
        if (!unchecked.isEmpty()) {
            // Once for all of them: each was sent before.
            ingest.awaitDurable(ingest.currentSequence());
        }
        for (Digest digest : unchecked) {
            known.requireOwned(
                    node, lease, Page.parse(reader.readVerified(digest)).chunks());
        }
        for (PageRef page : pages) {
            if (page.first().compareTo(lastFirst) < 0) {
                throw FormatException.corrupt("pages are out of order at " + page.first());
            }
            lastFirst = page.first();
            writer().add(page);
        }
    }

    private ManifestWriter writer() throws IOException {
        ManifestWriter open = writer;
        if (open == null) {
            open = manifests.create(node);
            writer = open;
        }
        return open;
    }

    private void requireOpen() throws IOException {
        if (ended) {
            throw FormatException.corrupt("the backup session has ended");
        }
    }

    /** The snapshot's id, before it is one. */
    public synchronized UUID snapshot() throws IOException {
        requireOpen();
        return writer().id();
    }

    /** Makes the snapshot real. Returns once everything that it refers to, and itself, is on stable storage. */
    public synchronized StoredSnapshot commit(byte[] summary) throws IOException {
        requireOpen();
        if (summary.length > MAX_SUMMARY_BYTES) {
            throw FormatException.corrupt("a summary of " + summary.length + " bytes is too large");
        }
        manifests.limits().requireRoom();
        manifests.limits().requireFewer(node, summary.length);
        known.requireOwned(node, lease, SnapshotSummary.parse(summary).report());
        ingest.awaitDurable(ingest.currentSequence());
        ingest.requireNotLost(firstSequence);
        StoredSnapshot snapshot = writer().commit(nodeName, summary);
        ended = true;
        manifests.remember(List.of(snapshot));
        return snapshot;
    }

    @Override
    public synchronized void close() throws IOException {
        ended = true;
        try {
            if (writer != null) {
                writer.close();
                writer = null;
            }
        } finally {
            lease.close();
        }
    }
}
