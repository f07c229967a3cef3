package dev.holdfast.server.net;

import dev.holdfast.control.db.AuditLimiter;
import dev.holdfast.control.db.EnrolmentRefusedException;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.TaskTable;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.ManifestFile;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Answers the requests of one connection. Called on several threads at once; the connection closes it at its end. */
final class Requests implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Requests.class.getName());
    /** A part of a list of snapshots. A summary has at most half of it. */
    private static final int SNAPSHOTS_BYTES = 256 << 10;
    /** A list of pages ends with the one that brings it beyond this. */
    private static final int ROOT_BYTES = 64 << 10;

    private static final int MAX_ROOT_PAGES = 512;
    private static final int SUMMARY_BYTES = 160 << 10;
    /** Most answers, and every failure, take less. */
    private static final int SMALL_ANSWER_BYTES = 4 << 10;

    private static final int MAX_GET_CHUNKS = 4096;
    /** Stored bytes, and chunks, that are read and answered together, in the order of the request. */
    private static final int WINDOW_BYTES = 2 << 20;

    private static final int WINDOW_CHUNKS = 256;
    /** How many digests one piece of work looks up, and how many chunks and bytes one stores. */
    private static final int SLICE_DIGESTS = 256;

    private static final int SLICE_CHUNKS = 32;
    private static final int SLICE_BYTES = 256 << 10;
    /** Keeps one small frame from ordering a large amount of work. */
    private static final long MAX_PUT_RAW_BYTES = 256L << 20;

    private static final int MAX_NAME_CHARACTERS = 100;
    private static final int MAX_PLATFORM_CHARACTERS = 200;
    private static final int MAX_PURPOSE_CHARACTERS = 200;
    private static final int MAX_DESCRIPTION_CHARACTERS = 500;
    /** A client that opens snapshots faster than it may waits for so long, then it is refused. */
    private static final long OPENING_PATIENCE_NANOS = 20_000_000_000L;
    /** An enrolment beyond the allowance is answered this late: guessing tokens takes little processor time from others. */
    private static final long REFUSED_ENROLMENT_MILLIS = 100;

    private final Peer peer;
    private final Services services;
    private final Limits limits;
    private final AuditLimiter audit;
    private final Outbox out;
    /** The snapshots that may be read here, and the nodes that made them; the one read last is the last. */
    private final Map<UUID, Integer> open = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<UUID, Integer> eldest) {
            return size() > Limits.OPEN_SNAPSHOTS;
        }
    };

    private @Nullable BackupSession session;
    /** When this connection opened its session, by {@link System#nanoTime()}; 0 while it has opened none. */
    private volatile long openedAt;
    /** The task of a session that this connection opened, rather than joined; 0 for none. */
    private long task;
    /** Whether that task was ordered, so that the client tells its end. */
    private boolean ordered;
    /** Restores and verifications that this connection is open for: the task of each. */
    private final Map<UUID, Long> reading = new HashMap<>();

    /** Where the ranks of the next plan begin. */
    private final AtomicLong planned = new AtomicLong();

    private final LongAdder readChunks = new LongAdder();
    private final LongAdder readBytes = new LongAdder();
    private Dispatcher.@Nullable Attendant attendant;

    private volatile int version = Frames.VERSION;

    /** Ends the connection. */
    private final Runnable end;

    private final AtomicReference<Holders.@Nullable Presence> presence = new AtomicReference<>();

    Requests(Peer peer, Services services, Limits limits, AuditLimiter audit, Outbox out, Runnable end) {
        this.peer = peer;
        this.services = services;
        this.limits = limits;
        this.audit = audit;
        this.out = out;
        this.end = end;
    }

    /** The version of the protocol that both sides know. */
    void speak(int agreed) {
        version = agreed;
    }

    /** What the last answer to a request takes at most; parts before it are paid for one by one. */
    static int answerBytes(Message request) {
        return switch (request) {
            case Message.Query(List<Digest> digests) -> SMALL_ANSWER_BYTES + digests.size() / 8;
            case Message.Plan(List<Digest> digests) -> SMALL_ANSWER_BYTES + digests.size() * Long.BYTES;
            case Message.OpenRead m -> SUMMARY_BYTES;
            case Message.ReadRoot m -> ROOT_BYTES + TreePath.MAX_BYTES + SMALL_ANSWER_BYTES;
            default -> SMALL_ANSWER_BYTES;
        };
    }

    /** Sends the answer, or throws what the client is to be told. */
    void handle(Reply reply, Message message) throws IOException {
        Holders.Presence present = presence.get();
        if (present != null && present.heard()) {
            record(() -> services.holders().seen(present));
        }
        if (message instanceof Message.Enroll enroll) {
            reply.last(enroll(enroll));
            return;
        }
        if (message instanceof Message.Ping) {
            reply.last(new Message.Done());
            return;
        }
        if (peer.stranger()) {
            throw new RemoteException(
                    ErrorCode.UNAUTHENTICATED, "no valid node certificate was presented; enrol first");
        }
        switch (message) {
            case Message.Hold hold -> reply.last(hold(hold));
            case Message.OpenBackup(String description) -> reply.last(openBackup(description));
            case Message.OpenOrdered(long id) -> reply.last(openOrdered(id));
            case Message.Attend(List<Long> running) -> attend(reply, running);
            case Message.Progress progress -> {
                // What is left out is a step that the next report overtakes.
                if (limits.reports.take(peer.nodeId())) {
                    record(() -> services.dispatcher().progress(peer.nodeId(), progress));
                }
                reply.last(new Message.Done());
            }
            case Message.Ended ended -> {
                record(() -> services.dispatcher().ended(peer.nodeId(), ended));
                reply.last(new Message.Done());
            }
            case Message.JoinBackup(long id) -> {
                join(id);
                reply.last(new Message.Done());
            }
            case Message.Query(List<Digest> digests) -> reply.last(query(digests));
            case Message.Put(List<Message.Upload> chunks) -> reply.last(put(chunks));
            case Message.RootPart part -> {
                BackupSession current = session();
                inTurn(current, () -> {
                    current.addPages(part.pages());
                    return true;
                });
                reply.last(new Message.Done());
            }
            case Message.Commit(byte[] summary) -> reply.last(commit(summary));
            case Message.ListSnapshots() -> listSnapshots(reply);
            case Message.OpenRead(UUID id, String purpose) -> reply.last(openRead(id, purpose));
            case Message.ReadRoot root -> reply.last(readRoot(root));
            case Message.Plan(List<Digest> digests) -> reply.last(plan(digests));
            case Message.Get get -> get(reply, get);
            case Message.AskThaw(UUID id) -> reply.last(thawAdvice(id));
            case Message.Forget(UUID id) -> {
                // Whoever takes a machine over takes its certificate too: what it could delete would be no backup.
                record(() -> audit.refused(peer.audited(), peer.label(), "forget", id.toString(), "refused"));
                throw new RemoteException(
                        ErrorCode.FORBIDDEN,
                        "a node cannot delete snapshots, not even its own; on the appliance: "
                                + TypedCommand.elsewhere(
                                        "appliance", "snapshot", "forget", id.toString(), "--data", "DIR"));
            }
            case Message.Hello m -> throw unexpected(m);
            case Message.Welcome m -> throw unexpected(m);
            case Message.Enroll m -> throw unexpected(m);
            case Message.Enrolled m -> throw unexpected(m);
            case Message.Ping m -> throw unexpected(m);
            case Message.Held m -> throw unexpected(m);
            case Message.BackupOpened m -> throw unexpected(m);
            case Message.Known m -> throw unexpected(m);
            case Message.Stored m -> throw unexpected(m);
            case Message.Committed m -> throw unexpected(m);
            case Message.Snapshots m -> throw unexpected(m);
            case Message.ReadOpened m -> throw unexpected(m);
            case Message.RootPages m -> throw unexpected(m);
            case Message.Places m -> throw unexpected(m);
            case Message.Chunks m -> throw unexpected(m);
            case Message.ThawAdvice m -> throw unexpected(m);
            case Message.Failure m -> throw unexpected(m);
            case Message.Order m -> throw unexpected(m);
            case Message.Done m -> throw unexpected(m);
        }
    }

    private static RemoteException unexpected(Message message) {
        return new RemoteException(
                ErrorCode.MALFORMED, message.getClass().getSimpleName() + " is no request a client may make here");
    }

    /** Runs on a platform thread and waits on this virtual one. */
    private <T> T onWorker(FairPool pool, Callable<T> work) throws IOException {
        return await(pool.submit(peer.nodeId(), work));
    }

    /** Something that ends in the control database. */
    private interface Recording {
        void run() throws IOException;
    }

    /** Writes to the control database when this node's turn comes. */
    private void record(Recording recording) throws IOException {
        record(limits.control, recording);
    }

    private void record(FairPool pool, Recording recording) throws IOException {
        Future<Boolean> done;
        try {
            done = pool.submit(peer.nodeId(), () -> {
                recording.run();
                return true;
            });
        } catch (RejectedExecutionException e) {
            // The appliance stops, and nobody else is in the way.
            recording.run();
            return;
        }
        await(done);
    }

    /** As above, one after the other of a session: those that wait must not occupy threads which others need. */
    private <T> T inTurn(BackupSession current, Callable<T> work) throws IOException {
        current.turn().lock();
        try {
            return onWorker(limits.workers, work);
        } finally {
            current.turn().unlock();
        }
    }

    private static <T> T await(Future<T> future) throws IOException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException runtime -> throw runtime;
                case null, default -> throw new IOException(e);
            }
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Waits until all of this work has ended, however it did: its memory is given back after that. */
    private static void settle(List<? extends Future<?>> work) {
        boolean interrupted = false;
        for (Future<?> each : work) {
            while (!each.isDone()) {
                try {
                    each.get();
                } catch (ExecutionException e) {
                    LOG.log(System.Logger.Level.DEBUG, "work beside another that failed has failed as well", e);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- holders of the identity

    private Message hold(Message.Hold hold) throws IOException {
        Holders.Presence arriving = new Holders.Presence(peer, hold, end);
        if (!presence.compareAndSet(null, arriving)) {
            throw new RemoteException(ErrorCode.MALFORMED, "this connection has said already who holds the identity");
        }
        if (!limits.holders.take(peer.nodeId())) {
            throw new RemoteException(
                    ErrorCode.BUSY, "this node has connected too often within a short time; try again in a minute");
        }
        Holders.Verdict verdict = judge(arriving);
        while (verdict instanceof Holders.Doubtful(List<Holders.Presence> others)) {
            Holders.Presence alive = services.holders().awaitLife(arriving, others);
            verdict = alive == null ? judge(arriving) : new Holders.Refused(alive.address(), "connected now");
        }
        return switch (verdict) {
            case Holders.Accepted(UUID instance) -> new Message.Held(instance);
            case Holders.Refused refused -> {
                record(() -> services.holders().report(arriving, refused));
                record(() ->
                        audit.refused(peer.audited(), peer.label(), "hold", "", "refused: a copy of its identity"));
                throw new RemoteException(ErrorCode.FORBIDDEN, refused.text());
            }
            case Holders.Doubtful d -> throw new IllegalStateException("doubts end above");
        };
    }

    private Holders.Verdict judge(Holders.Presence arriving) throws IOException {
        AtomicReference<Holders.@Nullable Verdict> verdict = new AtomicReference<>();
        record(() -> verdict.set(services.holders().judge(arriving)));
        return Objects.requireNonNull(verdict.get());
    }

    // ---- enrolment

    private Message enroll(Message.Enroll enroll) throws IOException {
        String name = enroll.node().strip();
        if (name.isEmpty()
                || name.length() > MAX_NAME_CHARACTERS
                || name.chars().anyMatch(c -> c < ' ')) {
            throw new RemoteException(
                    ErrorCode.MALFORMED, "a node's name has 1 to " + MAX_NAME_CHARACTERS + " printable characters");
        }
        String[] token = enroll.token().split("\\.", -1);
        String secret = token.length == 3 ? token[1] : "";
        if (!services.control().tokens().knows(secret) && !limits.enrolments.take(peer.source())) {
            record(() -> audit.refused(peer.audited(), peer.label(), "enroll", name, "refused: too many bad tokens"));
            Waits.pause(REFUSED_ENROLMENT_MILLIS);
            throw new RemoteException(
                    ErrorCode.BUSY, "too many enrolments with unknown tokens from this address; try again in a minute");
        }
        X509Certificate[] issued = new X509Certificate[1];
        try {
            Node node = services.control()
                    .nodes()
                    .enroll(
                            secret,
                            Authority.requestedKey(enroll.request()),
                            name,
                            brief(enroll.platform(), MAX_PLATFORM_CHARACTERS),
                            services.profile().nodes(),
                            id -> {
                                issued[0] = services.authority().issue(id, enroll.request());
                                return Authority.fingerprint(issued[0]);
                            });
            services.control().audit().append(peer.label(), "enroll", node.name(), "allowed");
            List<byte[]> chain = List.of(
                    issued[0].getEncoded(), services.authority().certificate().getEncoded());
            return new Message.Enrolled(node.id(), chain);
        } catch (EnrolmentRefusedException e) {
            record(() -> audit.refused(peer.audited(), peer.label(), "enroll", name, "refused: " + e.getMessage()));
            throw e;
        } catch (CertificateEncodingException e) {
            throw new IOException(e);
        }
    }

    // ---- backup

    private static String brief(String text, int characters) {
        return text.length() <= characters ? text : text.substring(0, characters) + "…";
    }

    private synchronized Message openBackup(String description) throws IOException {
        if (!limits.backups.take(peer.nodeId())) {
            throw new RemoteException(
                    ErrorCode.BUSY, "this node has begun too many backups within a short time; try again in a minute");
        }
        return opened(
                () -> services.control()
                        .tasks()
                        .begin(peer.nodeId(), "backup", brief(description, MAX_DESCRIPTION_CHARACTERS)),
                false);
    }

    private synchronized Message openOrdered(long order) throws IOException {
        String kind = services.dispatcher().running(peer.nodeId(), order).kind();
        if (!kind.equals("backup")) {
            throw new RemoteException(ErrorCode.NOT_FOUND, "order " + order + " is no backup");
        }
        return opened(() -> order, true);
    }

    private interface TaskSource {
        long task() throws IOException;
    }

    private Message opened(TaskSource source, boolean byOrder) throws IOException {
        endSession(null);
        if (services.readOnly()) {
            throw new RemoteException(
                    ErrorCode.READ_ONLY, "this appliance was recovered to read only: it restores and takes no backups");
        }
        services.suspensions().requireNone(peer.nodeId());
        BackupSession opened = onWorker(limits.workers, () -> services.store().openBackup(peer.nodeId(), peer.name()));
        try {
            record(() -> task = source.task());
            ordered = byOrder;
        } catch (IOException | RuntimeException | Error e) {
            // Otherwise nobody would ever end it, and the collector would wait for it.
            opened.close();
            throw e;
        }
        session = opened;
        openedAt = System.nanoTime() | 1;
        services.sessions().add(opened);
        return new Message.BackupOpened(opened.id());
    }

    /** From now on this request is answered with orders. */
    private synchronized void attend(Reply reply, List<Long> running) throws IOException {
        if (attendant != null) {
            throw new RemoteException(ErrorCode.MALFORMED, "this connection attends already");
        }
        // Never waits for this client: the dispatcher serves all nodes.
        Dispatcher.Attendant attending = (id, job) -> {
            if (version < Frames.ORDERS_WITH_OPTIONS
                    && job instanceof Job.Backup backup
                    && !backup.options().equals(Job.Options.NONE)) {
                throw new IllegalArgumentException(
                        "the plan has options that the client of this node is too old for; update the client");
            }
            if (!reply.offer(new Message.Order(id, job))) {
                LOG.log(System.Logger.Level.DEBUG, peer.label() + " takes no orders; order " + id + " is lost");
            }
        };
        attendant = attending;
        record(() -> services.dispatcher().attend(peer.nodeId(), attending, running));
    }

    private synchronized void join(long id) throws IOException {
        endSession(null);
        session = services.sessions().find(id, peer.nodeId());
        task = 0;
    }

    private synchronized BackupSession session() throws IOException {
        services.suspensions().requireNotSuspended(peer.nodeId());
        if (session == null) {
            throw new RemoteException(ErrorCode.MALFORMED, "no backup is open on this connection");
        }
        return session;
    }

    private Message query(List<Digest> digests) throws IOException {
        BackupSession current = session();
        byte[] bitmap = new byte[(digests.size() + 7) / 8];
        for (int from = 0; from < digests.size(); from += SLICE_DIGESTS) {
            List<Digest> slice = digests.subList(from, Math.min(digests.size(), from + SLICE_DIGESTS));
            boolean[] known = onWorker(limits.lookUps, () -> current.known(slice));
            for (int i = 0; i < known.length; i++) {
                int bit = from + i;
                bitmap[bit / 8] |= (byte) (known[i] ? 1 << (bit % 8) : 0);
            }
        }
        return new Message.Known(bitmap);
    }

    private Message put(List<Message.Upload> chunks) throws IOException {
        BackupSession current = session();
        long unpacked =
                chunks.stream().mapToLong(chunk -> chunk.packed().rawLength()).sum();
        if (unpacked > MAX_PUT_RAW_BYTES) {
            throw new RemoteException(
                    ErrorCode.MALFORMED,
                    "chunks of " + unpacked + " bytes in one request; the limit is " + MAX_PUT_RAW_BYTES);
        }
        List<Future<Long>> stored = new ArrayList<>();
        long sequence = 0;
        IOException failure = null;
        try {
            for (int from = 0; from < chunks.size(); ) {
                List<Message.Upload> slice = slice(chunks, from);
                from += slice.size();
                stored.add(limits.workers.submit(peer.nodeId(), () -> putSlice(current, slice)));
            }
            for (Future<Long> each : stored) {
                try {
                    sequence = Math.max(sequence, await(each));
                } catch (IOException e) {
                    IOException refusal = e;
                    record(() -> services.suspensions().refused(peer, refusal));
                    // The others go on: what is right about the request is kept.
                    failure = failure == null ? e : failure;
                }
            }
        } finally {
            settle(stored);
        }
        if (failure != null) {
            throw failure;
        }
        for (Message.Upload chunk : chunks) {
            services.traffic().received().add(chunk.packed().payload().length);
        }
        return new Message.Stored(sequence, current.durable());
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

    private Message commit(byte[] summary) throws IOException {
        BackupSession current = session();
        StoredSnapshot snapshot = inTurn(current, () -> {
            services.keeper().committing(current.snapshot(), current.node());
            return current.commit(summary);
        });
        // Compares it with all before it, while others' audits go on.
        record(limits.history, () -> services.keeper().committed(snapshot));
        record(() -> services.control()
                .audit()
                .append(peer.label(), "backup", snapshot.id().toString(), "committed"));
        synchronized (this) {
            endSession(snapshot.id());
        }
        return new Message.Committed(snapshot.id());
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
            TaskTable tasks = services.control().tasks();
            boolean byOrder = ordered;
            record(() -> {
                if (byOrder) {
                    tasks.received(ended, current.chunks(), current.bytes(), snapshot);
                } else {
                    tasks.end(ended, committed != null, current.chunks(), current.bytes(), snapshot);
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

    // ---- reading

    /** A part after the other, each read when there is room for it. In the order of ids. */
    private void listSnapshots(Reply reply) throws IOException {
        UUID after = null;
        do {
            after = listAfter(reply, after);
            out.awaitRoom();
        } while (after != null && !out.closed());
        reply.last(new Message.Snapshots(List.of(), true));
    }

    /** Sends the part after a snapshot; returns its last one, or null where there is none. */
    private @Nullable UUID listAfter(Reply reply, @Nullable UUID after) throws IOException {
        reserveRestore(SNAPSHOTS_BYTES);
        List<StoredSnapshot> part;
        List<Message.SnapshotInfo> infos;
        try {
            part = onWorker(
                    limits.readers, () -> services.store().manifests().page(peer.nodeId(), after, SNAPSHOTS_BYTES));
            infos = new ArrayList<>();
            for (StoredSnapshot each : part) {
                infos.add(new Message.SnapshotInfo(each.id(), each.committed(), readable(each.summary())));
            }
        } catch (IOException | RuntimeException | Error e) {
            limits.restore.release(peer.nodeId(), SNAPSHOTS_BYTES);
            throw e;
        }
        reply.part(new Message.Snapshots(infos, false), () -> limits.restore.release(peer.nodeId(), SNAPSHOTS_BYTES));
        return part.isEmpty() ? null : part.getLast().id();
    }

    private void reserveRestore(long bytes) throws IOException {
        try {
            limits.restore.acquire(peer.nodeId(), bytes);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
    }

    private StoredSnapshot snapshot(UUID id) throws IOException {
        Optional<StoredSnapshot> own = services.store().manifests().find(peer.nodeId(), id);
        if (own.isPresent()) {
            return own.get();
        }
        return lent().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new RemoteException(ErrorCode.NOT_FOUND, "this node has no snapshot " + id));
    }

    /** Snapshots of other nodes that orders let this one restore, while they run. */
    private List<StoredSnapshot> lent() throws IOException {
        List<StoredSnapshot> lent = new ArrayList<>();
        for (UUID id : Orders.restoring(services.control(), peer.nodeId())) {
            for (Node each : services.control().nodes().list()) {
                if (each.id() != peer.nodeId()) {
                    services.store().manifests().find(each.id(), id).ifPresent(lent::add);
                }
            }
        }
        return lent;
    }

    /** What the node has itself, or what it was lent. */
    private List<ChunkReader.Wanted> locate(List<Digest> digests) throws IOException {
        ChunkReader reader = services.store().reader();
        List<ChunkReader.Wanted> wanted = reader.locate(peer.nodeId(), digests);
        if (wanted.stream().allMatch(each -> each.location() != null)) {
            return wanted;
        }
        for (StoredSnapshot other : lent()) {
            List<ChunkReader.Wanted> theirs = reader.locate(other.node(), digests);
            List<ChunkReader.Wanted> mine = wanted;
            wanted = IntStream.range(0, mine.size())
                    .mapToObj(i -> mine.get(i).location() == null ? theirs.get(i) : mine.get(i))
                    .toList();
        }
        return wanted;
    }

    private Message openRead(UUID id, String text) throws IOException {
        String purpose = brief(text, MAX_PURPOSE_CHARACTERS);
        awaitOpening();
        StoredSnapshot snapshot;
        try {
            snapshot = snapshot(id);
        } catch (RemoteException e) {
            record(() -> audit.refused(peer.audited(), peer.label(), "read", id.toString(), "refused: not found"));
            throw e;
        }
        record(() -> {
            audit.done(peer.audited(), peer.label(), "read", ": " + purpose, id.toString(), "allowed");
            beginReading(id, text, purpose);
        });
        services.offsite().prepare(snapshot);
        onWorker(limits.readers, () -> {
            requireReadable(snapshot);
            return true;
        });
        synchronized (open) {
            open.put(id, snapshot.node());
        }
        return new Message.ReadOpened(snapshot.pages(), readable(snapshot.summary()));
    }

    /** A description as this client can read it: newer clients, or itself before a downgrade, may have said more. */
    private byte[] readable(byte[] summary) throws FormatException {
        return version >= Frames.NEWEST_VERSION
                ? summary
                : SnapshotSummary.parse(summary).forProtocol(version).encode();
    }

    /** Every opening is audited, so there are only so many a second. */
    private void awaitOpening() throws IOException {
        long asked = System.nanoTime();
        Waits.until(() -> {
            boolean admitted = limits.openings.take(peer.nodeId());
            if (!admitted && System.nanoTime() - asked >= OPENING_PATIENCE_NANOS) {
                throw new RemoteException(
                        ErrorCode.BUSY,
                        "this node opens snapshots faster than they are audited; try again in a minute");
            }
            return admitted;
        });
    }

    /** What people ask for is a task; what an order asks for is part of one already. */
    private void beginReading(UUID id, String text, String purpose) throws IOException {
        String kind = text.split(" ", 2)[0];
        boolean wanted = (kind.equals("restore") || kind.equals("verify")) && !text.endsWith(" by order");
        synchronized (open) {
            if (wanted && !reading.containsKey(id) && limits.tasks.take(peer.nodeId())) {
                reading.put(id, services.control().tasks().begin(peer.nodeId(), kind, purpose));
            }
        }
    }

    /** Walks all of a snapshot, so there are as few a second as of openings. */
    private Message thawAdvice(UUID id) throws IOException {
        awaitOpening();
        StoredSnapshot snapshot = snapshot(id);
        return new Message.ThawAdvice(
                Failures.brief(onWorker(limits.readers, () -> services.offsite().thawAdvice(snapshot))));
    }

    private void requireReadable(StoredSnapshot snapshot) throws IOException {
        try {
            services.store().manifests().read(snapshot.node(), snapshot.id(), ManifestFile::snapshot);
        } catch (IOException e) {
            throw new RemoteException(
                    ErrorCode.DAMAGED, "the manifest of snapshot " + snapshot.id() + " is damaged: " + e.getMessage());
        }
    }

    private Message readRoot(Message.ReadRoot root) throws IOException {
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
        List<PageRef> pages = onWorker(
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
    private Message plan(List<Digest> digests) throws IOException {
        List<ChunkReader.Place> places = new ArrayList<>(digests.size());
        for (int from = 0; from < digests.size(); from += SLICE_DIGESTS) {
            List<Digest> slice = digests.subList(from, Math.min(digests.size(), from + SLICE_DIGESTS));
            places.addAll(
                    onWorker(limits.lookUps, () -> services.store().reader().places(peer.nodeId(), locate(slice))));
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

    /** Reads in the order of the disk, and answers in the order of the request, which tells nothing about the disk. */
    private void get(Reply reply, Message.Get get) throws IOException {
        if (get.digests().size() > MAX_GET_CHUNKS) {
            throw new RemoteException(ErrorCode.MALFORMED, "at most " + MAX_GET_CHUNKS + " chunks a request");
        }
        if (Set.copyOf(get.digests()).size() < get.digests().size()) {
            // Each would be read and answered again, out of one reservation of memory.
            throw new RemoteException(ErrorCode.MALFORMED, "a chunk is asked for twice in one request");
        }
        for (int from = 0; from < get.digests().size() && !out.closed(); ) {
            List<Digest> next =
                    get.digests().subList(from, Math.min(get.digests().size(), from + WINDOW_CHUNKS));
            List<ChunkReader.Wanted> located = onWorker(limits.readers, () -> locate(next));
            for (int done = 0; done < located.size() && !out.closed(); ) {
                int to = windowEnd(located, done);
                answerWindow(reply, get, from, located.subList(done, to));
                done = to;
            }
            from += next.size();
        }
        reply.last(new Message.Chunks(List.of(), true));
    }

    private static int windowEnd(List<ChunkReader.Wanted> located, int from) {
        int to = from;
        for (long bytes = 0; to < located.size(); to++) {
            Location location = located.get(to).location();
            bytes += location == null ? 0 : location.storedLength();
            if (to > from && bytes > WINDOW_BYTES) {
                break;
            }
        }
        return to;
    }

    /** @param base the position in the request that a position in the window counts from */
    private void answerWindow(Reply reply, Message.Get get, int base, List<ChunkReader.Wanted> window)
            throws IOException {
        ChunkReader reader = services.store().reader();
        List<List<ChunkReader.Wanted>> runs = reader.plan(window);
        // What stays until it is sent; buffers to read runs into are as few as there are readers.
        long reserved = window.stream()
                .map(ChunkReader.Wanted::location)
                .mapToLong(location -> location == null ? 0 : location.storedLength())
                .sum();
        // Returned when the answers have left for the network, so that slow clients hold no more than their share.
        reserveRestore(reserved);
        Runnable release = () -> limits.restore.release(peer.nodeId(), reserved);
        List<Message.Answer> answers;
        try {
            answers = read(get, base, reader, runs);
        } catch (IOException | RuntimeException | Error e) {
            release.run();
            throw e;
        }
        send(reply, answers, release);
    }

    private List<Message.Answer> read(
            Message.Get get, int base, ChunkReader reader, List<List<ChunkReader.Wanted>> runs) throws IOException {
        List<Future<List<Message.Answer>>> reads = new ArrayList<>();
        List<Message.Answer> answers = new ArrayList<>();
        try {
            for (List<ChunkReader.Wanted> run : runs) {
                ChunkReader.Wanted first = run.getFirst();
                if (first.location() == null) {
                    answers.add(new Message.Answer(
                            base + first.position(), null, "chunk " + first.digest() + " is not in the store"));
                    continue;
                }
                if (get.how() == Message.Reading.SEND_FREE && isCharged(first.location())) {
                    run.forEach(each -> answers.add(new Message.Answer(
                            base + each.position(), null, "reading it from the vault is charged", true)));
                    continue;
                }
                reads.add(limits.readers.submit(
                        peer.nodeId(),
                        () -> reader.read(run).stream()
                                .map(result -> answer(get, base + result.position(), result))
                                .toList()));
            }
            for (Future<List<Message.Answer>> each : reads) {
                answers.addAll(await(each));
            }
        } finally {
            settle(reads);
        }
        answers.sort(Comparator.comparingInt(Message.Answer::index));
        return answers;
    }

    private boolean isCharged(Location location) throws IOException {
        int container = location.container();
        return services.store().archiving().isArchived(container)
                && services.offsite().charged(container);
    }

    /** @param release runs exactly once, when all of it has left or will never do so */
    private void send(Reply reply, List<Message.Answer> answers, Runnable release) {
        Message last;
        try {
            last = sendParts(reply, answers);
        } catch (RuntimeException | Error e) {
            release.run();
            throw e;
        }
        reply.part(last, release);
    }

    /** Sends all parts but the last, which it returns. */
    private Message sendParts(Reply reply, List<Message.Answer> answers) {
        List<Message.Answer> part = new ArrayList<>();
        int bytes = 0;
        readChunks.add(answers.size());
        for (Message.Answer answer : answers) {
            Packed packed = answer.packed();
            int size = packed == null ? 0 : packed.payload().length;
            readBytes.add(size);
            services.traffic().sent().add(size);
            if (bytes > 0 && bytes + size > Frames.DATA_BYTES) {
                reply.part(new Message.Chunks(List.copyOf(part), false), () -> {});
                part.clear();
                bytes = 0;
            }
            part.add(answer);
            bytes += size;
        }
        return new Message.Chunks(part, false);
    }

    private Message.Answer answer(Message.Get get, int index, ChunkReader.Result result) {
        try {
            if (get.verifyOnly()) {
                services.store().reader().verified(get.digests().get(index), result);
                return new Message.Answer(index, null, "");
            }
            IOException damage = result.damage();
            if (damage != null) {
                throw damage;
            }
            return new Message.Answer(index, result.packed(), "");
        } catch (FrozenException e) {
            return new Message.Answer(
                    index,
                    null,
                    "it is frozen in an archive class of the vault and must be thawed; on the appliance, see: "
                            + services.control().command("vault", "thaw", "--help"),
                    true);
        } catch (IOException e) {
            if (limits.warnings.take(peer.nodeId())) {
                LOG.log(System.Logger.Level.ERROR, "damaged chunk: " + e.getMessage());
            }
            return new Message.Answer(index, null, Failures.brief(String.valueOf(e.getMessage())));
        }
    }

    @Override
    public void close() throws IOException {
        try {
            synchronized (this) {
                endSession(null);
            }
        } finally {
            leave();
        }
    }

    private void leave() throws IOException {
        try {
            Holders.Presence present = presence.get();
            if (present != null) {
                services.holders().leave(present);
            }
        } finally {
            leaveOrders();
        }
    }

    private void leaveOrders() throws IOException {
        try {
            Dispatcher.Attendant attending = attendant;
            if (attending != null) {
                services.dispatcher().leave(peer.nodeId(), attending);
            }
        } finally {
            endReading();
        }
    }

    private void endReading() throws IOException {
        synchronized (open) {
            for (Map.Entry<UUID, Long> each : reading.entrySet()) {
                services.control()
                        .tasks()
                        .end(
                                each.getValue(),
                                true,
                                readChunks.sum(),
                                readBytes.sum(),
                                each.getKey().toString());
            }
            reading.clear();
            open.clear();
        }
    }
}
