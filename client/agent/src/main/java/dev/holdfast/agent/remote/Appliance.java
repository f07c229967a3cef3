package dev.holdfast.agent.remote;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.bytes.SharedUse;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** The appliance as this node sees it: one connection for questions, more for bulk. The opener closes it. */
public final class Appliance implements AutoCloseable {

    private final Endpoint endpoint;
    private final Path state;
    private final NodeAccess access;
    private final NodeAccess.Opened opened;
    private final Connection control;
    private final List<Connection> further = new ArrayList<>();

    public Appliance(Identity identity, Path state) throws IOException {
        this(identity, state, InstantSource.system());
    }

    /** @param clock by which certificates are checked and renewed */
    public Appliance(Identity identity, Path state, InstantSource clock) throws IOException {
        this.endpoint = identity.endpoint();
        this.state = state;
        this.access = new NodeAccess(identity, state, clock);
        this.opened = access.open();
        this.control = opened.control();
    }

    /**
     * Renews this node's certificate where that is due.
     *
     * @return whether a renewed one waits to be used, which a new connection does
     */
    public boolean renew() {
        return access.renew(opened);
    }

    public Connection control() {
        return control;
    }

    /** By which the appliance names chunks. */
    public HashAlgorithm hash() {
        return control.welcome().hash();
    }

    /** Another connection, closed with this object. */
    public Connection connect() throws IOException {
        Connection connection = new Connection(endpoint, opened.tls());
        further.add(connection);
        return connection;
    }

    public long sentBytes() {
        return control.sentBytes()
                + further.stream().mapToLong(Connection::sentBytes).sum();
    }

    public long receivedBytes() {
        return control.receivedBytes()
                + further.stream().mapToLong(Connection::receivedBytes).sum();
    }

    /** A snapshot in the list. */
    public record Listed(UUID id, Instant committed, SnapshotSummary summary) {
        public String shortId() {
            return id.toString().substring(0, 8);
        }
    }

    /** This node's snapshots, oldest first. */
    public List<Listed> snapshots() throws IOException {
        List<Listed> all = new ArrayList<>();
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        control.send(new Message.ListSnapshots(), new Connection.Handler() {
            @Override
            public boolean answer(Frames.Frame frame) {
                try {
                    if (!(frame.message()
                            instanceof Message.Snapshots(List<Message.SnapshotInfo> part, boolean last))) {
                        throw FormatException.corrupt("unexpected answer");
                    }
                    for (Message.SnapshotInfo info : part) {
                        SnapshotSummary summary = SnapshotSummary.parse(info.summary());
                        all.add(new Listed(info.id(), Instant.ofEpochMilli(info.committed()), summary));
                    }
                    if (last) {
                        done.complete(true);
                    }
                    return last;
                } catch (IOException e) {
                    done.completeExceptionally(e);
                    return true;
                }
            }

            @Override
            public void failed(IOException cause) {
                done.completeExceptionally(cause);
            }
        });
        Connection.await(done);
        all.sort(Comparator.comparing(Listed::committed));
        return all;
    }

    /** As below, of all snapshots. */
    public Listed find(String name) throws IOException {
        return find(name, Selector.ANY);
    }

    /**
     * Finds a snapshot by {@code latest} or by an id, which may be shortened as long as it is the only one.
     *
     * @param selector what the latest is the latest of; an id must be among it too
     */
    public Listed find(String name, Selector selector) throws IOException {
        List<Listed> every = snapshots();
        List<Listed> all = selector.select(every);
        if (all.isEmpty() && !every.isEmpty()) {
            throw new RemoteException(
                    ErrorCode.NOT_FOUND,
                    "no snapshot " + selector + "; see: " + TypedCommand.client(state, "snapshots"));
        }
        if (all.isEmpty()) {
            throw new RemoteException(
                    ErrorCode.NOT_FOUND,
                    "this node has no snapshots yet; make one with: " + TypedCommand.client(state, "backup", "PATH"));
        }
        if (name.equals("latest")) {
            return all.getLast();
        }
        String wanted = name.toLowerCase(Locale.ROOT);
        List<Listed> found =
                all.stream().filter(s -> s.id().toString().startsWith(wanted)).toList();
        if (wanted.length() < 4 || found.size() != 1) {
            throw new RemoteException(
                    ErrorCode.NOT_FOUND,
                    found.size() > 1 && wanted.length() >= 4
                            ? "'" + name + "' fits " + found.size() + " snapshots; give more of the id"
                            : "no snapshot '" + name + "'; see: " + TypedCommand.client(state, "snapshots"));
        }
        return found.getFirst();
    }

