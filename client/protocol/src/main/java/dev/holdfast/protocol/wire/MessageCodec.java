package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;
import java.util.function.ToIntFunction;

/**
 * Writes and reads the messages of one type: the bytes behind a frame's type and request id.
 *
 * @param type the number in the frame, part of the protocol
 * @param size how long a message will be; exact for those that carry chunks, so that they are assembled without a copy
 */
record MessageCodec<M extends Message>(
        int type, Class<M> message, Writer<M> writer, Reader<M> reader, ToIntFunction<M> size) {
    private static final int USUAL_BYTES = 256;

    @FunctionalInterface
    interface Writer<M> {
        void write(ByteWriter out, M message);
    }

    /** Reads the fields; the caller checks that nothing follows. */
    @FunctionalInterface
    interface Reader<M> {
        M read(ByteReader in) throws FormatException;
    }

    /** For messages that are usually short. */
    MessageCodec(int type, Class<M> message, Writer<M> writer, Reader<M> reader) {
        this(type, message, writer, reader, any -> USUAL_BYTES);
    }

    int expectedBytes(Message any) {
        return size.applyAsInt(message.cast(any));
    }

    void write(ByteWriter out, Message any) {
        writer.write(out, message.cast(any));
    }

    M read(ByteReader in) throws FormatException {
        M read = reader.read(in);
        in.expectEnd("message");
        return read;
    }
}
