package dev.holdfast.store.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.crypto.NativeCrypto;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against vectors of IEEE 1619-2007 for keys of 256 bits, and both implementations against each other. */
class XtsTest {
    private static final byte[] KEY = HexFormat.of()
            .parseHex("2718281828459045235360287471352662497757247093699959574966967627"
                    + "3141592653589793238462643383279502884197169399375105820974944592");

    @BeforeAll
    static void install() {
        NativeCrypto.install();
    }

    private static List<Xts> both(byte[] key) {
        assertThat(Xts.isProvided()).isTrue();
        return List.of(new Xts(key, true), new Xts(key, false));
    }

    private static byte[] counting() {
        byte[] plain = new byte[512];
        for (int i = 0; i < plain.length; i++) {
            plain[i] = (byte) i;
        }
        return plain;
    }

    /** Vectors 10 to 12: 512 bytes that count, in data units 0xff, 0xffff and 0xffffff. */
    @Test
    void vectorsOfTheStandard() {
        String[] begins = {
            "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b",
            "77a31251618a15e6b92d1d66dffe7b50b50bad552305ba0217a610688eff7e11",
            "e387aaa58ba483afa7e8eb469778317ecf4cf573aa9d4eac23f2cdf914e4e200"
        };
        long[] units = {0xff, 0xffff, 0xffffff};
        for (Xts xts : both(KEY)) {
            for (int i = 0; i < units.length; i++) {
                byte[] sealed = new byte[512];
                xts.encrypt(0, units[i], counting(), 0, 512, sealed, 0);
                assertThat(HexFormat.of().formatHex(sealed, 0, 32)).isEqualTo(begins[i]);
            }
        }
    }

    @Test
    void eachImplementationOpensWhatTheOtherSealed() {
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            byte[] key = new byte[Xts.KEY_BYTES];
            random.nextBytes(key);
            byte[] plain = new byte[Xts.UNIT_BYTES * (1 + random.nextInt(256))];
            random.nextBytes(plain);
            long disk = random.nextLong();
            long block = random.nextLong();
            List<Xts> both = both(key);
            byte[] sealed = new byte[plain.length + 3];
            both.get(i % 2).encrypt(disk, block, plain, 0, plain.length, sealed, 3);
            byte[] opened = new byte[plain.length];
            both.get(1 - i % 2).decrypt(disk, block, sealed, 3, plain.length, opened, 0);
            assertThat(opened).isEqualTo(plain);
        }
    }

    @Test
    void aBlockIsSealedAgainAndAgain() {
        for (Xts xts : both(KEY)) {
            byte[] first = new byte[512];
            byte[] opened = new byte[512];
            for (int i = 0; i < 20; i++) {
                byte[] sealed = new byte[512];
                xts.encrypt(0, 7, counting(), 0, 512, sealed, 0);
                first = i == 0 ? sealed : first;
                assertThat(sealed).isEqualTo(first);
                if (i % 3 == 0) {
                    xts.decrypt(0, 7, sealed, 0, 512, opened, 0);
                    assertThat(opened).isEqualTo(counting());
                }
            }
        }
    }

    @Test
    void otherPlacesHaveOtherCiphertextAndWrongLengthsAreRefused() {
        for (Xts xts : both(KEY)) {
            byte[] plain = new byte[64];
            byte[] first = new byte[64];
            byte[] second = new byte[64];
            xts.encrypt(0, 1, plain, 0, 64, first, 0);
            xts.encrypt(1, 1, plain, 0, 64, second, 0);
            assertThat(first).isNotEqualTo(second);
            assertThat(Arrays.copyOf(first, 16)).isNotEqualTo(Arrays.copyOfRange(first, 16, 32));
            assertThatThrownBy(() -> xts.encrypt(0, 0, plain, 0, 17, second, 0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> new Xts(new byte[32])).isInstanceOf(IllegalArgumentException.class);
    }
}
