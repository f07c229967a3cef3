package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Frames on a stream: length u32 of what follows, type u8, request id u32, message.
 *
 * <p>TLS underneath protects every byte, so frames carry no checksum of their own.
 */
public final class Frames {
    public static final int VERSION = 1;
    /**
     * As version 1, with orders of backups that have options, manifest pages of version 2, summaries of version 2, and
     * {@link Message.Hold}.
     */
    public static final int ORDERS_WITH_OPTIONS = 2;
    /** From this version on, a client says which holder of its identity it is. */
    public static final int HOLDERS = ORDERS_WITH_OPTIONS;
    /** As version 2, with summaries of version 3, which tell the file systems that sources lay on. */
    public static final int SOURCE_MOUNTS = 3;
    /** As version 3; the appliance's greeting says by which hash chunks are named. In older versions it is SHA-256. */
    public static final int HASHES = 4;
    /** The newest version that this release speaks; the oldest is {@link #VERSION}. */
    public static final int NEWEST_VERSION = HASHES;
    /** Longest frame body; a sender keeps chunks in one frame to {@link #DATA_BYTES}. */
    public static final int MAX_BODY_BYTES = 5 << 20;
    /** What a frame of several chunks aims at; one chunk of the largest size still fits behind it. */
    public static final int DATA_BYTES = 1 << 20;

    private static final int HEAD_BYTES = 4;
    /** Type and request id. */
    private static final int PREFIX_BYTES = 1 + 4;

    private static final int LEAST_KEPT_BODY_BYTES = DATA_BYTES / 2;
    /** Idle arrays for the bodies of frames of chunks: new ones would be cleared first, and collected soon. */
    private static final Queue<byte[]> BODIES =
            new ArrayBlockingQueue<>(2 * Runtime.getRuntime().availableProcessors());

    /** @param bytes what the frame took on the wire */
    public record Frame(int request, Message message, int bytes) {}

    private Frames() {}

    public static EncodedFrame encode(int request, Message message) {
        MessageCodec<?> codec = MessageCodecs.of(message);
        ByteWriter out = ByteWriter.gathering();
        out.u32(0).u8(codec.type()).u32(request);
        codec.write(out, message);
        List<ByteBuffer> parts = out.parts();
        EncodedFrame frame = new EncodedFrame(parts);
        int body = frame.bytes() - HEAD_BYTES;
        if (body > MAX_BODY_BYTES) {
            throw new IllegalArgumentException("frame of " + body + " bytes exceeds " + MAX_BODY_BYTES);
        }
        parts.getFirst().putInt(0, body);
        return frame;
    }

    public static void write(OutputStream out, int request, Message message) throws IOException {
        encode(request, message).writeTo(out);
        out.flush();
    }

    /** Told a frame's size before its body is read, so that memory for it can be reserved first. */
    public interface Gate {
        void admit(int bytes) throws IOException;
    }

    /** The next frame, or null where the stream ends between two frames. */
    public static @Nullable Frame read(InputStream in, Gate gate) throws IOException {
        byte[] head = in.readNBytes(HEAD_BYTES);
        if (head.length == 0) {
            return null;
        }
        if (head.length < HEAD_BYTES) {
            throw new EOFException("connection closed in the middle of a frame");
        }
        int length = ByteBuffer.wrap(head).getInt();
        if (length < PREFIX_BYTES || length > MAX_BODY_BYTES) {
            throw FormatException.corrupt(
                    "frame of " + Integer.toUnsignedString(length) + " bytes; the limit is " + MAX_BODY_BYTES);
        }
        gate.admit(length);
        byte[] idle = BODIES.poll();
        byte[] body = idle == null || idle.length < length ? new byte[length] : idle;
        try {
            return read(in, body, length);
        } finally {
            if (body.length >= LEAST_KEPT_BODY_BYTES) {
                BODIES.offer(body);
            }
        }
    }

    /** What is read shares no memory with {@code body}. */
    private static Frame read(InputStream in, byte[] body, int length) throws IOException {
        if (in.readNBytes(body, 0, length) < length) {
            throw new EOFException("connection closed in the middle of a frame");
        }
        ByteReader reader = new ByteReader(body, 0, length);
        int type = reader.u8();
        int request = reader.i32();
        return new Frame(request, MessageCodecs.read(type, reader), length + HEAD_BYTES);
    }
}
