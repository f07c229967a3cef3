package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowMemoryTest {
    @ParameterizedTest
    @CsvSource({
        "0, 65536",
        "65536, 65536",
        "65537, 131072",
        "1048560, 1048576",
        "1048576, 1048576",
        "2097152, 2097152",
        "2097153, 4194304"
    })
    void arraysHaveRoomAndAreAtMostTwiceAsLong(int bytes, int expected) {
        assertThat(WindowMemory.arrayBytes(bytes)).isEqualTo(expected);
    }

    @Test
    void anArrayIsLentToOneAtATime() {
        WindowMemory memory = new WindowMemory(1 << 20);
        byte[] first = memory.take(1 << 17);
        byte[] second = memory.take(1 << 17);
        assertThat(second).isNotSameAs(first);
        memory.giveBack(first);
        assertThat(memory.take(1 << 16)).hasSize(1 << 16);
        assertThat(memory.take(1 << 17)).isSameAs(first);
        assertThat(memory.take(1 << 17)).isNotSameAs(first).isNotSameAs(second);
    }

    @Test
    void idleArraysTakeNoMoreThanTheyMay() {
        WindowMemory memory = new WindowMemory(3 << 16);
        byte[] large = memory.take(1 << 17);
        byte[] small = memory.take(1 << 16);
        byte[] tooMuch = memory.take(1 << 16);
        memory.giveBack(large);
        memory.giveBack(small);
        memory.giveBack(tooMuch);
        assertThat(memory.take(1 << 16)).isSameAs(small);
        assertThat(memory.take(1 << 16)).isNotSameAs(tooMuch);
        memory.giveBack(small);
        assertThat(memory.take(1 << 17)).isSameAs(large);
    }
}
