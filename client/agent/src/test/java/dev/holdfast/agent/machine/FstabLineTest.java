package dev.holdfast.agent.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.machine.RestoredDisk.Part;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Entries of tables of file systems, as distributions and people write them. */
class FstabLineTest {
    private static final Part ROOT = new Part(
            Path.of("/dev/vda"),
            1,
            Path.of("/dev/vda1"),
            Set.of("/dev/sda1"),
            false,
            "3c5f-01",
            Map.of("TYPE", "ext4", "UUID", "1234-ab", "LABEL", "root"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/dev/sda1 / ext4 errors=remount-ro 0 1",
                "  UUID=1234-AB\t/\text4 defaults 0 1",
                "UUID=\"1234-ab\" / ext4",
                "LABEL=root / ext4 defaults",
                "PARTUUID=3C5F-01 / ext4 defaults",
                "/dev/disk/by-uuid/1234-ab / ext4 defaults 0 0"
            })
    void findsWhatIsNamed(String line) {
        assertThat(FstabLine.parse(line).orElseThrow().find(List.of(ROOT))).contains(ROOT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/dev/sda11 / ext4", "UUID= / ext4", "LABEL=Root / ext4", "proc /proc proc defaults 0 0"})
    void findsNothingElse(String line) {
        assertThat(FstabLine.parse(line).orElseThrow().find(List.of(ROOT))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "   ", "# /dev/sda1 / ext4", "/dev/sda1 /"})
    void leavesOutWhatIsNoEntry(String line) {
        assertThat(FstabLine.parse(line)).isEmpty();
    }

    @Test
    void tellsOptionsAndNamesByOrder() {
        FstabLine line = FstabLine.parse("/dev/nvme0n1p2 /home btrfs rw,subvol=@home,noatime 0 0")
                .orElseThrow();
        assertThat(line.option("subvol")).isEqualTo("@home");
        assertThat(line.option("vol")).isEmpty();
        assertThat(line.byOrder()).isTrue();
        assertThat(FstabLine.parse("/dev/mapper/vg-root / xfs").orElseThrow().byOrder())
                .isFalse();
        assertThat(FstabLine.parse("UUID=1 / xfs").orElseThrow().byOrder()).isFalse();
    }
}
