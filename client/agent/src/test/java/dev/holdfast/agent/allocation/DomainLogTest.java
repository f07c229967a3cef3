package dev.holdfast.agent.allocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class DomainLogTest {
    private static final long MIB = 1 << 20;
    private static final Range PARTITION = new Range(MIB, 100 * MIB);
    private static final FileSystem FILE_SYSTEM = new FileSystem(FileSystem.Kind.EXT, 96 * MIB, 95 * MIB, List.of());
    private static final String HEAD = """
            # Domain logfile created by partclone.ext4 v0.3.23
            # Offset: 0x00000000
            # current_pos  current_status
            0x06000000     ?
            #      pos        size  status
            """;

    private static FreeBlocks read(String... ranges) throws IOException {
        return read(FILE_SYSTEM, HEAD + String.join("\n", ranges) + "\n");
    }

    private static FreeBlocks read(FileSystem fileSystem, String log) throws IOException {
        return DomainLog.read(
                new ByteArrayInputStream(log.getBytes(StandardCharsets.ISO_8859_1)), PARTITION, fileSystem);
    }

    @Test
    void onlyWholeBlocksOfTheDiskAreFree() throws IOException {
        FreeBlocks free = read(
                "0x00000000  0x00210001  +",
                // From 2.0625 MiB and a byte to 4 MiB; on the disk a MiB later.
                "0x00210001  0x001EFFFF  ?",
                "0x00400000  0x00000001  +",
                "0x00400001  0x05BFFFFF  ?");
        assertThat(free.nextFree(0)).isEqualTo(3 * MIB + MIB / 4);
        assertThat(free.nextUsed(3 * MIB + MIB / 4)).isEqualTo(5 * MIB);
        assertThat(free.nextFree(5 * MIB)).isEqualTo(5 * MIB + MIB / 4);
        // Its last MiB is read.
        assertThat(free.nextUsed(6 * MIB)).isEqualTo(96 * MIB);
        assertThat(free.nextFree(96 * MIB)).isEqualTo(Long.MAX_VALUE);
        assertThat(free.bytes()).isEqualTo(5 * MIB - 3 * MIB - MIB / 4 + 96 * MIB - 5 * MIB - MIB / 4);
    }

    @Test
    void theFirstMebibyteIsRead() throws IOException {
        FreeBlocks free = read("0x00000000  0x05000000  ?", "0x05000000  0x01000000  +");
        assertThat(free.nextFree(0)).isEqualTo(2 * MIB);
    }

    @Test
    void whatIsNotWholeAndInOrderIsRefused() {
        for (String[] bad : List.of(
                new String[] {},
                new String[] {"0x00000000  0x05000000  ?"},
                new String[] {"0x00001000  0x05FFF000  +"},
                new String[] {"0x00000000  0x01000000  +", "0x02000000  0x04000000  ?"},
                new String[] {"0x00000000  0x03000000  +", "0x02000000  0x04000000  ?"},
                new String[] {"0x00000000  0x06000001  +"},
                new String[] {"0x00000000  0x7FFFFFFFFFFFFFF  +"},
                new String[] {"0x00000000  0x06000000  *"},
                new String[] {"0x00000000  0x06000000  +", "Segmentation fault"},
                new String[] {"0x00000000  0x06000000  +", "x".repeat(5000)})) {
            assertThatThrownBy(() -> read(bad)).as(String.join(", ", bad)).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> read(FILE_SYSTEM, HEAD + "0x00000000  0x06000000  +"))
                .as("no end of line")
                .isInstanceOf(IOException.class);
    }

    @Test
    void moreFreeSpaceThanTheFileSystemSaysIsRefused() throws IOException {
        String[] ranges = {"0x00000000  0x00600000  +", "0x00600000  0x05A00000  ?"};
        assertThat(read(ranges).bytes()).isPositive();
        FileSystem fuller = new FileSystem(FileSystem.Kind.EXT, 96 * MIB, 90 * MIB - 1, List.of());
        assertThatThrownBy(() -> read(fuller, HEAD + String.join("\n", ranges) + "\n"))
                .hasMessageContaining("free");
    }
}
