package dev.holdfast.protocol.chunk;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.bytes.Spares;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A chunk's bytes as they travel and are stored.
 *
 * @param rawLength the plaintext's length, at most {@link #MAX_RAW_BYTES}
 * @param array holds the packed bytes, {@code length} of them from {@code offset} on; these must not be changed while this record
 *     is in use
 */
public record Packed(Codec codec, int rawLength, byte[] array, int offset, int length) {
    /** No chunk is larger, which also keeps one AES-GCM operation well below where the JDK slows down. */
    public static final int MAX_RAW_BYTES = 1 << 20;

    private static final int REPACK_LEVEL = 3;
    /** RFC 8878, section 3.1.1. */
    private static final int MAX_ZSTD_HEADER_BYTES = 18;

    private static final int SAMPLE_BYTES = 1 << 13;

    /** The first four bytes of a Zstandard frame, little-endian; RFC 8878, section 3.1.1. */
    private static final int ZSTD_MAGIC = 0xFD2FB528;

    /** A context takes more than a megabyte outside the heap, and is freed only where it is closed. */
    private static final Spares<Compressor> COMPRESSORS = new Spares<>(Compressor::new, Compressor::close);

    private static final Spares<Decompressor> DECOMPRESSORS = new Spares<>(Decompressor::new, Decompressor::close);

    /** A context and an output buffer, so that packing allocates the result alone. */
    private static final class Compressor {
        private final ZstdCompressCtx context = new ZstdCompressCtx();
        private byte[] out = new byte[1 << 16];

        private byte[] room(int bytes) {
            if (out.length < bytes) {
                out = new byte[bytes];
            }
            return out;
        }

        Packed compress(byte[] data, int length, int level, Memory memory) {
            byte[] room = room((int) Zstd.compressBound(length));
            context.setLevel(level);
            int packed = context.compressByteArray(room, 0, room.length, data, 0, length);
            return packed <= length - Math.max(1, length / 32)
                    ? copy(room, packed, length, memory)
                    : new Packed(Codec.INCOMPRESSIBLE, length, data, 0, length);
        }

        private static Packed copy(byte[] from, int packed, int length, Memory memory) {
            byte[] to = memory.take(packed);
            System.arraycopy(from, 0, to, 0, packed);
            return new Packed(Codec.ZSTD, length, to, 0, packed);
        }

        /** Whether a stretch in the middle gets smaller. */
        boolean shrinks(byte[] data, int length, int level) {
            int sample = Math.min(SAMPLE_BYTES, length);
            byte[] room = room((int) Zstd.compressBound(sample));
            context.setLevel(level);
            int packed = context.compressByteArray(room, 0, room.length, data, (length - sample) / 2, sample);
            return packed <= sample - Math.max(1, sample / 32);
        }

        void close() {
            context.close();
        }
    }

    /** A context, and a buffer for plaintext that nobody keeps. */
    private static final class Decompressor {
        private final ZstdDecompressCtx context = new ZstdDecompressCtx();
        private byte[] out = new byte[0];

        byte[] room(int bytes) {
            if (out.length < bytes) {
                out = new byte[Math.max(bytes, Math.min(MAX_RAW_BYTES, 2 * out.length))];
            }
            return out;
        }

        void decompress(Packed packed, byte[] to) throws FormatException {
            int length;
            try {
                length = context.decompressByteArray(
                        to, 0, packed.rawLength, packed.array, packed.offset, packed.length);
            } catch (RuntimeException e) {
                throw FormatException.corrupt("chunk does not decompress: " + e.getMessage());
            }
            if (length != packed.rawLength) {
                throw FormatException.corrupt(
                        "chunk decompressed to " + length + " bytes instead of " + packed.rawLength);
            }
        }

        void close() {
            context.close();
        }
    }

    /** The packed bytes are a whole array. */
    public Packed(Codec codec, int rawLength, byte[] payload) {
        this(codec, rawLength, payload, 0, payload.length);
    }

    /** The packed bytes: the array itself where it has no others, else a copy. */
    public byte[] payload() {
        return length == array.length ? array : Arrays.copyOfRange(array, offset, offset + length);
    }

    public static Packed raw(byte[] data) {
        return new Packed(Codec.RAW, data.length, data);
    }

    /** Compresses, or keeps the bytes as they are where that saves less than a thirty-second. */
    public static Packed compress(byte[] data, int level) {
        return compress(data, data.length, level);
    }

    /** As above, the first {@code length} bytes. The result shares no memory with {@code data}. */
    public static Packed compress(byte[] data, int length, int level) {
        Packed packed = compress(data, length, level, false, byte[]::new);
        return packed.codec == Codec.ZSTD ? packed : new Packed(packed.codec, length, Arrays.copyOf(data, length));
    }

