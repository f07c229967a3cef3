package dev.holdfast.hardware.parse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What tools print of healthy and of failed parts. */
class RecordedOutputsTest {
    /** When the event logs were read. */
    static final LocalDateTime NOW = LocalDateTime.of(2026, 11, 27, 21, 0);

    static byte[] output(String name) throws IOException {
        try (InputStream in = RecordedOutputsTest.class.getResourceAsStream("/outputs/" + name)) {
            return in.readAllBytes();
        }
    }

    /** Parts that are not healthy: {@code fan Fan1B RPM FAILED}. */
    private static List<String> wrong(List<Part> parts) {
        return new HardwareReport(Instant.EPOCH, parts, List.of(), List.of())
                .parts().stream()
                        .filter(part -> part.state() != PartState.OK)
                        .map(part -> part.kind().text() + " " + part.name() + " " + part.state())
                        .toList();
    }

    private static List<Part> smart(String file) throws IOException {
        return Smartctl.parse(new Smartctl.Device("/dev/sda", "sat"), output(file));
    }

    private static List<Part> storcli(Map<String, String> files) throws IOException {
        return Storcli.parse(new Storcli.Outputs(
                        output("storcli-show-" + files.getOrDefault("show", "healthy") + ".json"),
                        output("storcli-volumes" + files.getOrDefault("volumes", "") + ".json"),
                        output("storcli-drives" + files.getOrDefault("drives", "") + ".json"),
                        output("storcli-bbu-" + files.getOrDefault("bbu", "none") + ".json"),
                        output(
                                files.containsKey("bbu")
                                        ? "storcli-bbu-none.json"
                                        : "storcli-cv" + files.getOrDefault("cv", "") + ".json")))
                .parts();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "ipmi-healthy.txt | -",
                "ipmi-supply-failed.txt | power-supply PS2 Status FAILED, power-supply PS Redundancy FAILED",
                "ipmi-supply-without-power.txt | power-supply PS2 Status FAILED, power-supply PS Redundancy FAILED",
                "ipmi-supply-absent.txt | power-supply PS2 Status ABSENT, power-supply PS Redundancy FAILED",
                "ipmi-hot.txt | temperature Inlet Temp FAILED",
                "ipmi-fan-failed.txt | fan Fan1B RPM FAILED, fan Fan Redundancy FAILED",
                "ipmi-hpe.txt | power-supply Power Supply 1 FAILED, power-supply Power Supplies FAILED",
            })
    void ipmitool(String file, String expected) throws Exception {
        List<Part> parts = IpmiSensors.parse(output(file)).parts();
        assertThat(String.join(", ", wrong(parts))).isEqualTo(expected == null ? "" : expected);
    }

    @Test
    void sensorsOfOneNameStayApart() throws Exception {
        assertThat(IpmiSensors.parse(output("ipmi-healthy.txt")).parts())
                .extracting(Part::name)
                .contains("Temp", "Temp #2")
                .doesNotContain("Exhaust Temp", "Voltage 1", "Pwr Consumption", "Intrusion");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "mdstat-healthy.txt | -",
                "mdstat-degraded.txt | array md0 FAILED",
                "mdstat-rebuilding.txt | array md0 FAILED",
                "mdstat-stopped.txt | array md0 FAILED",
            })
    void softwareRaid(String file, String expected) throws Exception {
        assertThat(String.join(", ", wrong(MdStat.parse(output(file)).parts())))
                .isEqualTo(expected == null ? "" : expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "mdadm-healthy.txt | -",
                "mdadm-degraded.txt | array md0 FAILED",
                "mdadm-rebuilding.txt | array md0 FAILED",
                "mdadm-resyncing.txt | array md0 WARNING",
            })
    void mdadm(String file, String expected) throws Exception {
        List<Part> parts = List.of(MdadmDetail.parse("md0", output(file)));
        assertThat(String.join(", ", wrong(parts))).isEqualTo(expected == null ? "" : expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "sel-cleared.txt | -",
                "sel-faults.txt | event-log power supplies FAILED, event-log temperatures FAILED, event-log disks FAILED, event-log memory FAILED",
                "sel-correctable.txt | event-log memory WARNING",
            })
    void eventLog(String file, String expected) throws Exception {
        List<Part> parts = IpmiEvents.parse(output(file), NOW, List.of()).parts();
        assertThat(String.join(", ", wrong(parts))).isEqualTo(expected == null ? "" : expected);
        assertThat(parts).hasSize(5);
        // A day later they are no longer recent.
        assertThat(wrong(IpmiEvents.parse(output(file), NOW.plusDays(2), List.of())
                        .parts()))
                .isEmpty();
    }

    @Test
    void clearedEventsAreTold() throws Exception {
        assertThat(IpmiEvents.parse(output("sel-cleared.txt"), NOW, List.of())
                        .parts()
                        .getFirst()
                        .detail())
                .isEqualTo(
                        "over, in the last 24 h: Power Supply PS2 Status: Power Supply AC lost at 2026-11-27T20:09:40");
    }

    /** Not every BMC notes that a supply has power again. */
    @Test
    void anEventIsOverWhenItsSensorIsHealthy() throws Exception {
        List<Part> sensors = List.of(new Part(PartKind.POWER_SUPPLY, "PS2 Status", PartState.OK, "Presence detected"));
        Part log =
                IpmiEvents.parse(output("sel-faults.txt"), NOW, sensors).parts().getFirst();
        assertThat(log.detail()).isEqualTo("Power Unit PS Redundancy: Redundancy Lost at 2026-11-27T20:03:12");
    }

    @Test
    void timesOfTheEventLogHaveSeveralForms() {
        assertThat(List.of("11/27/2026 21:00:00", "11/27/26 21:00:00 UTC", "11/27/2026 | 09:00:00 PM UTC"))
                .allMatch(text -> IpmiEvents.time(text).orElseThrow().equals(NOW));
        assertThat(IpmiEvents.time("Pre-Init Time-stamp")).isEmpty();
        assertThat(IpmiEvents.time("13/41/2026 21:00:00")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "ssacli-healthy.txt | -",
                "ssacli-battery-failed.txt | write-cache Slot 0 FAILED, battery Slot 0 FAILED",
                "ssacli-battery-charging.txt | write-cache Slot 0 WARNING, battery Slot 0 WARNING",
                "ssacli-degraded.txt | array Slot 0 volume 1 FAILED, disk Slot 0 slot 1I:1:2 FAILED",
                "ssacli-prefail.txt | disk Slot 0 slot 1I:1:2 FAILED",
            })
    void ssacli(String file, String expected) throws Exception {
        List<Part> parts = Ssacli.parse(output(file)).parts();
        assertThat(String.join(", ", wrong(parts))).isEqualTo(expected == null ? "" : expected);
        assertThat(parts).hasSize(7);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "smart-healthy.json | - | -",
                "smart-failing.json | FAILED | self-assessment failed",
                "smart-reallocated.json | WARNING | 8 reallocated sectors",
                "smart-pending.json | FAILED | 16 sectors",
                "smart-worn.json | FAILED | 96 % of its write endurance is used",
                "smart-unreadable.json | UNKNOWN | Permission denied",
                "smart-nvme-healthy.json | - | -",
                "smart-nvme-critical.json | FAILED | power-failure protection failed",
                "smart-sas-defects.json | FAILED | 61 grown defects",
            })
    void smartctl(String file, String state, String detail) throws Exception {
        List<Part> parts = smart(file);
        assertThat(wrong(parts)).isEqualTo(state == null ? List.of() : List.of("disk sda " + state));
        assertThat(parts.getFirst().detail()).contains(detail == null ? "serial number WKD0ABCD" : detail);
    }

    @Test
    void volumesOfControllersAreNoDisks() throws Exception {
        assertThat(smart("smart-volume.json")).isEmpty();
    }

    @Test
    void devicesOfAScanAreSafeArguments() throws Exception {
        assertThat(Smartctl.scan(output("smart-scan.json")))
                .containsExactly(
                        new Smartctl.Device("/dev/sda", "sat"),
                        new Smartctl.Device("/dev/nvme0", "nvme"),
                        new Smartctl.Device("/dev/bus/0", "megaraid,9"));
        assertThat(Smartctl.scan("{\"devices\":[{\"name\":\"--set=x\",\"type\":\"-q\"}]}".getBytes()))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "show=healthy | -",
                "show=degraded | raid-controller controller 0 WARNING, array controller 0 volume 239 FAILED, disk controller 0 slot 252:1 FAILED",
                "show=rebuilding | raid-controller controller 0 WARNING, array controller 0 volume 239 FAILED, disk controller 0 slot 252:1 WARNING",
                "show=battery-failed,cv=-failed | raid-controller controller 0 WARNING, write-cache controller 0 volume 239 FAILED, battery controller 0 FAILED",
                "show=battery-missing,bbu=none | write-cache controller 0 volume 239 FAILED, battery controller 0 ABSENT",
                "show=write-through | write-cache controller 0 volume 239 FAILED",
                "show=write-through,volumes=-write-through | write-cache controller 0 volume 239 WARNING",
                "show=bbu,bbu=learning | write-cache controller 0 volume 239 WARNING, battery controller 0 WARNING",
                "show=bbu,bbu=charging | write-cache controller 0 volume 239 WARNING, battery controller 0 WARNING",
                "show=bbu,bbu=missing | write-cache controller 0 volume 239 FAILED, battery controller 0 ABSENT",
                "show=bbu,bbu=replace | write-cache controller 0 volume 239 FAILED, battery controller 0 FAILED",
                "drives=-prefail | disk controller 0 slot 252:1 FAILED",
                "drives=-media-errors | disk controller 0 slot 252:1 WARNING",
            })
    void storcli(String files, String expected) throws Exception {
        Map<String, String> named = new java.util.HashMap<>();
        for (String each : files.split(",")) {
            named.put(each.split("=")[0], each.split("=")[1]);
        }
        assertThat(String.join(", ", wrong(storcli(named)))).isEqualTo(expected == null ? "" : expected);
    }

    @Test
    void anOfflineArrayAndAMissingDiskAreBad() throws Exception {
        assertThat(wrong(storcli(Map.of("show", "offline"))))
                .contains("array controller 0 volume 239 FAILED", "disk controller 0 slot 252:3 ABSENT");
    }

    @Test
    void noControllerIsNoFailure() throws Exception {
        assertThat(storcli(Map.of("show", "none"))).isEmpty();
    }
}
