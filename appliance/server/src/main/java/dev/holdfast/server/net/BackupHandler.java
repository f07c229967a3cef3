package dev.holdfast.server.net;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Task;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Backups of one connection: it opens a session or joins one of another connection, asks which chunks are known, sends the
 * others, then the root's pages, and commits. A session that ends without a commit leaves no snapshot; its chunks are known to
 * the next attempt.
 */
final class BackupHandler implements AutoCloseable {
    /** How many digests one piece of work looks up, and how many chunks and bytes one stores. */
    private static final int SLICE_DIGESTS = 256;

    private static final int SLICE_CHUNKS = 32;
    private static final int SLICE_BYTES = 256 << 10;
    /** Keeps one small frame from ordering a large amount of work. */
    private static final long MAX_PUT_RAW_BYTES = 256L << 20;

    private static final int MAX_DESCRIPTION_CHARACTERS = 500;

    private final RequestContext context;
    private final Services services;
    private final Limits limits;
    private final Peer peer;

    private @Nullable BackupSession session;
    /** When this connection opened its session, by {@link System#nanoTime()}; 0 while it has opened none. */
    private volatile long openedAt;
    /** The task of a session that this connection opened, rather than joined; 0 for none. */
    private long task;
    /** Whether that task was ordered, so that the client reports its end. */
    private boolean ordered;

    BackupHandler(RequestContext context) {
        this.context = context;
        this.services = context.services();
        this.limits = context.limits();
        this.peer = context.peer();
    }

    Message.Response handle(Message.BackupRequest request) throws IOException {
        return switch (request) {
            case Message.OpenBackup(String description) -> open(description);
            case Message.OpenOrdered(long order) -> openOrdered(order);
            case Message.JoinBackup(long id) -> join(id);
            case Message.Query(List<Digest> digests) -> query(digests);
            case Message.Put(List<Message.Upload> chunks) -> put(chunks);
            case Message.RootPart(List<PageRef> pages) -> addPages(pages);
            case Message.Commit(byte[] summary) -> commit(summary);
        };
    }

    // ---- sessions

    private interface TaskSource {
        long task() throws IOException;
    }

    private synchronized Message.Response open(String description) throws IOException {
        if (!limits.backups.take(peer.nodeId())) {
            throw new RemoteException(
                    ErrorCode.BUSY, "this node has begun too many backups within a short time; try again in a minute");
        }
        return opened(
                () -> services.control()
                        .tasks()
                        .begin(peer.nodeId(), TaskKind.BACKUP, Failures.brief(description, MAX_DESCRIPTION_CHARACTERS)),
                false);
    }

    private synchronized Message.Response openOrdered(long order) throws IOException {
        if (!services.dispatcher().running(peer.nodeId(), order).is(TaskKind.BACKUP)) {
            throw new RemoteException(ErrorCode.NOT_FOUND, "order " + order + " is not a backup");
        }
        return opened(() -> order, true);
    }

    private Message.Response opened(TaskSource source, boolean byOrder) throws IOException {
        endSession(null);
        switch (services.mode()) {
            case FULL -> {}
            case RECOVERED ->
                throw new RemoteException(
                        ErrorCode.READ_ONLY,
                        "this appliance was recovered to read only: it restores and takes no backups");
            case RESCUE -> throw RequestDispatcher.rescue();
        }
        services.suspensions().requireNone(peer.nodeId());
        // The node may have been renamed since it connected.
        String name = services.control().nodes().names().of(peer.nodeId(), peer.name());
        BackupSession opened =
                context.run(limits.workers, () -> services.store().openBackup(peer.nodeId(), name));
        try {
            context.record(() -> task = source.task());
            ordered = byOrder;
        } catch (IOException | RuntimeException | Error e) {
            // Otherwise nothing would ever end it, and the garbage collection would wait for it.
            opened.close();
            throw e;
        }
        session = opened;
        openedAt = System.nanoTime() | 1;
        services.sessions().add(opened);
        return new Message.BackupOpened(opened.id());
    }

    private synchronized Message.Response join(long id) throws IOException {
        endSession(null);
        session = services.sessions().find(id, peer.nodeId());
        task = 0;
        return new Message.Done();
    }

    private synchronized BackupSession session() throws IOException {
        services.suspensions().requireNotSuspended(peer.nodeId());
        if (session == null) {
            throw new RemoteException(ErrorCode.MALFORMED, "no backup is open on this connection");
        }
        return session;
    }

    private void endSession(@Nullable UUID committed) throws IOException {
        BackupSession current = session;
        session = null;
        if (current == null || task == 0) {
            return;
        }
        services.sessions().remove(current);
        openedAt = 0;
        String snapshot = committed == null ? null : committed.toString();
        long ended = task;
        task = 0;
        try (current) {
            ControlDb control = services.control();
            boolean byOrder = ordered;
            context.record(() -> {
                if (byOrder) {
                    control.orders().received(ended, current.chunks(), current.bytes(), snapshot);
                } else {
                    control.tasks().end(ended, committed != null, current.chunks(), current.bytes(), snapshot);
                }
            });
        }
    }

