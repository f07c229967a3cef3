package dev.holdfast.server.net;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.control.TaskTable;
import dev.holdfast.server.pki.Authority;
import dev.holdfast.server.plan.Dispatcher;
import dev.holdfast.server.plan.Orders;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Answers the requests of one connection. Called on several threads at once; the connection closes it at its end. */
final class Requests implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Requests.class.getName());
    private static final int SNAPSHOTS_BYTES = 1 << 20;
    private static final int MAX_GET_CHUNKS = 4096;
    /** Keeps one small frame from ordering a large amount of work. */
    private static final long MAX_PUT_RAW_BYTES = 256L << 20;

    private static final int MAX_NAME_CHARACTERS = 100;

    private final Peer peer;
    private final Services services;
    private final Limits limits;
    private final Outbox out;
    private final Map<UUID, ManifestFile> open = new HashMap<>();
    private @Nullable BackupSession session;
    /** The task of a session that this connection opened, rather than joined; 0 for none. */
    private long task;
    /** Whether that task was ordered, so that the client tells its end. */
    private boolean ordered;
    /** Restores and verifications that this connection is open for: the task of each. */
    private final Map<UUID, Long> reading = new HashMap<>();

    private final LongAdder readChunks = new LongAdder();
    private final LongAdder readBytes = new LongAdder();
    private Dispatcher.@Nullable Attendant attendant;

    Requests(Peer peer, Services services, Limits limits, Outbox out) {
        this.peer = peer;
        this.services = services;
        this.limits = limits;
        this.out = out;
    }

    /** Sends the answer, or throws what the client is to be told. */
    void handle(int request, Message message) throws IOException {
        if (message instanceof Message.Enroll enroll) {
            out.send(request, enroll(enroll));
            return;
        }
        if (message instanceof Message.Ping) {
            out.send(request, new Message.Done());
            return;
        }
        if (peer.stranger()) {
            throw new RemoteException(
                    ErrorCode.UNAUTHENTICATED, "no valid node certificate was presented; enrol first");
        }
        switch (message) {
            case Message.OpenBackup(String description) -> out.send(request, openBackup(description));
            case Message.OpenOrdered(long id) -> out.send(request, openOrdered(id));
            case Message.Attend(List<Long> running) -> attend(request, running);
            case Message.Progress progress -> {
                services.dispatcher().progress(peer.nodeId(), progress);
                out.send(request, new Message.Done());
            }
            case Message.Ended ended -> {
                services.dispatcher().ended(peer.nodeId(), ended);
                out.send(request, new Message.Done());
            }
            case Message.JoinBackup(long id) -> {
                join(id);
                out.send(request, new Message.Done());
            }
            case Message.Query(List<Digest> digests) -> out.send(request, query(digests));
            case Message.Put(List<Message.Upload> chunks) -> out.send(request, put(chunks));
            case Message.RootPart part -> {
                BackupSession current = session();
                onWorker(limits.workers, () -> {
                    current.addPages(part.pages());
                    return true;
                });
                out.send(request, new Message.Done());
            }
            case Message.Commit(byte[] summary) -> out.send(request, commit(summary));
            case Message.ListSnapshots() -> listSnapshots(request);
            case Message.OpenRead(UUID id, String purpose) -> out.send(request, openRead(id, purpose));
            case Message.ReadRoot(UUID id, int from, int count) ->
                out.send(
                        request,
                        new Message.RootPages(onWorker(
                                limits.readers, () -> manifest(id).pages(from, Math.clamp(count, 1, 512)))));
            case Message.Plan(List<Digest> digests) -> out.send(request, plan(digests));
            case Message.Get get -> get(request, get);
            case Message.Forget(UUID id) -> {
                // Whoever takes a machine over takes its certificate too: what it could delete would be no backup.
                services.control().audit(peer.label(), "forget", id.toString(), "refused");
                throw new RemoteException(
                        ErrorCode.FORBIDDEN,
                        "a node cannot delete snapshots, not even its own; on the appliance: holdfast appliance snapshot"
                                + " forget");
            }
            case Message.Hello m -> throw unexpected(m);
            case Message.Welcome m -> throw unexpected(m);
            case Message.Enroll m -> throw unexpected(m);
            case Message.Enrolled m -> throw unexpected(m);
            case Message.Ping m -> throw unexpected(m);
            case Message.BackupOpened m -> throw unexpected(m);
            case Message.Known m -> throw unexpected(m);
            case Message.Stored m -> throw unexpected(m);
            case Message.Committed m -> throw unexpected(m);
            case Message.Snapshots m -> throw unexpected(m);
            case Message.ReadOpened m -> throw unexpected(m);
            case Message.RootPages m -> throw unexpected(m);
            case Message.Places m -> throw unexpected(m);
            case Message.Chunks m -> throw unexpected(m);
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
    private static <T> T onWorker(ExecutorService pool, Callable<T> work) throws IOException {
        return await(pool.submit(work));
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
        X509Certificate[] issued = new X509Certificate[1];
        try {
            ControlDb.Node node = services.control()
                    .enroll(
                            token.length == 3 ? token[1] : "",
                            name,
                            enroll.platform(),
                            services.profile().nodes(),
                            id -> {
                                issued[0] = services.authority().issue(id, enroll.request());
                                return Authority.fingerprint(issued[0]);
                            });
            services.control().audit(peer.label(), "enroll", node.name(), "allowed");
            List<byte[]> chain = List.of(
                    issued[0].getEncoded(), services.authority().certificate().getEncoded());
            return new Message.Enrolled(node.id(), chain);
        } catch (ControlDb.RefusedException e) {
            services.control().audit(peer.label(), "enroll", name, "refused: " + e.getMessage());
            throw e;
        } catch (CertificateEncodingException e) {
            throw new IOException(e);
        }
    }

    // ---- backup

    private synchronized Message openBackup(String description) throws IOException {
        return opened(() -> services.control().tasks().begin(peer.nodeId(), "backup", description), false);
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
            task = source.task();
            ordered = byOrder;
        } catch (IOException | RuntimeException e) {
            // Otherwise nobody would ever end it, and the collector would wait for it.
            opened.close();
            throw e;
        }
        session = opened;
        services.sessions().add(opened);
        return new Message.BackupOpened(opened.id());
    }

    /** From now on this request is answered with orders. */
    private synchronized void attend(int request, List<Long> running) throws IOException {
        if (attendant != null) {
            throw new RemoteException(ErrorCode.MALFORMED, "this connection attends already");
        }
        Dispatcher.Attendant attending = (id, job) -> out.send(request, new Message.Order(id, job));
        attendant = attending;
        services.dispatcher().attend(peer.nodeId(), attending, running);
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
        boolean[] known = onWorker(limits.workers, () -> current.known(digests));
        byte[] bitmap = new byte[(known.length + 7) / 8];
        for (int i = 0; i < known.length; i++) {
            bitmap[i / 8] |= (byte) (known[i] ? 1 << (i % 8) : 0);
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
        List<Future<Long>> stored = new ArrayList<>(chunks.size());
        for (Message.Upload chunk : chunks) {
            stored.add(limits.workers.submit(() -> current.put(chunk.kind(), chunk.digest(), chunk.packed())));
        }
        long sequence = 0;
        IOException failure = null;
        for (Future<Long> each : stored) {
            try {
                sequence = Math.max(sequence, await(each));
            } catch (IOException e) {
                services.suspensions().refused(peer, e);
                // The others go on: what is right about the request is kept.
                failure = failure == null ? e : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
        for (Message.Upload chunk : chunks) {
            services.traffic().received().add(chunk.packed().payload().length);
        }
        return new Message.Stored(sequence, current.durable());
    }

    private Message commit(byte[] summary) throws IOException {
        BackupSession current = session();
        services.keeper().committing(current.snapshot(), current.node());
        StoredSnapshot snapshot = onWorker(limits.workers, () -> current.commit(summary));
        services.keeper().committed(snapshot);
        services.control().audit(peer.label(), "backup", snapshot.id().toString(), "committed");
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
        String snapshot = committed == null ? null : committed.toString();
        long ended = task;
        task = 0;
        try (current) {
            TaskTable tasks = services.control().tasks();
            if (ordered) {
                tasks.received(ended, current.chunks(), current.bytes(), snapshot);
            } else {
                tasks.end(ended, committed != null, current.chunks(), current.bytes(), snapshot);
            }
        }
    }

    // ---- reading

    private void listSnapshots(int request) throws IOException {
        List<Message.SnapshotInfo> part = new ArrayList<>();
        int bytes = 0;
        for (StoredSnapshot snapshot : services.store().manifests().list(peer.nodeId())) {
            int size = snapshot.summary().length + 32;
            if (bytes + size > SNAPSHOTS_BYTES) {
                out.send(request, new Message.Snapshots(List.copyOf(part), false));
                part.clear();
                bytes = 0;
            }
            part.add(new Message.SnapshotInfo(snapshot.id(), snapshot.committed(), snapshot.summary()));
            bytes += size;
        }
        out.send(request, new Message.Snapshots(part, true));
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
            for (ControlDb.Node each : services.control().nodes()) {
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

    private Message openRead(UUID id, String purpose) throws IOException {
        StoredSnapshot snapshot;
        try {
            snapshot = snapshot(id);
        } catch (RemoteException e) {
            services.control().audit(peer.label(), "read: " + purpose, id.toString(), "refused: not found");
            throw e;
        }
        services.control().audit(peer.label(), "read: " + purpose, id.toString(), "allowed");
        beginReading(id, purpose);
        services.offsite().prepare(snapshot);
        synchronized (open) {
            if (!open.containsKey(id)) {
                open.put(id, onWorker(limits.readers, () -> manifestOrDamage(snapshot)));
            }
        }
        return new Message.ReadOpened(snapshot.pages(), snapshot.summary());
    }

    /** What people ask for is a task; what an order asks for is part of one already. */
    private void beginReading(UUID id, String purpose) throws IOException {
        String kind = purpose.split(" ", 2)[0];
        boolean wanted = (kind.equals("restore") || kind.equals("verify")) && !purpose.endsWith(" by order");
        synchronized (open) {
            if (wanted && !reading.containsKey(id)) {
                reading.put(id, services.control().tasks().begin(peer.nodeId(), kind, purpose));
            }
        }
    }

    private ManifestFile manifestOrDamage(StoredSnapshot snapshot) throws IOException {
        try {
            return services.store().manifests().open(snapshot);
        } catch (IOException e) {
            throw new RemoteException(
                    ErrorCode.DAMAGED, "the manifest of snapshot " + snapshot.id() + " is damaged: " + e.getMessage());
        }
    }

    private ManifestFile manifest(UUID id) throws IOException {
        synchronized (open) {
            ManifestFile manifest = open.get(id);
            if (manifest == null) {
                throw new RemoteException(ErrorCode.NOT_FOUND, "snapshot " + id + " is not open on this connection");
            }
            return manifest;
        }
    }

    private Message plan(List<Digest> digests) throws IOException {
        List<ChunkReader.Wanted> wanted = onWorker(limits.readers, () -> locate(digests));
        long[] places = new long[wanted.size()];
        for (int i = 0; i < places.length; i++) {
            Location location = wanted.get(i).location();
            places[i] = location == null ? -1 : location.place();
        }
        return new Message.Places(places);
    }

    private void get(int request, Message.Get get) throws IOException {
        if (get.digests().size() > MAX_GET_CHUNKS) {
            throw new RemoteException(ErrorCode.MALFORMED, "at most " + MAX_GET_CHUNKS + " chunks a request");
        }
        if (Set.copyOf(get.digests()).size() < get.digests().size()) {
            // Each would be read and answered again, out of one reservation of memory.
            throw new RemoteException(ErrorCode.MALFORMED, "a chunk is asked for twice in one request");
        }
        ChunkReader reader = services.store().reader();
        List<List<ChunkReader.Wanted>> runs = onWorker(limits.readers, () -> reader.plan(locate(get.digests())));
        List<Future<?>> reading = new ArrayList<>();
        for (List<ChunkReader.Wanted> run : runs) {
            int bytes = ChunkReader.runBytes(run);
            try {
                // Returned when the answer has left for the network, so that slow clients hold no more than this.
                limits.reserveRestore(bytes);
            } catch (InterruptedException e) {
                throw new InterruptedIOException("interrupted");
            }
            reading.add(limits.readers.submit(() -> {
                Runnable release = () -> limits.releaseRestore(bytes);
                try {
                    answerRun(request, get, reader.read(run), release);
                } catch (IOException | RuntimeException e) {
                    release.run();
                    throw e;
                }
                return true;
            }));
        }
        for (Future<?> each : reading) {
            await(each);
        }
        out.send(request, new Message.Chunks(List.of(), true));
    }

    private void answerRun(int request, Message.Get get, List<ChunkReader.Result> results, Runnable release) {
        List<Message.Answer> answers = new ArrayList<>(results.size());
        for (ChunkReader.Result result : results) {
            answers.add(answer(get, result));
        }
        // A run of chunks that barely compress may outgrow one frame.
        List<Message.Answer> part = new ArrayList<>();
        int bytes = 0;
        readChunks.add(answers.size());
        for (Message.Answer answer : answers) {
            Packed packed = answer.packed();
            int length = packed == null ? 0 : packed.payload().length;
            readBytes.add(length);
            services.traffic().sent().add(length);
            int size = packed == null ? 0 : packed.payload().length;
            if (bytes > 0 && bytes + size > Frames.DATA_BYTES) {
                out.send(request, new Message.Chunks(List.copyOf(part), false));
                part.clear();
                bytes = 0;
            }
            part.add(answer);
            bytes += size;
        }
        out.send(request, new Message.Chunks(part, false), release);
    }

    private Message.Answer answer(Message.Get get, ChunkReader.Result result) {
        try {
            if (get.verifyOnly()) {
                services.store().reader().verified(get.digests().get(result.position()), result);
                return new Message.Answer(result.position(), null, "");
            }
            IOException damage = result.damage();
            if (damage != null) {
                throw damage;
            }
            return new Message.Answer(result.position(), result.packed(), "");
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "damaged chunk: " + e.getMessage());
            String text = String.valueOf(e.getMessage());
            return new Message.Answer(result.position(), null, text.substring(0, Math.min(1000, text.length())));
        }
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            endSession(null);
        }
        Dispatcher.Attendant attending = attendant;
        if (attending != null) {
            services.dispatcher().leave(peer.nodeId(), attending);
        }
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
            for (ManifestFile manifest : open.values()) {
                manifest.close();
            }
            open.clear();
        }
    }
}
