package dev.holdfast.agent.allocation;

import dev.holdfast.agent.image.BlockSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Numbers in the first bytes of a file system. */
final class Bytes {
    private final ByteBuffer buffer;

    Bytes(byte[] bytes) {
        this.buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The bytes of a range; zeros behind its end. */
    static Bytes of(BlockSource disk, Range range, int length) throws IOException {
        byte[] bytes = new byte[length];
        int wanted = (int) Math.min(length, range.bytes());
        int at = 0;
        while (at < wanted) {
            int read = disk.read(range.start() + at, bytes, at, wanted - at);
            if (read < 0) {
                break;
            }
            at += read;
        }
        return new Bytes(bytes);
    }

    /** Where numbers have their highest byte first. */
    Bytes bigEndian() {
        Bytes other = new Bytes(buffer.array());
        other.buffer.order(ByteOrder.BIG_ENDIAN);
        return other;
    }

    int length() {
        return buffer.capacity();
    }

    int u8(int at) {
        return buffer.get(at) & 0xFF;
    }

    int u16(int at) {
        return buffer.getShort(at) & 0xFFFF;
    }

    long u32(int at) {
        return buffer.getInt(at) & 0xFFFF_FFFFL;
    }

    /** Negative where it is 2^63 or more: larger than any disk. */
    long i64(int at) {
        return buffer.getLong(at);
    }

    boolean has(int at, String text) {
        byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < wanted.length; i++) {
            if (buffer.get(at + i) != wanted[i]) {
                return false;
            }
        }
        return true;
    }
}