    public RemoteManifest open(UUID snapshot, Purpose purpose) throws IOException {
        return open(snapshot, purpose, "");
    }

    /**
     * Opens a snapshot for reading; the appliance notes the purpose in its audit log.
     *
     * @param detail what is read, such as a path
     */
    public RemoteManifest open(UUID snapshot, Purpose purpose, String detail) throws IOException {
        Message.OpenRead read = Message.OpenRead.of(snapshot, purpose, detail);
        Message.ReadOpened opened = control.request(read, Message.ReadOpened.class);
        return new RemoteManifest(this, snapshot, opened.pages(), SnapshotSummary.parse(opened.summary()));
    }

    /** What of a snapshot is frozen, and how it becomes readable, in words; asked once something of it was. */
    public String thawAdvice(UUID snapshot) throws IOException {
        return control.request(new Message.AskThaw(snapshot), Message.ThawAdvice.class)
                .text();
    }

    /** Takes chunks as they come, on the connection's reading thread. */
    public interface ChunkSink {
        /** @param done to be run, by any thread, when nobody uses the chunk any more: its memory is used again then */
        void chunk(int index, Packed packed, Runnable done);

        void damaged(int index, String damage);

        /** It is whole as far as anybody knows, and can be read once it was thawed: see {@link #thawAdvice}. */
        void frozen(int index, String what);
    }

    /** Asks for chunks; the future is done after the last of them. */
    public static CompletableFuture<Void> get(
            Connection connection, List<Digest> digests, Message.Reading how, ChunkSink sink) throws IOException {
        CompletableFuture<Void> done = new CompletableFuture<>();
        connection.send(new Message.Get(how, digests), new Connection.Handler() {
            @Override
            public boolean answer(Frames.Frame frame) {
                if (!(frame.message() instanceof Message.Chunks(List<Message.Answer> answers, boolean last))) {
                    done.completeExceptionally(FormatException.corrupt("unexpected answer to a read"));
                    return true;
                }
                try (SharedUse memory = new SharedUse(frame::release)) {
                    for (Message.Answer answer : answers) {
                        Packed packed = answer.packed();
                        if (packed != null) {
                            sink.chunk(answer.index(), packed, memory.add());
                        } else if (answer.frozen()) {
                            sink.frozen(answer.index(), answer.damage());
                        } else if (!answer.damage().isEmpty()) {
                            sink.damaged(answer.index(), answer.damage());
                        }
                    }
                }
                if (last) {
                    done.complete(null);
                }
                return last;
            }

            @Override
            public void failed(IOException cause) {
                done.completeExceptionally(cause);
            }
        });
        return done;
    }

    /** Reads one chunk and checks it against its digest. */
    public byte[] read(Digest digest) throws IOException {
        CompletableFuture<Packed> found = new CompletableFuture<>();
        CompletableFuture<Void> done = get(control, List.of(digest), Message.Reading.SEND, new ChunkSink() {
            @Override
            public void chunk(int index, Packed packed, Runnable done) {
                found.complete(packed);
            }

            @Override
            public void damaged(int index, String damage) {
                found.completeExceptionally(new RemoteException(ErrorCode.DAMAGED, damage));
            }

            @Override
            public void frozen(int index, String what) {
                found.completeExceptionally(new RemoteException(ErrorCode.FROZEN, what));
            }
        });
        Connection.await(done);
        found.completeExceptionally(FormatException.corrupt("no answer for chunk " + digest));
        byte[] bytes = Connection.await(found).unpack();
        if (!hash().digest(bytes).equals(digest)) {
            throw FormatException.corrupt("chunk " + digest + " arrived with another digest");
        }
        return bytes;
    }

    @Override
    public void close() {
        further.forEach(Connection::close);
        control.close();
    }
}
