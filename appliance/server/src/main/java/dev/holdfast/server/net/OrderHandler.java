package dev.holdfast.server.net;

import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.taskspec.TaskKind;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
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
            case Message.Attend attend -> attend(reply, attend);
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
            case Message.FetchPackage fetch -> reply.last(fetch(fetch));
            case Message.Folders folders -> {
                context.services().folders().answered(context.peer().nodeId(), folders);
                reply.last(new Message.Done());
            }
        }
    }

    /** Packages are no secret, but only a node that is to upgrade reads them. */
    private Message.PackagePart fetch(Message.FetchPackage fetch) throws IOException {
        int node = context.peer().nodeId();
        if (!dispatcher.running(node, fetch.task()).is(TaskKind.UPGRADE)) {
            throw new RemoteException(ErrorCode.FORBIDDEN, "task " + fetch.task() + " is not an upgrade");
        }
        ClientPackages packages = context.services().packages();
        String sha256 = fetch.sha256().toString();
        return new Message.PackagePart(context.run(context.limits().readers, () -> {
            ReleaseSignature signature = packages.find(sha256)
                    .orElseThrow(() -> new RemoteException(
                            ErrorCode.NOT_FOUND, "the appliance does not offer package " + sha256 + " any more"));
            return packages.read(signature.about(), fetch.offset(), fetch.length());
        }));
    }

    /** From now on this request is answered with orders. */
    private synchronized void attend(Reply reply, Message.Attend attend) throws IOException {
        if (attendant != null) {
            throw new RemoteException(ErrorCode.MALFORMED, "this connection attends already");
        }
        // Never waits for this client: the dispatcher serves all nodes.
        Dispatcher.Attendant attending = new Dispatcher.Attendant() {
            @Override
            public void order(long task, Job job) {
                send(reply, task, job);
            }

            @Override
            public String software() {
                return context.software();
            }
        };
        attendant = attending;
        int node = context.peer().nodeId();
        context.record(() -> {
            context.services().control().nodes().restoresBelow(node, attend.restoreBelow());
            dispatcher.attend(node, attending, attend.running());
        });
    }

    private void send(Reply reply, long task, Job job) {
        if (job instanceof Job.Backup backup
                && context.version() < backup.options().leastVersion()) {
            throw new PhrasedArgumentException(Phrase.of("order.client-lacks-options"));
        }
        if (context.version() < Frames.UPGRADES && job instanceof Job.Upgrade) {
            throw new PhrasedArgumentException(Phrase.of("order.client-lacks-upgrade"));
        }
        if (context.version() < Frames.FOLDERS && job instanceof Job.Folders) {
            throw new PhrasedArgumentException(Phrase.of("order.client-lacks-folders"));
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
