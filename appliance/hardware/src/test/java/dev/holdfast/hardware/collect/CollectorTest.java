package dev.holdfast.hardware.collect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The collector, on stand-ins for the tools. */
class CollectorTest {
    private static final Instant NOW = Instant.parse("2026-11-27T21:00:00Z");

    @TempDir
    private Path work;

    private static Part part(HardwareReport report, PartKind kind, String name) {
        return report.parts().stream()
                .filter(each -> each.kind() == kind && each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError(report.toString()));
    }

    @Test
    void aHealthyServerIsHealthy() throws Exception {
        HardwareReport report = new FakeTools(work).collector().collect(NOW);
        assertThat(report.worst()).as(report.toString()).isEqualTo(PartState.OK);
        assertThat(report.parts())
                .extracting(Part::kind)
                .contains(PartKind.POWER_SUPPLY, PartKind.BATTERY, PartKind.ARRAY);
        // One disk behind the controller, which both tools see, and two others.
        assertThat(report.parts().stream().filter(each -> each.kind() == PartKind.DISK))
                .hasSize(6);
    }

    @Test
    void aMissingToolIsTold() throws Exception {
        FakeTools tools = new FakeTools(work);
        tools.remove("ipmitool");
        tools.remove("smartctl");
        tools.remove("storcli64");
        tools.kernel("sys/bus/pci/devices/0000:01:00.0/class", "0x010400\n");
        tools.kernel("sys/bus/pci/devices/0000:01:00.0/vendor", "0x1000\n");
        HardwareReport report = tools.collector().collect(NOW);
        assertThat(report.parts()).isNotEmpty().allMatch(each -> each.state() == PartState.UNKNOWN);
        assertThat(part(report, PartKind.POWER_SUPPLY, Part.ALL).detail()).contains("ipmitool is not installed");
        assertThat(part(report, PartKind.DISK, Part.ALL).detail()).contains("smartmontools");
        assertThat(part(report, PartKind.BATTERY, Part.ALL).detail()).contains("storcli64 or perccli64");
    }

    @Test
    void aToolThatFailsOrFloodsOrHangsIsTold() throws Exception {
        FakeTools tools = new FakeTools(work);
        tools.script("ipmitool", "exit 1");
        tools.script("storcli64", "yes");
        assertThat(part(tools.collector().collect(NOW), PartKind.FAN, Part.ALL).detail())
                .contains("exit code 1", "ipmi_devintf");
        assertThat(part(tools.collector().collect(NOW), PartKind.RAID_CONTROLLER, Part.ALL)
                        .detail())
                .contains("printed more than");
        tools.script("hanging", "exec sleep 600");
        Tools impatient = new Tools(List.of(work.resolve("tools")), Duration.ofMillis(200));
        assertThat(impatient.run(work.resolve("tools/hanging")))
                .isEqualTo(new Tools.Result.Failed("hanging did not answer within 0 s"));
    }

    @Test
    void theKernelTellsOfDisksAndMemory() throws Exception {
        FakeTools tools = new FakeTools(work);
        tools.mdstat("mdstat-degraded.txt");
        tools.kernel("sys/block/vda/size", "2048\n");
        tools.kernel("sys/block/vda/queue/rotational", "1\n");
        tools.kernel("sys/block/vda/queue/write_cache", "write back\n");
        tools.kernel("sys/block/loop0/size", "8\n");
        tools.kernel("sys/devices/system/edac/mc/mc0/ce_count", "120\n");
        tools.kernel("sys/devices/system/edac/mc/mc0/ue_count", "0\n");
        HardwareReport report = tools.collector().collect(NOW);
        assertThat(part(report, PartKind.ARRAY, "md0").state()).isEqualTo(PartState.FAILED);
        assertThat(part(report, PartKind.DISK, "vda").state()).isEqualTo(PartState.UNKNOWN);
        assertThat(part(report, PartKind.MEMORY, "mc0").state()).isEqualTo(PartState.WARNING);
        assertThat(new Sysfs(tools.root()).disks())
                .containsExactly(new Sysfs.BlockDevice("vda", "", 1 << 20, true, "write back"));
    }
}
