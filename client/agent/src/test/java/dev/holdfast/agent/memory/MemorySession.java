package dev.holdfast.agent.memory;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;

/** One connection to a {@link MemoryAppliance}: reads requests and answers them one after the other. */
final class MemorySession implements AutoCloseable {
    private static final int CREDIT_BYTES = 8 << 20;
    private static final int ANSWER_BYTES = 1 << 20;

    private final MemoryAppliance appliance;
    private final MemoryStore store;
    private final SSLSocket socket;
    /** 0 for a stranger. */
    private final int node;

    private final AtomicLong chunks = new AtomicLong();
    /** The pages of the backup that this connection opened. */
    private final List<PageRef> root = new ArrayList<>();

    private volatile int attending = -1;

    MemorySession(MemoryAppliance appliance, MemoryStore store, SSLSocket socket, int node) {
        this.appliance = appliance;
        this.store = store;
        this.socket = socket;
        this.node = node;
    }

    int node() {
        return node;
    }

    /** Until the client hangs up, or {@link #close}. */
    void serve() throws IOException {
        InputStream in = socket.getInputStream();
        Frames.Frame hello = Frames.read(in, bytes -> {});
        if (hello == null || !(hello.message() instanceof Message.Hello)) {
            return;
        }
        String name = node == 0 ? "" : appliance.nodeName(node);
        byte[] gearKey = node == 0 ? new byte[0] : MemoryAppliance.GEAR_KEY;
        answer(
                0,
                new Message.Welcome(
                        appliance.version(),
                        "memory",
                        MemoryAppliance.VAULT,
                        CREDIT_BYTES,
                        name,
                        gearKey,
                        HashAlgorithm.NEWEST));
        for (Frames.Frame frame = Frames.read(in, bytes -> {}); frame != null; frame = Frames.read(in, bytes -> {})) {
            try {
                appliance.received(this, frame.message());
                handle(frame.request(), frame.message());
            } catch (RemoteException e) {
                answer(frame.request(), new Message.Failure(e.code(), String.valueOf(e.getMessage())));
            }
        }
    }

    private synchronized void answer(int request, Message message) throws IOException {
        OutputStream out = socket.getOutputStream();
        Frames.write(out, request, message);
    }

    private void handle(int request, Message message) throws IOException {
        if (node == 0 && !(message instanceof Message.Enroll)) {
            throw new RemoteException(ErrorCode.UNAUTHENTICATED, "strangers may only enrol");
        }
        switch (message) {
            case Message.Attend attend -> {
                attending = request;
                appliance.attend(this);
            }
            case Message.Get(Message.Reading how, List<Digest> digests) -> get(request, how, digests);
            default -> answer(request, answerTo(message));
        }
    }

    private Message answerTo(Message message) throws IOException {
        return switch (message) {
            case Message.Enroll enroll -> appliance.enroll(enroll);
            case Message.Renew renew -> appliance.renew(node, renew);
            case Message.Ping ping -> new Message.Done();
            case Message.Hold hold -> new Message.Held(hold.instance());
            case Message.OpenBackup open -> new Message.BackupOpened(appliance.newSession());
            case Message.OpenOrdered(long task) -> {
                appliance.requireOrdered(node, task);
                yield new Message.BackupOpened(appliance.newSession());
            }
            case Message.JoinBackup join -> new Message.Done();
            case Message.Folders folders -> new Message.Done();
            case Message.Query(List<Digest> digests) -> known(digests);
            case Message.Put(List<Message.Upload> uploads) -> {
                for (Message.Upload upload : uploads) {
                    store.put(node, upload);
                }
                long sequence = chunks.addAndGet(uploads.size());
                yield new Message.Stored(sequence, sequence);
            }
            case Message.RootPart(List<PageRef> pages) -> {
                store.requireWhole(node, pages);
                root.addAll(pages);
                yield new Message.Done();
            }
            case Message.Commit(byte[] summary) -> new Message.Committed(store.commit(node, summary, root));
            case Message.ListSnapshots list -> new Message.Snapshots(store.list(node), true);
            case Message.OpenRead(UUID snapshot, Purpose purpose, String detail) -> {
                MemoryStore.Snapshot opened = store.open(node, snapshot);
                yield new Message.ReadOpened(opened.pages().size(), opened.summary());
            }
            case Message.ReadRoot(UUID snapshot, int from, int count) -> {
                List<PageRef> pages = store.open(node, snapshot).pages();
                yield new Message.RootPages(pages.subList(from, Math.min(pages.size(), from + count)));
            }
            case Message.Plan(List<Digest> digests) ->
                new Message.Places(digests.stream()
                        .mapToLong(digest -> store.place(node, digest))
                        .toArray());
            case Message.AskThaw ask -> new Message.ThawAdvice("thaw it with: thaw " + ask.snapshot());
            case Message.FetchPackage fetch -> appliance.packagePart(fetch);
            case Message.Progress progress -> {
                appliance.progress(node, progress);
                yield new Message.Done();
            }
            case Message.Ended ended -> {
                appliance.ended(node, ended);
                yield new Message.Done();
            }
            default -> throw new RemoteException(ErrorCode.FORBIDDEN, "no request of a node: " + message);
        };
    }

    private Message known(List<Digest> digests) {
        byte[] bitmap = new byte[(digests.size() + 7) / 8];
        for (int i = 0; i < digests.size(); i++) {
            if (store.owns(node, digests.get(i))) {
                bitmap[i / 8] |= (byte) (1 << i % 8);
            }
        }
        return new Message.Known(bitmap);
    }

    private void get(int request, Message.Reading how, List<Digest> digests) throws IOException {
        List<Message.Answer> answers = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < digests.size(); i++) {
            Message.Answer answer = store.read(node, i, digests.get(i), how);
            answers.add(answer);
            bytes += answer.packed() == null ? 0 : answer.packed().length();
            if (bytes >= ANSWER_BYTES && i + 1 < digests.size()) {
                answer(request, new Message.Chunks(answers, false));
                answers = new ArrayList<>();
                bytes = 0;
            }
        }
        answer(request, new Message.Chunks(answers, true));
    }

    /** Gives an order to the service at the other end. */
    void order(Message.Order order) throws IOException {
        answer(attending, order);
    }

    @Override
    public void close() throws IOException {
        // Like a cable that is cut: nothing that is on its way arrives.
        socket.setSoLinger(true, 0);
        socket.close();
    }
}
