package dev.holdfast.agent.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrivateDedupFileTest {
    /** Version 1, a secret of 32 bytes, its SHA-256. */
    private static final String GOLDEN = "01" + "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
            + "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd";

    @TempDir
    Path state;

    private Path write(String hex) throws IOException {
        return Files.write(state.resolve("private-dedup"), HexFormat.of().parseHex(hex));
    }

    @Test
    void fileOfVersionOneIsRead() throws Exception {
        write(GOLDEN);
        PrivateDedup dedup = PrivateDedup.load(state);
        assertThat(dedup.active()).isTrue();
        assertThat(HexFormat.of().formatHex(dedup.prefix())).isEqualTo(GOLDEN.substring(2, 66));
        assertThat(dedup.toString()).isEqualTo("private");
    }

    @Test
    void whatIsDamagedOrNewerSharesNothingByMistake() throws Exception {
        for (int at = 0; at < GOLDEN.length(); at += 2) {
            int flipped = Integer.parseInt(GOLDEN.substring(at, at + 2), 16) ^ 0x10;
            write(GOLDEN.substring(0, at) + HexFormat.of().toHexDigits((byte) flipped) + GOLDEN.substring(at + 2));
            assertThatThrownBy(() -> PrivateDedup.load(state)).isInstanceOf(IOException.class);
        }
        write(GOLDEN.substring(0, 64));
        assertThatThrownBy(() -> PrivateDedup.load(state)).hasMessageContaining("is damaged");
        write("");
        assertThatThrownBy(() -> PrivateDedup.load(state)).hasMessageContaining("is damaged");
        write(GOLDEN + "00".repeat(2000));
        assertThatThrownBy(() -> PrivateDedup.load(state)).hasMessageContaining("too long");
    }

    @Test
    void secretStaysUntilANewOneIsWanted() throws Exception {
        assertThat(PrivateDedup.load(state).active()).isFalse();
        assertThat(PrivateDedup.load(state).prefix()).isEmpty();
        PrivateDedup.enable(state, false);
        PrivateDedup first = PrivateDedup.load(state);
        PrivateDedup.enable(state, false);
        assertThat(PrivateDedup.load(state)).isEqualTo(first);
        PrivateDedup.enable(state, true);
        assertThat(PrivateDedup.load(state)).isNotEqualTo(first);
        PrivateDedup.disable(state);
        assertThat(PrivateDedup.load(state).active()).isFalse();
    }
}
