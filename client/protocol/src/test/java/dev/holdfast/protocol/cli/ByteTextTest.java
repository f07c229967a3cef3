package dev.holdfast.protocol.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteTextTest {
    @ParameterizedTest
    @CsvSource({
        "0,0",
        "4096,4096",
        "1 B,1",
        "20 TB,20000000000000",
        "512MiB,536870912",
        "0.5 tb,500000000000",
        "1.5 KiB,1536",
        "1.50 kB,1500",
        "2g,2000000000",
        "2 Gi,2147483648",
        "9 EB,9000000000000000000"
    })
    void sizesAreRead(String text, long bytes) {
        assertThat(ByteText.parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-1", "1 parsec", "1..5 kB", "5 iB", "0.0001 B", "10 EB", "9e9", "1 k b", "١ B"})
    void whatIsNoSizeIsRefused(String text) {
        assertThatThrownBy(() -> ByteText.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 999, 1000, 1500, 123_000_000L, 9_990_000_000_000L, 1_000_000_000_000_000_000L})
    void whatIsPrintedCanBeTypedBack(long bytes) {
        assertThat(ByteText.parse(ByteText.of(bytes))).isEqualTo(bytes);
    }

    @Test
    void veryLongNumbersAreRefusedAtOnce() {
        assertThatThrownBy(() -> ByteText.parse("9".repeat(1_000_000))).isInstanceOf(IllegalArgumentException.class);
    }
}
