package dev.holdfast.server.net;

import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Finds out which copy of a node's state directory a connection works with; see {@link Holders}. */
final class IdentityHandler implements AutoCloseable {
    private final RequestContext context;
    private final Holders holders;
    /** Ends the connection. */
    private final Runnable end;

    private final AtomicReference<Holders.@Nullable Presence> presence = new AtomicReference<>();

    /** @param end ends the connection; does not block */
    IdentityHandler(RequestContext context, Runnable end) {
        this.context = context;
        this.holders = context.services().holders();
        this.end = end;
    }

    /** Called at each request: the client is alive. */
    void heard() throws IOException {
        Holders.Presence present = presence.get();
        if (present != null && present.heard()) {
            context.record(() -> holders.seen(present));
        }
    }

    Message.Held hold(Message.Hold hold) throws IOException {
        Peer peer = context.peer();
        Holders.Presence arriving = new Holders.Presence(peer, hold, end);
        if (!presence.compareAndSet(null, arriving)) {
            throw new RemoteException(ErrorCode.MALFORMED, "this connection has said already who holds the identity");
        }
        if (!context.limits().holders.take(peer.nodeId())) {
            throw new RemoteException(
                    ErrorCode.BUSY, "this node has connected too often within a short time; try again in a minute");
        }
        Holders.Verdict verdict = judge(arriving);
        while (verdict instanceof Holders.Doubtful(List<Holders.Presence> others)) {
            Holders.Presence alive = holders.awaitLife(arriving, others);
            verdict = alive == null ? judge(arriving) : new Holders.Refused(alive.address(), "connected now");
        }
        return switch (verdict) {
            case Holders.Accepted(UUID instance) -> new Message.Held(instance);
            case Holders.Refused refused -> {
                context.record(() -> holders.report(arriving, refused));
                context.recordRefusal("hold", "", "refused: a copy of its identity");
                throw new RemoteException(ErrorCode.FORBIDDEN, refused.text());
            }
            case Holders.Doubtful d -> throw new IllegalStateException("doubts end above");
        };
    }

    private Holders.Verdict judge(Holders.Presence arriving) throws IOException {
        AtomicReference<Holders.@Nullable Verdict> verdict = new AtomicReference<>();
        context.record(() -> verdict.set(holders.judge(arriving)));
        return Objects.requireNonNull(verdict.get());
    }

    @Override
    public void close() throws IOException {
        Holders.Presence present = presence.get();
        if (present != null) {
            holders.leave(present);
        }
    }
}
