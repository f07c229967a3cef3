package dev.holdfast.server.net;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.util.List;

/**
 * Passes each request of one connection to its handler. Called on several threads at once; the connection closes it at its
 * end, when no request is under way.
 */
final class RequestDispatcher implements AutoCloseable {
    /** Most answers, and every failure, take less. */
    private static final int SMALL_ANSWER_BYTES = 4 << 10;

    private final RequestContext context;
    private final EnrolmentHandler enrolment;
    private final IdentityHandler identity;
    private final BackupHandler backups;
    private final ReadHandler reads;
    private final OrderHandler orders;

    /** @param end ends the connection; does not block */
    RequestDispatcher(RequestContext context, Runnable end) {
        this.context = context;
        this.enrolment = new EnrolmentHandler(context);
        this.identity = new IdentityHandler(context, end);
        this.backups = new BackupHandler(context);
        this.reads = new ReadHandler(context);
        this.orders = new OrderHandler(context);
    }

    /** What the last answer to a request takes at most; parts before it are paid for one by one. */
    static int answerBytes(Message request) {
        return switch (request) {
            case Message.Query(List<Digest> digests) -> SMALL_ANSWER_BYTES + digests.size() / 8;
            case Message.Plan(List<Digest> digests) -> SMALL_ANSWER_BYTES + digests.size() * Long.BYTES;
            case Message.OpenRead m -> ReadHandler.SUMMARY_BYTES;
            case Message.FetchPackage m -> SMALL_ANSWER_BYTES + m.length();
            case Message.ReadRoot m -> ReadHandler.MAX_ROOT_BYTES + SMALL_ANSWER_BYTES;
            default -> SMALL_ANSWER_BYTES;
        };
    }

    /** Sends the answer, or throws what the client is to be told. */
    void handle(Reply reply, Message message) throws IOException {
        identity.heard();
        boolean open = message instanceof Message.Enroll || message instanceof Message.Ping;
        if (!open && context.peer().stranger()) {
            throw new RemoteException(
                    ErrorCode.UNAUTHENTICATED, "no valid node certificate was presented; enrol first");
        }
        // A node or certificate that is added now would be unknown again at the next start.
        if (context.services().mode() == Services.Mode.RESCUE
                && (message instanceof Message.Enroll || message instanceof Message.Renew)) {
            throw rescue();
        }
        switch (message) {
            case Message.Request request -> {
                identity.requireRight(request);
                handle(reply, request);
            }
            case Message.Hello hello -> throw unexpected(hello);
            case Message.Response response -> throw unexpected(response);
        }
    }

    private void handle(Reply reply, Message.Request request) throws IOException {
        switch (request) {
            case Message.Enroll enroll -> reply.last(enrolment.enroll(enroll));
            case Message.Ping() -> reply.last(new Message.Done());
            case Message.Hold hold -> reply.last(identity.hold(hold));
            case Message.Renew renew -> {
                identity.requireHolder();
                reply.last(enrolment.renew(renew));
            }
            case Message.BackupRequest backup -> reply.last(backups.handle(backup));
            case Message.ReadRequest read -> reads.handle(reply, read);
            case Message.OrderRequest order -> orders.handle(reply, order);
        }
    }

    static RemoteException rescue() {
        return new RemoteException(
                ErrorCode.READ_ONLY,
                "this appliance was started with --read-only: it restores, and takes neither backups nor nodes");
    }

    private static RemoteException unexpected(Message message) {
        return new RemoteException(
                ErrorCode.MALFORMED,
                message.getClass().getSimpleName() + " is not a request that a client may make here");
    }

    /** Whether the backup that this connection opened takes longer than any may. */
    boolean overdue() {
        return backups.overdue();
    }

    @Override
    public void close() throws IOException {
        try (reads;
                orders;
                identity;
                backups) {
            // Closed from the last to the first, each whatever becomes of the others.
        }
    }
}
