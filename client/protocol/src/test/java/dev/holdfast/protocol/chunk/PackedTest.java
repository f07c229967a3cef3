package dev.holdfast.protocol.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdCompressCtx;
import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PackedTest {
    private static final byte[] TEXT =
            "the same words again and again. ".repeat(200).getBytes();
    private static final byte[] FRAME = Packed.compress(TEXT, 3).payload();

    private static byte[] concat(byte[]... parts) {
        ByteBuffer all = ByteBuffer.allocate(
                Arrays.stream(parts).mapToInt(part -> part.length).sum());
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }

    private static byte[] skippable(int bytes) {
        return ByteBuffer.allocate(8 + bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0x184D2A50)
                .putInt(bytes)
                .array();
    }

    private static void refused(Codec codec, int rawLength, byte[] payload) {
        Packed packed = new Packed(codec, rawLength, payload);
        assertThatThrownBy(packed::requireCanonical).isInstanceOf(FormatException.class);
        assertThat(packed.canonical()).isFalse();
        assertThatThrownBy(amongOthers(packed)::requireCanonical).isInstanceOf(FormatException.class);
    }

    /** The same chunk as a part of an array in which others lie before and behind it. */
    private static Packed amongOthers(Packed packed) {
        byte[] array = concat(FRAME, packed.payload(), FRAME);
        return new Packed(packed.codec(), packed.rawLength(), array, FRAME.length, packed.length());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, 65_536, Packed.MAX_RAW_BYTES})
    void whatIsPackedUnpacks(int length) throws IOException {
        byte[] noise = new byte[length];
        new Random(length).nextBytes(noise);
        for (byte[] data : new byte[][] {noise, new byte[length], Arrays.copyOf(TEXT, length)}) {
            for (Packed packed : new Packed[] {Packed.raw(data), Packed.compress(data, -1), Packed.compress(data, 3)}) {
                for (Packed each : new Packed[] {packed, amongOthers(packed)}) {
                    each.requireCanonical();
                    assertThat(each.unpack()).isEqualTo(data);
                    assertThat(each.payload()).isEqualTo(packed.payload());
                    assertThat(each.<byte[]>withPlain((bytes, at, count) -> Arrays.copyOfRange(bytes, at, at + count)))
                            .isEqualTo(data);
                }
            }
        }
    }

    @Test
    void onlyOneFrameThatStatesItsLengthCounts() throws FormatException {
        assertThat(new Packed(Codec.ZSTD, TEXT.length, FRAME).unpack()).isEqualTo(TEXT);
        byte[] half = Packed.compress(TEXT, TEXT.length / 2, 3).payload();
        refused(Codec.ZSTD, TEXT.length, concat(FRAME, skippable(1_100_000)));
        refused(Codec.ZSTD, TEXT.length, concat(FRAME, skippable(0)));
        refused(Codec.ZSTD, TEXT.length, concat(skippable(0), FRAME));
        refused(Codec.ZSTD, TEXT.length, skippable(10));
        refused(Codec.ZSTD, TEXT.length, concat(half, half));
        refused(Codec.ZSTD, 2 * TEXT.length, concat(FRAME, FRAME));
        refused(Codec.ZSTD, TEXT.length, concat(FRAME, new byte[] {0}));
        refused(Codec.ZSTD, TEXT.length, Arrays.copyOf(FRAME, FRAME.length - 1));
        refused(Codec.ZSTD, TEXT.length - 1, FRAME);
        refused(Codec.ZSTD, TEXT.length + 1, FRAME);
        refused(Codec.ZSTD, TEXT.length, new byte[0]);
        refused(Codec.ZSTD, 0, new byte[0]);
        try (ZstdCompressCtx silent = new ZstdCompressCtx()) {
            refused(Codec.ZSTD, TEXT.length, silent.setContentSize(false).compress(TEXT));
        }
        byte[] noise = new byte[1000];
        new Random(1).nextBytes(noise);
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            refused(Codec.ZSTD, noise.length, context.compress(noise));
        }
    }

    /** Older releases stored what decompressed to the right content, whatever followed. */
    @Test
    void readersTakeMoreThanWritersMayStore() throws FormatException {
        for (byte[] payload : new byte[][] {
            concat(FRAME, skippable(10)), concat(skippable(0), FRAME), concat(FRAME, skippable(TEXT.length))
        }) {
            assertThat(new Packed(Codec.ZSTD, TEXT.length, payload).unpack()).isEqualTo(TEXT);
        }
        for (Codec codec : Codec.values()) {
            assertThatThrownBy(() -> new Packed(codec, Packed.MAX_RAW_BYTES + 1, FRAME).unpack())
                    .isInstanceOf(FormatException.class);
        }
    }

    @Test
    void lengthsAreWithinTheLimitsWhateverTheCodec() {
        for (Codec codec : Codec.values()) {
            refused(codec, -1, FRAME);
            refused(codec, Packed.MAX_RAW_BYTES + 1, FRAME);
            refused(codec, Integer.MAX_VALUE, FRAME);
        }
        refused(Codec.INCOMPRESSIBLE, 10, new byte[11]);
        refused(Codec.RAW, 11, new byte[10]);
        refused(Codec.INCOMPRESSIBLE, Packed.MAX_RAW_BYTES + 1, new byte[Packed.MAX_RAW_BYTES + 1]);
    }

    @Test
    void aFlippedBitNeverUnpacksToMoreThanWasClaimed() {
        Random random = new Random(7);
        for (int trial = 0; trial < 2000; trial++) {
            byte[] bad = FRAME.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                assertThat(new Packed(Codec.ZSTD, TEXT.length, bad).unpack()).hasSize(TEXT.length);
            } catch (FormatException e) {
                assertThat(e).hasMessageContaining("chunk");
            }
        }
    }
}
