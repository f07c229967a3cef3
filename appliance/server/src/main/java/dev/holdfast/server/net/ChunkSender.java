package dev.holdfast.server.net;

import dev.holdfast.protocol.bytes.SharedUse;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.index.Location;
import dev.holdfast.store.restore.ChunkReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

/**
 * Reads chunks and sends them, one window of a request after the other: a window is read in the order of the disk and answered
 * in the order of the request, which tells nothing about the disk. Safe for use by several threads.
 */
final class ChunkSender {
    private static final System.Logger LOG = System.getLogger(ChunkSender.class.getName());
    private static final int MAX_GET_CHUNKS = 4096;
    /** Stored bytes, and chunks, of one window. */
    private static final int WINDOW_BYTES = 2 << 20;

    private static final int WINDOW_CHUNKS = 256;

    private final RequestContext context;
    private final Services services;
    private final Limits limits;
    private final ReadableSnapshots readable;
    private final LongAdder sentChunks = new LongAdder();
    private final LongAdder sentBytes = new LongAdder();

    ChunkSender(RequestContext context, ReadableSnapshots readable) {
        this.context = context;
        this.services = context.services();
        this.limits = context.limits();
        this.readable = readable;
    }

    /** Chunks that were answered on this connection. */
    long sentChunks() {
        return sentChunks.sum();
    }

    /** Their bytes, as stored. */
    long sentBytes() {
        return sentBytes.sum();
    }

    void send(Reply reply, Message.Get get) throws IOException {
        if (get.digests().size() > MAX_GET_CHUNKS) {
            throw new RemoteException(ErrorCode.MALFORMED, "at most " + MAX_GET_CHUNKS + " chunks a request");
        }
        if (Set.copyOf(get.digests()).size() < get.digests().size()) {
            // Each would be read and answered again, out of one reservation of memory.
            throw new RemoteException(ErrorCode.MALFORMED, "a chunk is asked for twice in one request");
        }
        for (int from = 0; from < get.digests().size() && !context.out().closed(); ) {
            List<Digest> next =
                    get.digests().subList(from, Math.min(get.digests().size(), from + WINDOW_CHUNKS));
            List<ChunkReader.Wanted> located = context.run(limits.readers, () -> readable.locate(next));
            for (int done = 0; done < located.size() && !context.out().closed(); ) {
                int to = windowEnd(located, done);
                sendWindow(reply, get, from, located.subList(done, to));
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
    private void sendWindow(Reply reply, Message.Get get, int base, List<ChunkReader.Wanted> window)
            throws IOException {
        ChunkReader reader = services.store().reader();
        List<List<ChunkReader.Wanted>> runs = reader.plan(window);
        // What stays until it is sent; buffers to read runs into are as few as there are readers.
        int reserved = WindowMemory.arrayBytes(ChunkReader.packedBytes(window));
        // Returned when the answers have left for the network, so that slow clients hold no more than their share.
        context.reserveRestore(reserved);
        byte[] room = limits.windows.take(reserved);
        Runnable release = () -> {
            limits.windows.giveBack(room);
            context.releaseRestore(reserved);
        };
        // Parts that are dropped end in any order, while one may still be on its way.
        try (SharedUse memory = new SharedUse(release)) {
            for (Message.Chunks part : parts(read(get, base, reader, runs, room))) {
                reply.part(part, memory.add());
            }
        }
    }

    private List<Message.Answer> read(
            Message.Get get, int base, ChunkReader reader, List<List<ChunkReader.Wanted>> runs, byte[] room)
            throws IOException {
        List<Future<List<Message.Answer>>> reads = new ArrayList<>();
        List<Message.Answer> answers = new ArrayList<>();
        int next = 0;
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
                int at = next;
                next += ChunkReader.packedBytes(run);
                reads.add(context.submit(
                        limits.readers,
                        () -> reader.read(run, room, at).stream()
                                .map(result -> answer(get, base + result.position(), result))
                                .toList()));
            }
            for (Future<List<Message.Answer>> each : reads) {
                answers.addAll(RequestContext.await(each));
            }
        } finally {
            RequestContext.settle(reads);
        }
        answers.sort(Comparator.comparingInt(Message.Answer::index));
        return answers;
    }

    private boolean isCharged(Location location) throws IOException {
        int container = location.container();
        return services.store().archiving().isArchived(container)
                && services.offsite().charged(container);
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
            if (limits.warnings.take(context.peer().account())) {
                LOG.log(System.Logger.Level.ERROR, "damaged chunk: " + e.getMessage());
            }
            return new Message.Answer(index, null, Failures.brief(String.valueOf(e.getMessage())));
        }
    }

    /** Splits answers into messages of about {@link Frames#DATA_BYTES}: at least one. */
    private List<Message.Chunks> parts(List<Message.Answer> answers) {
        List<Message.Chunks> parts = new ArrayList<>();
        List<Message.Answer> part = new ArrayList<>();
        int bytes = 0;
        sentChunks.add(answers.size());
        for (Message.Answer answer : answers) {
            Packed packed = answer.packed();
            int size = packed == null ? 0 : packed.length();
            sentBytes.add(size);
            services.traffic().sent().add(size);
            if (bytes > 0 && bytes + size > Frames.DATA_BYTES) {
                parts.add(new Message.Chunks(part, false));
                part = new ArrayList<>();
                bytes = 0;
            }
            part.add(answer);
            bytes += size;
        }
        parts.add(new Message.Chunks(part, false));
        return parts;
    }
}
