package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.ByteWriter;
import dev.holdfast.protocol.bytes.FormatException;

/**
 * Writes and reads the messages of one type: the bytes behind a frame's type and request id.
 *
 * @param type the number in the frame, part of the protocol
 */
record MessageCodec<M extends Message>(int type, Class<M> message, Writer<M> writer, Reader<M> reader) {

    @FunctionalInterface
    interface Writer<M> {
        void write(ByteWriter out, M message);
    }

    /** Reads the fields; the caller checks that nothing follows. */
    @FunctionalInterface
    interface Reader<M> {
        M read(ByteReader in) throws FormatException;
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
