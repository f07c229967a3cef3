package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.bytes.Spares;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
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
    /** As version 4, with {@link Message.Renew}, orders to upgrade and {@link Message.FetchPackage}. */
    public static final int RENEWALS = 5;
    /** From this version on, a client takes orders to upgrade itself. */
    public static final int UPGRADES = RENEWALS;
    /**
     * As version 5; a client says below which directories it restores by order, see {@link Message.Attend}, and more of how far
     * a task is, see {@link Message.Figures}.
     */
    public static final int FIGURES = 6;
    /** From this version on, a client says below which directories it restores by order. */
    public static final int RESTORE_RIGHTS = FIGURES;
    /** As version 6; the appliance may ask for the folders of a directory, see {@link Job.Folders}. */
    public static final int FOLDERS = 7;
    /** As version 7; orders of backups may name disks, see {@link Job.Options#disks}. */
    public static final int DISKS = 8;
    /** As version 8; orders of backups may ask for source snapshots, see {@link SourceSnapshots}. */
    public static final int SOURCE_SNAPSHOTS = 9;
    /** The newest version that this release speaks; the oldest is {@link #VERSION}. */
    public static final int NEWEST_VERSION = SOURCE_SNAPSHOTS;
    /** Longest frame body; a sender keeps chunks in one frame to {@link #DATA_BYTES}. */
    public static final int MAX_BODY_BYTES = 5 << 20;
    /** What a frame of several chunks aims at; one chunk of the largest size still fits behind it. */
    public static final int DATA_BYTES = 1 << 20;

    private static final int HEAD_BYTES = 4;
    /** Type and request id. */
    private static final int PREFIX_BYTES = 1 + 4;

    private static final int LEAST_KEPT_BODY_BYTES = DATA_BYTES / 2;
    private static final int MOST_KEPT_BODY_BYTES = 2 * DATA_BYTES;
    private static final int KEPT_BODIES = 16;
    /** Idle arrays for the bodies of frames of chunks: new ones would be cleared first, and collected soon. */
    private static final Queue<byte[]> BODIES = new ArrayBlockingQueue<>(KEPT_BODIES);

    /**
     * @param bytes what the frame took on the wire
     * @param body the memory that the chunks of the message are in; null where they have memory of their own
     */
    public record Frame(int request, Message message, int bytes, byte @Nullable [] body) {
        /** Gives the memory back, once, when nobody uses the message's chunks any more. */
        public void release() {
            if (body != null) {
                assert Spares.poison(body);
                keep(body);
            }
        }
    }

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
        return read(in, gate, false);
    }

    /** As {@link #read}, but chunks stay in the memory that they were read into, until {@link Frame#release}. */
    public static @Nullable Frame readInPlace(InputStream in, Gate gate) throws IOException {
        return read(in, gate, true);
    }

    private static @Nullable Frame read(InputStream in, Gate gate, boolean inPlace) throws IOException {
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
        byte[] idle = length < LEAST_KEPT_BODY_BYTES ? null : BODIES.poll();
        byte[] body = idle == null || idle.length < length ? new byte[length] : idle;
        boolean kept = false;
        try {
            Frame frame = read(in, body, length, inPlace);
            kept = frame.body != null;
            return frame;
        } finally {
            if (!kept) {
                keep(body);
            }
        }
    }

    private static void keep(byte[] body) {
        if (body.length >= LEAST_KEPT_BODY_BYTES && body.length <= MOST_KEPT_BODY_BYTES) {
            BODIES.offer(body);
        }
    }

    private static Frame read(InputStream in, byte[] body, int length, boolean inPlace) throws IOException {
        if (in.readNBytes(body, 0, length) < length) {
            throw new EOFException("connection closed in the middle of a frame");
        }
        ByteReader reader = inPlace ? ByteReader.inPlace(body, 0, length) : new ByteReader(body, 0, length);
        int type = reader.u8();
        int request = reader.i32();
        return new Frame(request, MessageCodecs.read(type, reader), length + HEAD_BYTES, inPlace ? body : null);
    }
}
