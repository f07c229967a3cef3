package dev.holdfast.protocol.nbd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads the replies of a server, and gives them to the requests that wait for them. One thread uses it. */
final class ReplyReader {
    private static final int MAX_ERROR_BYTES = 64 << 10;
    private static final int DESCRIPTOR_BYTES = 2 * Integer.BYTES;
    /** More in one chunk no server should send. */
    private static final int MAX_DESCRIPTORS = 1 << 20;
    /** More are not kept: a client asks again from where the answer ended. */
    private static final int MAX_KEPT = 1 << 16;

    private final Intake in;
    private final Requests requests;
    private final boolean structured;
    private final Map<Integer, String> contexts;
    private final Runnable progress;

    /** The requests that wait. */
    interface Requests {
        /** The one with a cookie, which goes on waiting. */
        Pending find(long cookie) throws ProtocolViolation;

        /** Completes one that got the last of its reply. */
        void complete(Pending request) throws ProtocolViolation;
    }

    /** @param progress is called whenever something has come */
    ReplyReader(Intake in, Requests requests, ClientHandshake.Agreed agreed, Runnable progress) {
        this.in = in;
        this.requests = requests;
        this.structured = agreed.info().structured();
        this.contexts = agreed.contexts();
        this.progress = progress;
    }

    /** Reads until the server ends the connection. */
    void run() throws IOException {
        while (in.more()) {
            int magic = in.i32();
            if (magic == Numbers.SIMPLE_REPLY_MAGIC) {
                simple();
            } else if (magic == Numbers.STRUCTURED_REPLY_MAGIC && structured) {
                chunk();
            } else {
                throw new ProtocolViolation("a reply begins with 0x" + Integer.toHexString(magic));
            }
            progress.run();
        }
    }

    private void simple() throws IOException {
        int error = in.i32();
        Pending pending = requests.find(in.u64());
        boolean read = pending instanceof Pending.Read;
        if (read && structured) {
            throw new ProtocolViolation("it answered a read with a simple reply");
        }
        if (error != 0) {
            pending.note(new NbdException(NbdError.of(error), ""));
        } else if (read && pending.request().length() > 0) {
            pending.data(in, pending.request().offset(), (int) pending.request().length(), progress);
        }
        requests.complete(pending);
    }

    private void chunk() throws IOException {
        int flags = in.u16();
        int type = in.u16();
        Pending pending = requests.find(in.u64());
        long length = in.u32();
        if ((type & Numbers.CHUNK_ERROR_BIT) != 0) {
            error(pending, length);
        } else {
            content(pending, type, length, (flags & Numbers.DONE) != 0);
        }
        if ((flags & Numbers.DONE) != 0) {
            requests.complete(pending);
        }
    }

    private void content(Pending pending, int type, long length, boolean last) throws IOException {
        switch (type) {
            case Numbers.CHUNK_NONE -> require(length == 0 && last, type, length);
            case Numbers.CHUNK_DATA -> {
                long bytes = length - Long.BYTES;
                require(bytes > 0 && bytes <= pending.request().length(), type, length);
                pending.data(in, in.u64(), (int) bytes, progress);
            }
            case Numbers.CHUNK_HOLE -> {
                require(length == Long.BYTES + Integer.BYTES, type, length);
                long offset = in.u64();
                long bytes = in.u32();
                require(bytes > 0 && bytes <= pending.request().length(), type, length);
                pending.hole(offset, (int) bytes);
            }
            case Numbers.CHUNK_STATUS -> status(pending, length);
            default -> throw new ProtocolViolation("a chunk has type " + type);
        }
    }

    private static void require(boolean good, int type, long length) throws ProtocolViolation {
        if (!good) {
            throw new ProtocolViolation("a chunk of type " + type + " with " + length + " bytes is malformed");
        }
    }

    private void status(Pending pending, long length) throws IOException {
        long descriptors = (length - Integer.BYTES) / DESCRIPTOR_BYTES;
        require(
                descriptors >= 1
                        && descriptors <= MAX_DESCRIPTORS
                        && length == Integer.BYTES + descriptors * DESCRIPTOR_BYTES,
                Numbers.CHUNK_STATUS,
                length);
        int id = in.i32();
        String context = contexts.get(id);
        if (context == null) {
            throw new ProtocolViolation("it says what context " + id + " says, which was not selected");
        }
        List<NbdExtent> extents = new ArrayList<>();
        long at = pending.request().offset();
        for (long i = 0; i < descriptors; i++) {
            long bytes = in.u32();
            int flags = in.i32();
            if (bytes == 0) {
                throw new ProtocolViolation("it describes an extent without bytes");
            }
            if (extents.size() < MAX_KEPT && at + bytes > at) {
                NbdExtent.append(extents, new NbdExtent(at, bytes, flags));
                at += bytes;
            }
        }
        pending.status(context, extents);
    }

    private void error(Pending pending, long length) throws IOException {
        int head = Integer.BYTES + Short.BYTES;
        if (length < head || length > MAX_ERROR_BYTES) {
            throw new ProtocolViolation("an error has " + length + " bytes");
        }
        int code = in.i32();
        int text = in.u16();
        if (code == 0 || text > length - head) {
            throw new ProtocolViolation("an error of " + length + " bytes has code " + code + " and a text of " + text);
        }
        String message = new String(in.bytes(text), StandardCharsets.UTF_8);
        in.skip(length - head - text);
        pending.note(new NbdException(NbdError.of(code), message));
    }
}
