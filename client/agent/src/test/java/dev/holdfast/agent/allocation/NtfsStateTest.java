package dev.holdfast.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NtfsStateTest {
    private static final int PAGE = 4096;

    /** @param pages the number of the last record, the list of clients and the flags of each */
    private static byte[] log(int[]... pages) {
        ByteBuffer log = ByteBuffer.allocate(2 * PAGE).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < pages.length; i++) {
            int at = i * PAGE;
            log.put(at, "RSTR".getBytes(StandardCharsets.US_ASCII));
            log.putInt(at + 16, PAGE).putShort(at + 24, (short) 48);
            log.putLong(at + 48, pages[i][0]).putShort(at + 60, (short) pages[i][1]);
            log.putShort(at + 62, (short) pages[i][2]);
        }
        return log.array();
    }

    @Test
    void theNewestRestartPageSaysWhetherTheVolumeWasLeft() {
        byte[] empty = new byte[2 * PAGE];
        Arrays.fill(empty, (byte) 0xFF);
        assertThat(NtfsState.isClean(empty)).isTrue();
        assertThat(NtfsState.isClean(log(new int[] {5, 0xFFFF, 0}, new int[] {5, 0xFFFF, 0})))
                .isTrue();
        assertThat(NtfsState.isClean(log(new int[] {6, 0, 2}, new int[] {5, 0, 0})))
                .isTrue();
        assertThat(NtfsState.isClean(log(new int[] {5, 0, 2}, new int[] {6, 0, 0})))
                .isFalse();
        assertThat(NtfsState.isClean(log(new int[] {5, 0, 0}, new int[] {4, 0, 2})))
                .isFalse();
    }

    @Test
    void whatIsNoLogIsNotClean() {
        assertThat(NtfsState.isClean(new byte[2 * PAGE])).isFalse();
        assertThat(NtfsState.isClean(new byte[0])).isFalse();
        assertThat(NtfsState.isClean(log(new int[] {5, 0xFFFF, 0}))).isFalse();
        byte[] beyond = log(new int[] {5, 0xFFFF, 0}, new int[] {5, 0xFFFF, 0});
        ByteBuffer.wrap(beyond).order(ByteOrder.LITTLE_ENDIAN).putShort(24, (short) 0xFFF8);
        assertThat(NtfsState.isClean(beyond)).isFalse();
    }

    @Test
    void windowsIsAwakeIfItsFileSaysSo() {
        byte[] head = new byte[PAGE];
        assertThat(NtfsState.isAwake(head)).isTrue();
        assertThat(NtfsState.isAwake(new byte[0])).isFalse();
        for (String word : new String[] {"hibr", "HIBR", "RSTR", "link"}) {
            byte[] asleep = Arrays.copyOf(word.getBytes(StandardCharsets.US_ASCII), PAGE);
            assertThat(NtfsState.isAwake(asleep)).as(word).isFalse();
        }
        assertThat(NtfsState.isAwake(Arrays.copyOf("wake".getBytes(StandardCharsets.US_ASCII), PAGE)))
                .isTrue();
    }
}
