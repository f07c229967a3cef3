package dev.holdfast.protocol.nbd;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Encodes replies of either kind. Each request gets exactly one last reply or chunk; when that has left, the request's slot is
 * free. Safe for use by several threads.
 */
final class Replies {
    private static final int OFFSET_BYTES = Long.BYTES;

    private final ReplyQueue queue;
    private final boolean structured;
    private final Semaphore slots;

    /** @param slots one permit of it is released for each request */
    Replies(ReplyQueue queue, boolean structured, Semaphore slots) {
        this.queue = queue;
        this.structured = structured;
        this.slots = slots;
    }

    private static ByteBuffer simple(Request request, int error) {
        return ByteBuffer.allocate(Numbers.SIMPLE_REPLY_BYTES)
                .putInt(Numbers.SIMPLE_REPLY_MAGIC)
                .putInt(error)
                .putLong(request.cookie());
    }

    /**
     * The head of a chunk, with room for the beginning of its payload.
     *
     * @param payload bytes in all
     */
    private static ByteBuffer chunk(Request request, int type, boolean last, int payload, int room) {
        return ByteBuffer.allocate(Numbers.STRUCTURED_REPLY_BYTES + room)
                .putInt(Numbers.STRUCTURED_REPLY_MAGIC)
                .putShort((short) (last ? Numbers.DONE : 0))
                .putShort((short) type)
                .putLong(request.cookie())
                .putInt(payload);
    }

    private void release(boolean last) {
        if (last) {
            slots.release();
        }
    }

    /** Success without data. */
    void done(Request request) {
        ByteBuffer message = structured ? chunk(request, Numbers.CHUNK_NONE, true, 0, 0) : simple(request, 0);
        queue.send(slots::release, message.flip());
    }

    /** @param message for people at the client, if the reply can carry it */
    void error(Request request, NbdError error, @Nullable String message) {
        if (!structured) {
            queue.send(slots::release, simple(request, error.code()).flip());
            return;
        }
        byte[] text = Texts.cut(message == null ? "" : message);
        int payload = Integer.BYTES + Short.BYTES + text.length;
        ByteBuffer chunk = chunk(request, Numbers.CHUNK_ERROR, true, payload, payload)
                .putInt(error.code())
                .putShort((short) text.length)
                .put(text);
        queue.send(slots::release, chunk.flip());
    }

    /** A chunk of data, of a structured reply. */
    void data(Request request, Pieces.Share share, Pieces.Piece piece, long offset, int length, boolean last) {
        ByteBuffer head = chunk(request, Numbers.CHUNK_DATA, last, OFFSET_BYTES + length, OFFSET_BYTES)
                .putLong(offset);
        queue.send(
                () -> {
                    share.giveBack(piece);
                    release(last);
                },
                piece.message(head.flip(), length));
    }

    /** A chunk of zeros, of a structured reply. */
    void hole(Request request, long offset, int length, boolean last) {
        int payload = OFFSET_BYTES + Integer.BYTES;
        ByteBuffer chunk = chunk(request, Numbers.CHUNK_HOLE, last, payload, payload)
                .putLong(offset)
                .putInt(length);
        queue.send(() -> release(last), chunk.flip());
    }

    /** All data of a read at once: a simple reply, or one chunk. */
    void whole(Request request, Pieces.Share share, Pieces.Piece[] pieces, int[] lengths) {
        ByteBuffer head = head(request);
        ByteBuffer[] messages = new ByteBuffer[pieces.length];
        for (int i = 0; i < pieces.length; i++) {
            messages[i] = i == 0 ? pieces[i].message(head, lengths[i]) : pieces[i].data(lengths[i]);
        }
        queue.send(
                () -> {
                    Arrays.stream(pieces).forEach(share::giveBack);
                    slots.release();
                },
                messages);
    }

    /** What stands in front of all data of a read, if that comes at once. */
    ByteBuffer head(Request request) {
        return structured
                ? chunk(request, Numbers.CHUNK_DATA, true, (int) request.length() + OFFSET_BYTES, OFFSET_BYTES)
                        .putLong(request.offset())
                        .flip()
                : simple(request, 0).flip();
    }

    /** What a context says of extents; the only chunk of its reply. */
    void status(Request request, int context, List<NbdExtent> extents) {
        int payload = Integer.BYTES + extents.size() * 2 * Integer.BYTES;
        ByteBuffer chunk =
                chunk(request, Numbers.CHUNK_STATUS, true, payload, payload).putInt(context);
        for (NbdExtent each : extents) {
            chunk.putInt((int) each.length()).putInt(each.flags());
        }
        queue.send(slots::release, chunk.flip());
    }

    /** Texts on the wire. */
    static final class Texts {
        private Texts() {}

        /** A text in UTF-8, cut to the longest that the protocol allows, between two characters. */
        static byte[] cut(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            if (bytes.length <= Numbers.MAX_TEXT_BYTES) {
                return bytes;
            }
            int end = Numbers.MAX_TEXT_BYTES;
            while ((bytes[end] & 0xC0) == 0x80) {
                end--;
            }
            return Arrays.copyOf(bytes, end);
        }
    }
}
