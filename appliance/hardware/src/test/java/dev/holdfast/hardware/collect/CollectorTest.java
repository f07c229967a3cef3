package dev.holdfast.hardware.collect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Source;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @Test
    void mdadmTellsOfArraysOrTheKernelDoes() throws Exception {
        FakeTools tools = new FakeTools(work);
        tools.mdstat("mdstat-rebuilding.txt");
        assertThat(part(tools.collector().collect(NOW), PartKind.ARRAY, "md0").detail())
                .contains("recovery 12.6%", "from /proc/mdstat: mdadm is not installed");
        tools.mdadm("mdadm-rebuilding.txt");
        HardwareReport report = tools.collector().collect(NOW);
        assertThat(part(report, PartKind.ARRAY, "md0").detail())
                .isEqualTo(
                        "raid1, clean, degraded, recovering: 1 of 2 members, 1 failed, 1 spare, rebuild 12%, failed: sdb2");
        tools.script("mdadm", "exit 4");
        assertThat(part(tools.collector().collect(NOW), PartKind.ARRAY, "md0").detail())
                .contains("mdadm --detail told nothing, exit code 4");
    }

    /** Which bay it is in, the disk's own name tells. */
    @Test
    void aDiskThatFailedInAnArrayFailed() throws Exception {
        FakeTools tools = new FakeTools(work);
        tools.mdstat("mdstat-healthy.txt");
        assertThat(part(tools.collector().collect(NOW), PartKind.DISK, "sda").state())
                .isEqualTo(PartState.OK);
        tools.kernel("proc/mdstat", mdstat("sdb1[1] sda1[0](F)", "[2/1] [_U]"));
        Part disk = part(tools.collector().collect(NOW), PartKind.DISK, "sda");
        assertThat(disk.state()).isEqualTo(PartState.FAILED);
        assertThat(disk.detail()).contains("serial number", "failed in array md0");
        assertThat(disk.sources()).containsExactly(Source.SOFTWARE_RAID, Source.SMARTCTL);
    }

    static String mdstat(String members, String state) {
        return "Personalities : [raid1]\nmd0 : active raid1 " + members + "\n      1046528 blocks super 1.2 " + state
                + "\n\nunused devices: <none>\n";
    }

    /** The BMC's clock says which events are recent, not the clock of the system. */
    @Test
    void theEventLogIsReadByTheClockOfTheBmc() throws Exception {
        FakeTools tools = new FakeTools(work);
        tools.ipmi("ipmi-healthy.txt", "sel-faults.txt");
        HardwareReport report = tools.collector().collect(NOW.plus(Duration.ofDays(400)));
        assertThat(part(report, PartKind.EVENT_LOG, "disks").state()).isEqualTo(PartState.FAILED);
        tools.script("ipmitool", "[ \"$1\" = sdr ] && cat " + work.resolve("tools/ipmi-healthy.txt"));
        report = tools.collector().collect(NOW);
        assertThat(part(report, PartKind.EVENT_LOG, "disks").detail()).contains("sel elist failed with exit code 1");
        tools.script("ipmitool", "[ \"$1\" != sdr ] || cat " + work.resolve("tools/ipmi-healthy.txt"));
        report = tools.collector().collect(NOW);
        assertThat(part(report, PartKind.EVENT_LOG, "disks").state()).isEqualTo(PartState.OK);
    }

    /** Of each source it is said whether it was read to its end. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "ipmitool sdr ~ ipmitool ~ case $1 in sdr) exit 1 ;; esac ~ ipmitool failed with exit code 1",
                "ipmitool sdr ~ ipmitool ~ case $1 in sdr) echo 'PS1 Status | 62h | ok | 10.1 | Presence detected'; exit 1 ;; esac ~ ipmitool sdr ended with exit code 1",
                "ipmitool sdr ~ ipmitool ~ echo 'Unable to open SDR for reading' ~ the output of ipmitool sdr is not in the known form",
                "ipmitool sel ~ ipmitool ~ echo 'Get SEL Info command failed' ~ the output of ipmitool sel is not in the known form",
                "storcli ~ storcli64 ~ echo '{' ~ the output of storcli is not in the known form",
                "storcli drives ~ storcli64 ~ case $1 in /call) cat healthy ;; esac ~ storcli drives failed, or did not answer in time",
                "storcli bbu ~ storcli64 ~ case $1 in /call) cat healthy ;; esac ~ storcli bbu failed, or did not answer in time",
                "ssacli ~ ssacli ~ echo 'Error: no answer' ~ the output of ssacli is not in the known form",
                "smartctl ~ smartctl ~ echo '{}' ~ smartctl --scan is not in the known form, exit code 0",
            })
    void aSourceThatIsNotReadIsNamed(String source, String tool, String script, String why) throws Exception {
        FakeTools tools = new FakeTools(work);
        assertThat(tools.collector().collect(NOW).unread("smartctl")).isEmpty();
        tools.script(tool, script.replace("healthy", work.resolve("tools/storcli-show-healthy.json") + ""));
        assertThat(tools.collector().collect(NOW).unread(source))
                .hasValueSatisfying(said -> assertThat(said).startsWith(why));
        tools.remove(tool);
        assertThat(tools.collector().collect(NOW).unread(source))
                .hasValueSatisfying(said -> assertThat(said).contains("not installed"));
    }
}
