package dev.holdfast.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartitionsTest {
    private static final long BYTES = 1000 * 512;

    private static List<Range> parse(String label, String partitions) throws IOException {
        return Partitions.parse("""
                {"partitiontable": {"label": "%s", "unit": "sectors", "sectorsize": 512, "partitions": [%s]}}
                """.formatted(label, partitions), BYTES);
    }

    private static String partition(long start, long size, String type) {
        return """
                {"node": "disk1", "start": %d, "size": %d, "type": "%s"}""".formatted(start, size, type);
    }

    @Test
    void partitionsComeInOrderAndThoseThatHoldOthersNotAtAll() throws IOException {
        assertThat(parse(
                        "dos",
                        partition(500, 400, "5") + "," + partition(10, 100, "83") + "," + partition(510, 50, "83")))
                .containsExactly(new Range(10 * 512, 100 * 512), new Range(510 * 512, 50 * 512));
        assertThat(parse("gpt", "")).isEmpty();
    }

    @Test
    void tablesThatMakeNoSenseAreRefused() {
        for (String each : List.of(
                partition(10, 100, "83") + "," + partition(109, 50, "83"),
                partition(10, 991, "83"),
                partition(1001, 1, "83"),
                partition(10, 0, "83"),
                partition(-1, 10, "83"),
                partition(10, Long.MAX_VALUE, "83"),
                partition(500, 400, "5") + "," + partition(510, 50, "83") + "," + partition(510, 50, "83"),
                "{}")) {
            assertThatThrownBy(() -> parse("dos", each)).as(each).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> parse("sun", partition(10, 10, "1"))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Partitions.parse("nonsense", BYTES)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> Partitions.parse("", BYTES)).isInstanceOf(IOException.class);
    }
}
