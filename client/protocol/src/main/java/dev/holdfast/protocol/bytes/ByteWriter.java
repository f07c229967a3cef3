package dev.holdfast.protocol.bytes;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing big-endian buffer. Not safe for use by several threads. */
public final class ByteWriter {
    private byte[] buffer;
    private int size;

    public ByteWriter(int expectedBytes) {
        buffer = new byte[Math.max(16, expectedBytes)];
    }

    public int size() {
        return size;
    }

    public void clear() {
        size = 0;
    }

    /** The bytes written so far, a copy. */
    public byte[] toByteArray() {
        return Arrays.copyOf(buffer, size);
    }

    /** The bytes written, without a copy where the expected size was met. Nothing may be written after it. */
    public byte[] finish() {
        return size == buffer.length ? buffer : toByteArray();
    }

    /** The bytes written so far, without a copy; valid until the next write. */
    public ByteBuffer view() {
        return ByteBuffer.wrap(buffer, 0, size);
    }

    private int grow(int bytes) {
        int at = size;
        if (buffer.length - size < bytes) {
            buffer = Arrays.copyOf(buffer, Math.max(Math.addExact(size, bytes), buffer.length + (buffer.length >> 1)));
        }
        size += bytes;
        return at;
    }

    public ByteWriter u8(int value) {
        int at = grow(1);
        buffer[at] = (byte) value;
        return this;
    }

    public ByteWriter u16(int value) {
        int at = grow(2);
        buffer[at] = (byte) (value >>> 8);
        buffer[at + 1] = (byte) value;
        return this;
    }

    public ByteWriter u32(long value) {
        int at = grow(4);
        putInt(at, (int) value);
        return this;
    }

    public ByteWriter u64(long value) {
        int at = grow(8);
        putInt(at, (int) (value >>> 32));
        putInt(at + 4, (int) value);
        return this;
    }

    private void putInt(int at, int value) {
        buffer[at] = (byte) (value >>> 24);
        buffer[at + 1] = (byte) (value >>> 16);
        buffer[at + 2] = (byte) (value >>> 8);
        buffer[at + 3] = (byte) value;
    }

    /** An unsigned LEB128 number of one to ten bytes. */
    public ByteWriter varint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            u8((int) (rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        return u8((int) rest);
    }

    /** How many bytes {@link #varint} takes. */
    public static int varintBytes(long value) {
        return Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
    }

    /** A signed number, zigzag-coded so that small negatives stay short. */
    public ByteWriter zigzag(long value) {
        return varint((value << 1) ^ (value >> 63));
    }

    public ByteWriter raw(byte[] bytes) {
        return raw(bytes, 0, bytes.length);
    }

    public ByteWriter raw(byte[] bytes, int offset, int length) {
        int at = grow(length);
        System.arraycopy(bytes, offset, buffer, at, length);
        return this;
    }

    /** Length as a varint, then the bytes. */
    public ByteWriter bytes(byte[] bytes) {
        return varint(bytes.length).raw(bytes);
    }

    public ByteWriter string(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