    /** Whether the backup that this connection opened takes longer than any may. */
    boolean overdue() {
        long since = openedAt;
        return since != 0
                && System.nanoTime() - since > limits.deadlines.backup().toNanos();
    }

    @Override
    public synchronized void close() throws IOException {
        endSession(null);
    }

    // ---- chunks

    private Message.Response query(List<Digest> digests) throws IOException {
        BackupSession current = session();
        byte[] bitmap = new byte[(digests.size() + 7) / 8];
        for (int from = 0; from < digests.size(); from += SLICE_DIGESTS) {
            List<Digest> slice = digests.subList(from, Math.min(digests.size(), from + SLICE_DIGESTS));
            boolean[] known = context.run(limits.lookUps, () -> current.known(slice));
            for (int i = 0; i < known.length; i++) {
                int bit = from + i;
                bitmap[bit / 8] |= (byte) (known[i] ? 1 << (bit % 8) : 0);
            }
        }
        return new Message.Known(bitmap);
    }

    private Message.Response put(List<Message.Upload> chunks) throws IOException {
        BackupSession current = session();
        long unpacked =
                chunks.stream().mapToLong(chunk -> chunk.packed().rawLength()).sum();
        if (unpacked > MAX_PUT_RAW_BYTES) {
            throw new RemoteException(
                    ErrorCode.MALFORMED,
                    "chunks of " + unpacked + " bytes in one request; the limit is " + MAX_PUT_RAW_BYTES);
        }
        List<Future<Long>> stored = new ArrayList<>();
        long sequence;
        try {
            for (int from = 0; from < chunks.size(); ) {
                List<Message.Upload> slice = slice(chunks, from);
                from += slice.size();
                stored.add(context.submit(limits.workers, () -> putSlice(current, slice)));
            }
            sequence = awaitStored(stored);
        } finally {
            RequestContext.settle(stored);
        }
        for (Message.Upload chunk : chunks) {
            services.traffic().received().add(chunk.packed().length());
        }
        return new Message.Stored(sequence, current.durable());
    }

    /** Returns the number of the last chunk. Waits for all slices: what is right about a request with failures is kept. */
    private long awaitStored(List<Future<Long>> stored) throws IOException {
        long sequence = 0;
        IOException failure = null;
        for (Future<Long> each : stored) {
            try {
                sequence = Math.max(sequence, RequestContext.await(each));
            } catch (IOException e) {
                context.record(() -> services.suspensions().refused(peer, e));
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return sequence;
    }

    /** The next chunks that one thread stores one after the other. */
    private static List<Message.Upload> slice(List<Message.Upload> chunks, int from) {
        int to = from;
        long bytes = 0;
        while (to < chunks.size() && to - from < SLICE_CHUNKS && (to == from || bytes < SLICE_BYTES)) {
            bytes += chunks.get(to++).packed().rawLength();
        }
        return chunks.subList(from, to);
    }

    private static long putSlice(BackupSession current, List<Message.Upload> chunks) throws IOException {
        long sequence = 0;
        IOException failure = null;
        for (Message.Upload chunk : chunks) {
            try {
                sequence = Math.max(sequence, current.put(chunk.kind(), chunk.digest(), chunk.packed()));
            } catch (IOException e) {
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
        return sequence;
    }

    // ---- snapshot

    /** Pages and commit of a session come one after the other: those that wait must not occupy threads that others need. */
    private <T> T inTurn(BackupSession current, Callable<T> work) throws IOException {
        current.turn().lock();
        try {
            return context.run(limits.workers, work);
        } finally {
            current.turn().unlock();
        }
    }

    private Message.Response addPages(List<PageRef> pages) throws IOException {
        BackupSession current = session();
        inTurn(current, () -> {
            current.addPages(pages);
            return true;
        });
        return new Message.Done();
    }

    private Message.Response commit(byte[] summary) throws IOException {
        BackupSession current = session();
        StoredSnapshot snapshot = inTurn(current, () -> {
            services.retention().committing(current.snapshot(), current.node());
            return current.commit(summary);
        });
        context.record(() -> services.offsite().stored(snapshot));
        // Compares it with all before it, while audit entries of others are written.
        context.record(limits.history, () -> services.retention().committed(snapshot));
        context.record(() -> services.control()
                .audit()
                .append(peer.label(), "backup", snapshot.id().toString(), "committed"));
        synchronized (this) {
            noteFigures(snapshot);
            endSession(snapshot.id());
        }
        return new Message.Committed(snapshot.id());
    }

    /** What the snapshot counts is what the task did, also where its client tells no figures on the way. */
    private void noteFigures(StoredSnapshot snapshot) throws IOException {
        long noted = task;
        if (noted != 0) {
            SnapshotSummary.Counts counts =
                    SnapshotSummary.parse(snapshot.summary()).counts();
            context.record(() -> services.control()
                    .tasks()
                    .figures(noted, new Task.Figures(counts.files(), counts.bytes(), counts.wireBytes(), "")));
        }
    }
}