    /** Where arrays come from that packed bytes are put into. */
    @FunctionalInterface
    public interface Memory {
        /** An array that is at least so long. */
        byte[] take(int bytes);
    }

    /**
     * As above, without a copy of what does not compress.
     *
     * @param sample try a sample first, and do not compress where that does not get smaller
     * @return in an array of {@code memory} if it is compressed, else in {@code data} itself
     */
    public static Packed compress(byte[] data, int length, int level, boolean sample, Memory memory) {
        return COMPRESSORS.use(compressor -> sample && !compressor.shrinks(data, length, level)
                ? new Packed(Codec.INCOMPRESSIBLE, length, data, 0, length)
                : compressor.compress(data, length, level, memory));
    }

    /**
     * Checks the packing without unpacking it. Code that accepts or writes a chunk calls this; readers take what
     * {@link #unpack} can read, since older releases accepted more.
     *
     * @throws FormatException where the lengths are out of range or do not fit together, or where a compressed payload is
     *     anything else than exactly one Zstandard frame without dictionary that states its content's length and is
     *     shorter than its content
     */
    public void requireCanonical() throws FormatException {
        requireLengths();
        if (codec == Codec.ZSTD) {
            requireOneFrame();
        }
    }

    /** Whether {@link #requireCanonical} accepts this chunk. */
    public boolean canonical() {
        try {
            requireCanonical();
            return true;
        } catch (FormatException e) {
            return false;
        }
    }

    /** This chunk where it is canonical; otherwise the same plaintext, packed anew. */
    public Packed toCanonical() throws FormatException {
        return canonical() ? this : compress(unpack(), REPACK_LEVEL);
    }

    private void requireLengths() throws FormatException {
        if (rawLength < 0 || rawLength > MAX_RAW_BYTES) {
            throw FormatException.corrupt("chunk claims " + rawLength + " bytes, the limit is " + MAX_RAW_BYTES);
        }
        if (codec != Codec.ZSTD && length != rawLength) {
            throw FormatException.corrupt("chunk of " + length + " bytes claims a length of " + rawLength);
        }
    }

    private void requireOneFrame() throws FormatException {
        if (length >= rawLength) {
            throw FormatException.corrupt(
                    "chunk of " + rawLength + " bytes is compressed to " + length + " bytes, which is no gain");
        }
        // The library decompresses a run of frames, skippable ones among them, without complaint.
        if (length < Integer.BYTES
                || ByteBuffer.wrap(array, offset, length)
                                .order(ByteOrder.LITTLE_ENDIAN)
                                .getInt()
                        != ZSTD_MAGIC) {
            throw FormatException.corrupt("chunk does not begin with a Zstandard frame");
        }
        boolean one;
        try {
            byte[] header = Arrays.copyOfRange(array, offset, offset + Math.min(length, MAX_ZSTD_HEADER_BYTES));
            one = Zstd.findFrameCompressedSize(array, offset, length) == length
                    && Zstd.getFrameContentSize(header) == rawLength
                    && Zstd.getDictIdFromFrame(header) == 0;
        } catch (ZstdException e) {
            throw FormatException.corrupt("chunk is not a Zstandard frame: " + e.getMessage());
        }
        if (!one) {
            throw FormatException.corrupt("chunk of " + length
                    + " bytes is not exactly one Zstandard frame that states " + rawLength + " bytes of content");
        }
    }

    /** The plaintext; for uncompressed codecs {@link #payload}. Takes no more memory than the claimed length. */
    public byte[] unpack() throws FormatException {
        requireLengths();
        return codec == Codec.ZSTD ? decompress() : payload();
    }

    private byte[] decompress() throws FormatException {
        byte[] raw = new byte[rawLength];
        DECOMPRESSORS.<Boolean, FormatException>use(decompressor -> {
            decompressor.decompress(this, raw);
            return true;
        });
        return raw;
    }

    /** What is done with a plaintext: a part of an array that is used again, so that nothing may keep it. */
    @FunctionalInterface
    public interface PlainUse<R> {
        R with(byte[] bytes, int offset, int length) throws IOException;
    }

    /** As {@link #unpack}, for those who are done with the plaintext when they return: without an array for each chunk. */
    public <R> R withPlain(PlainUse<R> use) throws IOException {
        requireLengths();
        if (codec != Codec.ZSTD) {
            return use.with(array, offset, length);
        }
        return DECOMPRESSORS.use(decompressor -> {
            byte[] room = decompressor.room(rawLength);
            decompressor.decompress(this, room);
            return use.with(room, 0, rawLength);
        });
    }
}
