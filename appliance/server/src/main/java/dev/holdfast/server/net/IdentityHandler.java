package dev.holdfast.server.net;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Finds out which copy of a node's state directory a connection works with; see {@link CloneDetector}. */
final class IdentityHandler implements AutoCloseable {
    private final RequestContext context;
    private final CloneDetector clones;
    /** Ends the connection. */
    private final Runnable end;

    private final AtomicReference<@Nullable HolderConnection> presence = new AtomicReference<>();
    private volatile boolean accepted;

    /** @param end ends the connection; does not block */
    IdentityHandler(RequestContext context, Runnable end) {
        this.context = context;
        this.clones = context.services().cloneDetector();
        this.end = end;
    }

    /** Called at each request: the client is alive. */
    void heard() throws IOException {
        HolderConnection present = presence.get();
        if (present != null && present.heard()) {
            context.record(() -> clones.seen(present));
        }
    }

    /**
     * A certificate that is not in use gives no access but to {@link Message.Hold}, which decides whether it becomes the one in
     * use. Beside a holder that was accepted with the same certificate it does.
     */
    void requireRight(Message.Request request) throws RemoteException {
        boolean free = request instanceof Message.Hold || request instanceof Message.Ping;
        if (context.peer().restoring()) {
            if (free || request instanceof Message.ReadRequest) {
                return;
            }
            throw new RemoteException(
                    ErrorCode.FORBIDDEN,
                    "this access is for restoring only; to back this machine up, enrol it with a token for a node: "
                            + TypedCommand.elsewhere("appliance", "token", "create", "--data", "DIR"));
        }
        if (context.peer().beside() && !free && !accepted && !clones.present(context.peer())) {
            throw new RemoteException(
                    ErrorCode.REVOKED,
                    "this node's certificate was replaced by a newer one; a client that has the newer one uses that");
        }
    }

    /** For what only the holder of the identity may do. */
    void requireHolder() throws RemoteException {
        if (!accepted) {
            throw new RemoteException(ErrorCode.FORBIDDEN, "this connection has not sent Hold");
        }
    }

    Message.Held hold(Message.Hold hold) throws IOException {
        Peer peer = context.peer();
        if (peer.restoring()) {
            // It is not the node, which may be there at the same time.
            return new Message.Held(hold.instance());
        }
        HolderConnection arriving = new HolderConnection(peer, hold, end);
        if (!presence.compareAndSet(null, arriving)) {
            throw new RemoteException(ErrorCode.MALFORMED, "this connection has sent Hold already");
        }
        if (!context.limits().holds.take(peer.nodeId())) {
            throw new RemoteException(
                    ErrorCode.BUSY, "this node has connected too often within a short time; try again in a minute");
        }
        CloneDetector.Verdict verdict = judge(arriving);
        while (verdict instanceof CloneDetector.Doubtful(List<HolderConnection> others)) {
            HolderConnection alive = clones.awaitLife(arriving, others);
            verdict = alive == null
                    ? judge(arriving)
                    : new CloneDetector.Refused(alive.address(), Phrase.of("identity.connected-now"));
        }
        return switch (verdict) {
            case CloneDetector.Accepted(UUID instance) -> {
                context.record(() -> useCertificate(peer));
                accepted = true;
                yield new Message.Held(instance);
            }
            case CloneDetector.Refused refused -> {
                context.record(() -> clones.report(arriving, refused));
                context.recordRefusal("hold", "", "refused: a copy of its identity");
                throw new RemoteException(ErrorCode.FORBIDDEN, refused.text());
            }
            case CloneDetector.Doubtful d -> throw new IllegalStateException("doubts end above");
        };
    }

    /** The node's certificate in use is that of the holder. */
    private void useCertificate(Peer peer) throws IOException {
        ControlDb control = context.services().control();
        Optional<Instant> ends = control.certificates().use(peer.nodeId(), peer.fingerprint());
        if (ends.isPresent()) {
            control.audit().append(peer.label(), "use certificate", "until " + ends.get(), "allowed");
        }
    }

    private CloneDetector.Verdict judge(HolderConnection arriving) throws IOException {
        AtomicReference<CloneDetector.@Nullable Verdict> verdict = new AtomicReference<>();
        context.record(() -> verdict.set(clones.judge(arriving)));
        return Objects.requireNonNull(verdict.get());
    }

    @Override
    public void close() throws IOException {
        HolderConnection present = presence.get();
        if (present != null) {
            clones.leave(present);
        }
    }
}
