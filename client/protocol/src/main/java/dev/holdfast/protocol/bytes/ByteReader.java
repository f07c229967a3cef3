package dev.holdfast.protocol.bytes;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what {@link ByteWriter} wrote, trusting nothing: every read is checked against the end, and every failure is a
 * {@link FormatException} that names the offset. Not safe for use by several threads.
 */
public final class ByteReader {
    private final byte[] buffer;
    private final int start;
    private final int end;
    private final boolean inPlace;
    private int position;

    public ByteReader(byte[] buffer) {
        this(buffer, 0, buffer.length);
    }

    public ByteReader(byte[] buffer, int offset, int length) {
        this(buffer, offset, length, false);
    }

    private ByteReader(byte[] buffer, int offset, int length, boolean inPlace) {
        this.inPlace = inPlace;
        this.buffer = buffer;
        this.start = offset;
        this.position = offset;
        this.end = offset + length;
    }

    /** A reader whose {@link #part}s are of the array itself. */
    public static ByteReader inPlace(byte[] buffer, int offset, int length) {
        return new ByteReader(buffer, offset, length, true);
    }

    public int remaining() {
        return end - position;
    }

    public boolean hasRemaining() {
        return position < end;
    }

    /** The offset from where this reader began. */
    public int offset() {
        return position - start;
    }

    public FormatException corrupt(String what) {
        return FormatException.corrupt(what + " at offset " + offset());
    }

    private int take(int bytes) throws FormatException {
        if (bytes < 0 || bytes > remaining()) {
            throw corrupt("truncated: " + bytes + " bytes wanted, " + remaining() + " left");
        }
        int at = position;
        position += bytes;
        return at;
    }

    public int u8() throws FormatException {
        return buffer[take(1)] & 0xFF;
    }

    public int u16() throws FormatException {
        int at = take(2);
        return (buffer[at] & 0xFF) << 8 | (buffer[at + 1] & 0xFF);
    }

    public int i32() throws FormatException {
        int at = take(4);
        return (buffer[at] & 0xFF) << 24
                | (buffer[at + 1] & 0xFF) << 16
                | (buffer[at + 2] & 0xFF) << 8
                | (buffer[at + 3] & 0xFF);
    }

    public long u32() throws FormatException {
        return i32() & 0xFFFF_FFFFL;
    }

    public long u64() throws FormatException {
        return (long) i32() << 32 | u32();
    }

    public long varint() throws FormatException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = u8();
            if (shift == 63 && next > 1) {
                break;
            }
            value |= (long) (next & 0x7F) << shift;
            if ((next & 0x80) == 0) {
                return value;
            }
        }
        throw corrupt("number of more than 64 bits");
    }

    /** A varint that must lie in {@code 0..max}; {@code what} names it in the error. */
    public int varint(int max, String what) throws FormatException {
        long value = varint();
        if (value < 0 || value > max) {
            throw corrupt(what + " of " + Long.toUnsignedString(value) + " exceeds " + max);
        }
        return (int) value;
    }

    public long zigzag() throws FormatException {
        long value = varint();
        return (value >>> 1) ^ -(value & 1);
    }

    public byte[] raw(int length) throws FormatException {
        int at = take(length);
        return Arrays.copyOfRange(buffer, at, at + length);
    }

    /** Makes something of a part of an array. */
    @FunctionalInterface
    public interface PartUse<R> {
        R of(byte[] array, int offset, int length);
    }

    /** The next bytes: in the array that this reads from if it is a reader {@link #inPlace}, else in one of their own. */
    public <R> R part(int length, PartUse<R> use) throws FormatException {
        return inPlace ? use.of(buffer, take(length), length) : use.of(raw(length), 0, length);
    }

    public byte[] bytes(int maxLength, String what) throws FormatException {
        return raw(varint(maxLength, what + " length"));
    }

    public String string(int maxBytes, String what) throws FormatException {
        byte[] bytes = bytes(maxBytes, what);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw corrupt(what + " is not valid UTF-8");
        }
    }

    public void expectEnd(String what) throws FormatException {
        if (hasRemaining()) {
            throw corrupt(remaining() + " bytes too many in " + what);
        }
    }
}
