package dev.holdfast.server.net;

import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Sends orders to a client's service, and takes its reports about them. */
final class OrderHandler implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(OrderHandler.class.getName());

    private final RequestContext context;
    private final Dispatcher dispatcher;
    private Dispatcher.@Nullable Attendant attendant;

    OrderHandler(RequestContext context) {
        this.context = context;
        this.dispatcher = context.services().dispatcher();
    }

    void handle(Reply reply, Message.OrderRequest request) throws IOException {
        switch (request) {
            case Message.Attend(List<Long> running) -> attend(reply, running);
            case Message.Progress progress -> {
                // What is left out is a step that the next report overtakes.
                if (context.limits().reports.take(context.peer().nodeId())) {
                    context.record(() -> dispatcher.progress(context.peer().nodeId(), progress));
                }
                reply.last(new Message.Done());
            }
            case Message.Ended ended -> {
                context.record(() -> dispatcher.ended(context.peer().nodeId(), ended));
                reply.last(new Message.Done());
            }
        }
    }

    /** From now on this request is answered with orders. */
    private synchronized void attend(Reply reply, List<Long> running) throws IOException {
        if (attendant != null) {
            throw new RemoteException(ErrorCode.MALFORMED, "this connection attends already");
        }
        // Never waits for this client: the dispatcher serves all nodes.
        Dispatcher.Attendant attending = (task, job) -> send(reply, task, job);
        attendant = attending;
        context.record(() -> dispatcher.attend(context.peer().nodeId(), attending, running));
    }

    private void send(Reply reply, long task, Job job) {
        if (context.version() < Frames.ORDERS_WITH_OPTIONS
                && job instanceof Job.Backup backup
                && !backup.options().equals(Job.Options.NONE)) {
            throw new IllegalArgumentException(
                    "the plan has options that the client of this node is too old for; update the client");
        }
        if (!reply.offer(new Message.Order(task, job))) {
            LOG.log(System.Logger.Level.DEBUG, context.peer().label() + " takes no orders; order " + task + " is lost");
        }
    }

    @Override
    public void close() throws IOException {
        Dispatcher.Attendant attending = attendant;
        if (attending != null) {
            dispatcher.leave(context.peer().nodeId(), attending);
        }
    }
}
