package dev.holdfast.vault.object;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tukaani.xz.check.CRC64;

final class Crc64Test {
    @Test
    void knowsTheCheckValueOfTheCatalogueOfCrcs() {
        Crc64 crc = new Crc64();
        crc.update("123456789".getBytes(StandardCharsets.US_ASCII), 0, 9);
        assertThat(crc.value()).isEqualTo(0x995DC9BBDF1939FAL);
    }

    @Test
    void agreesWithXzOnAllLengthsAndOffsets() {
        Random random = new Random(64);
        for (int round = 0; round < 2000; round++) {
            byte[] data = new byte[random.nextInt(400)];
            random.nextBytes(data);
            Crc64 ours = new Crc64();
            CRC64 theirs = new CRC64();
            for (int at = 0; at < data.length; ) {
                int count = 1 + random.nextInt(data.length - at);
                ours.update(data, at, count);
                theirs.update(data, at, count);
                at += count;
            }
            long expected = ByteBuffer.wrap(theirs.finish())
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .getLong();
            assertThat(ours.value())
                    .as("round %d, %d bytes", round, data.length)
                    .isEqualTo(expected);
            assertThat(ours.bytes()).isEqualTo(data.length);
        }
    }
}
