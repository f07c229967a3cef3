package dev.holdfast.protocol.bytes;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A growing big-endian buffer. Not safe for use by several threads. */
public final class ByteWriter {
    /** Shorter arrays are copied: a part of its own would cost more. */
    private static final int LEAST_PART_BYTES = 4096;

    private byte[] buffer;
    private int size;
    /** Of a gathering writer: what was written before {@link #begun}. */
    private final @Nullable List<ByteBuffer> parts;
    /** Where in the buffer the bytes begin that are in no part yet. */
    private int begun;

    public ByteWriter(int expectedBytes) {
        this(expectedBytes, null);
    }

    private ByteWriter(int expectedBytes, @Nullable List<ByteBuffer> parts) {
        this.buffer = new byte[Math.max(16, expectedBytes)];
        this.parts = parts;
    }

    /** A writer that refers to long arrays instead of copying them. What it wrote is in {@link #parts}. */
    public static ByteWriter gathering() {
        return new ByteWriter(LEAST_PART_BYTES, new ArrayList<>());
    }

    /** What a gathering writer wrote, in order. Nothing may be written after it, and the arrays must not change. */
    public List<ByteBuffer> parts() {
        List<ByteBuffer> all = Objects.requireNonNull(parts, "gathers nothing");
        endPart(all);
        return all;
    }

    private void endPart(List<ByteBuffer> all) {
        if (size > begun) {
            all.add(ByteBuffer.wrap(buffer, begun, size - begun));
            begun = size;
        }
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

    /** A signed number, zigzag-coded so that small negatives stay short. */
    public ByteWriter zigzag(long value) {
        return varint((value << 1) ^ (value >> 63));
    }

    public ByteWriter raw(byte[] bytes) {
        return raw(bytes, 0, bytes.length);
    }

    public ByteWriter raw(byte[] bytes, int offset, int length) {
        if (parts != null && length >= LEAST_PART_BYTES) {
            endPart(parts);
            parts.add(ByteBuffer.wrap(bytes, offset, length));
            return this;
        }
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
