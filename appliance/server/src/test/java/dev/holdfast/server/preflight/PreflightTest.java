package dev.holdfast.server.preflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is measured, what is left behind, and what the model makes of it. */
class PreflightTest {
    private static final double GB = 1e9;
    private static final ProcessorProbe.Processors FAST = processors(10 * GB);

    @TempDir
    private Path work;

    private static ProcessorProbe.Processors processors(double rate) {
        return new ProcessorProbe.Processors(
                8,
                0.25,
                rate / 2,
                Stream.of("digest", "cipher", "unpack", "pack")
                        .map(stage -> new ProcessorProbe.Stage(stage, rate / 8, rate))
                        .toList());
    }

    private static DiskProbe.Disk disk(double bytes, double fsyncMillis) {
        return new DiskProbe.Disk("/v", "/dev/sdb", true, 1L << 40, bytes, bytes, 100, fsyncMillis, fsyncMillis);
    }

    @Test
    void theSlowestStageIsNamed() {
        Prediction disks = Prediction.of(FAST, List.of(disk(20e6, 5)), List.of());
        assertThat(disks.limit().what()).isEqualTo("disks");
        assertThat(disks.bottleneck())
                .startsWith("The disks limit backup to 28")
                .contains("GB/h", "write back");
        // Without a protected write cache, each group of 64 MiB waits for the disk.
        assertThat(Prediction.of(FAST, List.of(disk(200e6, 300)), List.of()).newBytesPerHour())
                .isLessThan(0.6
                        * Prediction.of(FAST, List.of(disk(200e6, 0)), List.of())
                                .newBytesPerHour());
        Prediction network =
                Prediction.of(FAST, List.of(disk(GB, 0)), List.of(new NetworkProbe.Network("eth0", true, 12_500_000)));
        assertThat(network.limit().what()).isEqualTo("network");
        assertThat(network.restoreBytesPerHour()).isEqualTo(network.newBytesPerHour());
        Prediction slow = Prediction.of(processors(GB / 10), List.of(disk(GB, 0)), List.of());
        assertThat(slow.limit().what()).isEqualTo("processors");
        assertThat(slow.restoreBytesPerHour()).isGreaterThan(slow.newBytesPerHour());
    }

    @Test
    void volumesAddUpAndLinksThatAreDownDoNotCount() {
        Prediction two = Prediction.of(FAST, List.of(disk(20e6, 0), disk(20e6, 0)), List.of());
        Prediction one =
                Prediction.of(FAST, List.of(disk(20e6, 0)), List.of(new NetworkProbe.Network("eth0", false, 1000)));
        assertThat(two.newBytesPerHour()).isEqualTo(2 * one.newBytesPerHour());
    }

    @Test
    void measuringLeavesNothingBehind() throws Exception {
        DiskProbe.Disk disk = new DiskProbe(work, Duration.ofMillis(20)).measure();
        assertThat(disk.writeBytes()).isPositive();
        assertThat(disk.readBytes()).isPositive();
        assertThat(disk.randomReads()).isPositive();
        assertThat(disk.slowFsyncMillis()).isGreaterThanOrEqualTo(disk.fsyncMillis());
        assertThat(work).isEmptyDirectory();
        assertThatThrownBy(() -> new DiskProbe(work.resolve("none"), Duration.ofMillis(20)).measure())
                .hasMessageContaining("none");
    }

    @Test
    void processorsAreMeasuredByEachStage() throws Exception {
        ProcessorProbe.Processors found = new ProcessorProbe(Duration.ofMillis(20)).measure();
        assertThat(found.wireShare()).isBetween(0.2, 0.35);
        assertThat(found.tlsBytes()).isPositive();
        assertThat(found.stages()).hasSize(4).allMatch(stage -> stage.oneCore() > 0 && stage.allCores() > 0);
    }

    @Test
    void interfacesOfThisKernelAreRead() throws Exception {
        for (String name : List.of("eth0", "lo")) {
            Path directory = Files.createDirectories(work.resolve(name));
            Files.writeString(directory.resolve("operstate"), "up\n");
            Files.writeString(directory.resolve("speed"), "1000\n");
        }
        Files.createDirectories(work.resolve("eth0/device"));
        assertThat(new NetworkProbe(work).measure())
                .containsExactly(new NetworkProbe.Network("eth0", true, 125_000_000));
    }
}
