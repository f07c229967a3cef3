package dev.holdfast.hardware.parse;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Unlisted;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How makers differ: single lines of tools, and what they mean. */
class VendorOutputsTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String wrong(List<Part> parts) {
        return parts.stream()
                .filter(part -> !part.isAll())
                .map(part -> part.kind().text() + " " + part.state().text())
                .reduce((one, other) -> one + ", " + other)
                .orElse("-");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // Dell
                "Status           | 86h | ok  | 10.2 | Presence detected, Power Supply AC lost; power-supply failed",
                "PS Redundancy    | 77h | ok  |  7.1 | Redundancy Lost; power-supply failed",
                "PS Redundancy    | 77h | ok  |  7.1 | Redundancy Degraded; power-supply warning",
                "PS Redundancy    | 74h | ns  |  7.1 | No Reading; -",
                "Voltage 2        | 6Dh | ns  | 10.2 | No Reading; -",
                "Current 2        | 6Bh | ns  | 10.2 | No Reading; -",
                "Status           | 86h | ns  | 10.2 | No Reading; power-supply unknown",
                // HPE
                "Power Supply 2   | 07h | ok  | 10.2 | 95 Watts, Presence detected; power-supply ok",
                "Power Supply 1   | 06h | ok  | 10.1 | 0 Watts, Presence detected, Failure detected; power-supply failed",
                "Power Supplies   | 08h | ok  | 10.3 | Fully Redundant; power-supply ok",
                "Fan Block 2      | 0Ah | ok  |  7.1 | 21.56 percent, Transition to Running; fan ok",
                "Fan 7            | 0Fh | ok  |  7.7 | 0 percent, Device Absent; fan absent",
                "VRM 1            | 01h | ok  |  9.1 | Device Present; -",
                // Supermicro, Intel
                "PS1 Status       | C8h | ok  | 10.1 | Presence detected, Failure detected; power-supply failed",
                "PS2 Status       | C9h | ok  | 10.2 | Presence detected, Predictive failure; power-supply failed",
                "Power Redundancy | 02h | ok  | 21.1 | Non-Redundant: Insufficient Resources; power-supply failed",
                "Pwr Unit Redund  | 02h | ok  | 21.1 | Fully Redundant; power-supply ok",
                "Pwr Unit Stat    | 01h | ok  | 21.1 | ; -",
                "CPU1 Status      | 80h | ok  |  3.1 | Presence detected; -",
                "Drive 4          | 64h | ok  |  4.4 | Drive Present; -",
                "Drive 4          | 64h | ok  |  4.4 | Drive Present, Drive Fault; disk failed",
                "Drive 5          | 65h | ok  |  4.5 | Drive Present, Predictive Failure; disk failed",
                "Drive 6          | 66h | ok  | 26.6 | Drive Present, In Critical Array; disk failed",
                "Drive 7          | 67h | ok  | 26.7 | Drive Present, Rebuild In Progress; disk warning",
                "FAN2             | 42h | ns  | 29.2 | No Reading; -",
                "FAN3             | 43h | cr  | 29.3 | 150 RPM; fan failed",
                "FAN4             | 44h | lnr | 29.4 | 0 RPM; fan failed",
                // Inspur, Huawei
                "PSU1_Supply      | 67h | ok  | 10.1 | Presence detected, Power Supply AC Lost; power-supply failed",
                "PSU0_Supply      | 66h | ok  | 10.0 | Presence detected; power-supply ok",
                "PSU_Redundant    | 68h | ok  | 19.1 | Redundancy Lost; power-supply failed",
                "CPU0_Status      | 10h | ok  |  3.0 | Presence detected; -",
                "Total_Power      | 2Ch | ok  | 23.0 | 165 Watts; -",
                "PSU1_VIN         | 2Dh | ns  | 10.1 | Disabled; -",
                "PS1 VIN          | 2Eh | ok  | 10.1 | 220 Volts; -",
                "PSU0_Temp        | 2Fh | ok  | 10.0 | 35 degrees C; temperature ok",
                "PSU0_Fan         | 30h | ok  | 10.0 | 0 RPM; fan failed",
                // Lenovo, IBM
                "Power Supply 2   | 71h | ok  | 10.2 | Presence detected, Config Error; power-supply warning",
                "PS 1 Fault       | 72h | ok  | 10.1 | State Deasserted; power-supply ok",
                "PS 1 Fault       | 72h | ok  | 10.1 | State Asserted; power-supply failed",
                "PS 1 Fault       | 72h | ok  | 10.1 | ; power-supply ok",
                "PS 1 Status      | 73h | ok  | 10.1 | ; power-supply absent",
                "PS 1 Status      | 73h | ok  | 10.1 | Predictive Failure Deasserted; power-supply ok",
                "PS 1 Status      | 73h | ok  | 10.1 | Predictive Failure Asserted; power-supply failed",
                "PS 2             | 74h | ok  | 10.2 | Device Removed/Absent; power-supply absent",
                "PSU Alert        | 34h | ns  | 208.1 | Event-Only; -",
                "Inlet Temp       | 04h | nc  |  7.1 | 43 degrees C; temperature warning",
                "Ambient          | 05h | nr  | 12.1 | 61 degrees C; temperature failed",
            })
    void sensors(String line, String expected) {
        assertThat(wrong(IpmiSensors.parse(bytes(line)).parts())).isEqualTo(expected);
    }

    /** While a bay shows no fault, its disk is told of by others. */
    @Test
    void healthyBayIsNoPart() {
        assertThat(IpmiSensors.parse(bytes("Drive 4 | 64h | ok | 4.4 | Drive Present\n"))
                        .unlisted())
                .containsExactly(Unlisted.renamed(PartKind.DISK, "Drive 4", "the disk itself"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "BBU_Firmware_Status; Battery Replacement required; Yes; failed",
                "BBU_Firmware_Status; Pack is about to fail & should be replaced; Yes; failed",
                "BBU_Firmware_Status; Battery Pack Missing; Yes; absent",
                "BBU_Firmware_Status; Learn Cycle Active; Yes; warning",
                "BBU_Firmware_Status; Charging Status; Charging; warning",
                "BBU_Firmware_Status; Remaining Capacity Low; Yes; warning",
                "BBU_Firmware_Status; Remaining Capacity Low; No; ok",
                "GasGaugeStatus; Is SOH Good; No; warning",
            })
    void flagsOfBatteries(String list, String property, String value, String expected) {
        byte[] show = bytes("{\"Controllers\":[{\"Command Status\":{\"Controller\":0,\"Status\":\"Success\"},"
                + "\"Response Data\":{\"BBU_Info\":[{\"Model\":\"iBBU\",\"State\":\"Optimal\"}]}}]}");
        byte[] bbu = bytes("{\"Controllers\":[{\"Command Status\":{\"Controller\":0,\"Status\":\"Success\"},"
                + "\"Response Data\":{\"" + list + "\":[{\"Property\":\"" + property + "\",\"Value\":\"" + value
                + "\"}]}}]}");
        byte[] none = new byte[0];
        Part battery = Storcli.parse(new Storcli.Outputs(show, none, none, bbu, none)).parts().stream()
                .filter(part -> part.kind() == PartKind.BATTERY)
                .findFirst()
                .orElseThrow();
        assertThat(battery.state().text()).isEqualTo(expected);
    }

    /** A sensor without a reading is listed: its part is not gone. */
    @Test
    void aSensorWithoutReadingIsNotGone() {
        Reading reading =
                IpmiSensors.parse(bytes("FAN1 | 41h | ok | 29.1 | 900 RPM\nFAN2 | 42h | ns | 29.2 | No Reading\n"));
        assertThat(reading.source().complete()).isTrue();
        assertThat(reading.unlisted()).contains(Unlisted.unread(PartKind.FAN, "FAN2", "its sensor has no reading"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "Power Supply #0x51 | Power Supply AC lost | Asserted; power supplies",
                "Power Unit #0x02 | Redundancy Lost | Asserted; power supplies",
                "Memory #0x02 | Uncorrectable ECC (UnCorrectable ECC |  DIMMD7) | Asserted; memory",
                "Memory #0x88 | Correctable ECC (CPU0_G1) | Asserted; memory",
                "Drive Slot / Bay #0x64 | Drive Fault () | Asserted; disks",
                "Drive Slot / Bay HDD3 | Predictive Failure | Asserted; disks",
                "Battery ROMB Battery | Failed | Asserted; batteries",
                "Temperature Ambient | Upper Non-recoverable going high | Asserted; temperatures",
                "Drive Slot / Bay HDD3 | Drive Present | Asserted; -",
                "Button #0x17 | Power Button pressed | Asserted; -",
            })
    void events(String event, String expected) {
        byte[] line = bytes(" 34 | 02/25/2026 | 04:50:09 PM UTC | " + event);
        String found = IpmiEvents.parse(line, LocalDateTime.of(2026, 2, 25, 17, 0), List.of()).parts().stream()
                .filter(part -> part.state() != PartState.OK)
                .map(Part::name)
                .findFirst()
                .orElse("-");
        assertThat(found).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "active raid1 sdc1[2](S) sdb1[1] sda1[0]; [2/2] [UU]; ok",
                "active raid1 sdc1[2](F) sdb1[1] sda1[0]; [2/2] [UU]; warning",
                "active (auto-read-only) raid1 sdb1[1] sda1[0]; [2/2] [UU]; ok",
                "active raid6 sdd1[3](F) sdc1[2] sdb1[1] sda1[0]; level 6, 512k chunk, algorithm 2 [4/3] [UUU_]; failed",
                "active raid1 nvme1n1p1[1](W)(F) nvme0n1p1[0]; [2/1] [U_]; failed",
                "broken raid0 sdb1[1] sda1[0]; 512k chunks; failed",
                "active raid0 sdb1[1] sda1[0]; 512k chunks; ok",
                "inactive sdb[1](S) sda[0](S); super external:imsm; -",
                "inactive sdb[1](S) sda[0](S); super 1.2; failed",
            })
    void softwareRaid(String head, String state, String expected) {
        Reading reading = MdStat.parse(bytes("Personalities : [raid1]\nmd0 : " + head + "\n      1046528 blocks "
                + state + "\n\nunused devices: <none>\n"));
        assertThat(reading.source().complete()).isTrue();
        assertThat(reading.parts().stream()
                        .map(part -> part.state().text())
                        .findFirst()
                        .orElse("-"))
                .isEqualTo(expected);
    }

    @Test
    void disksThatFailedInArraysHaveTheirOwnNames() {
        assertThat(MdStat.failedDisks(bytes(
                        "md0 : active raid1 nvme1n1p1[1](W)(F) sdb2[0](F)\nmd1 : active raid1 sdc[1](F) sda[0]\n")))
                .containsOnlyKeys("nvme1", "sdb", "sdc");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "Optimal; ok",
                "Optml; ok",
                "Operational; ok",
                "Learning; warning",
                "Charging; warning",
                "Degraded(Charging); warning",
                "Degraded(Needs Attention); failed",
                "Dgd (Needs Attention); failed",
                "Replace; failed",
                "Failed; failed",
                "Faulty; failed",
                "Non Operational; failed",
                "Not Optimal; failed",
                "Missing; absent",
                "Msng; absent",
                "Undetermined; unknown",
            })
    void batteriesOfControllers(String state, String expected) {
        assertThat(Storcli.battery(state).text()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "\"State\":\"Onln\",\"DG\":0; ok",
                "\"State\":\"DHS\",\"DG\":0; ok",
                "\"State\":\"UGood\",\"DG\":\"-\"; ok",
                "\"State\":\"UGood\",\"DG\":\"F\"; warning",
                "\"State\":\"Rbld\",\"DG\":0; warning",
                "\"State\":\"UGShld\",\"DG\":\"-\"; warning",
                "\"State\":\"Failed\",\"DG\":\"-\"; failed",
                "\"State\":\"UBad\",\"DG\":\"F\"; failed",
                "\"State\":\"Msng\",\"DG\":0; absent",
                "\"State\":\"Other\",\"DG\":0; unknown",
            })
    void disksBehindControllers(String row, String expected) {
        byte[] none = new byte[0];
        byte[] show = bytes("{\"Controllers\":[{\"Command Status\":{\"Controller\":0,\"Status\":\"Success\"},"
                + "\"Response Data\":{\"PD LIST\":[{\"EID:Slt\":\" :4\",\"DID\":4," + row + "}]}}]}");
        // Without an enclosure, a disk has another path.
        byte[] drives = bytes("{\"Controllers\":[{\"Command Status\":{\"Controller\":0,\"Status\":\"Success\"},"
                + "\"Response Data\":{\"Drive /c0/s4 - Detailed Information\":{\"Drive /c0/s4 State\":"
                + "{\"Media Error Count\":0,\"Predictive Failure Count\":0}}}}]}");
        Part disk = Storcli.parse(new Storcli.Outputs(show, none, drives, none, none)).parts().stream()
                .filter(part -> part.kind() == PartKind.DISK && !part.isAll())
                .findFirst()
                .orElseThrow();
        assertThat(disk.state().text()).isEqualTo(expected);
        assertThat(disk.sources()).contains("storcli drives");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "Status: OK; ok",
                "Status: Predictive Failure; failed",
                "Status: Failed; failed",
                "Status: Rebuilding; warning",
                "Status: OK|Drive Type: Spare Drive; ok",
                "Status: Failed|Drive Type: Spare Drive; failed",
                "Status: OK|Usage remaining: 98.60%|SSD Smart Trip Wearout: False; ok",
                "Status: OK|Usage remaining: 15.20%; warning",
                "Status: OK|Usage remaining: 4.00%; failed",
                "Status: OK|SSD Smart Trip Wearout: True; failed",
            })
    void disksOfHpe(String lines, String expected) {
        String text =
                "Smart Array P440ar in Slot 0 (Embedded)\n   Controller Status: OK\n\n      physicaldrive 1I:1:1\n         "
                        + lines.replace("|", "\n         ") + "\n";
        assertThat(Ssacli.parse(bytes(text)).parts().getLast().state().text()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "Status: OK; ok",
                "Status: Interim Recovery Mode; failed",
                "Status: Recovering, 26% complete; failed",
                "Status: Ready for Rebuild; failed",
                "Status: Failed; failed",
                "Status: Expanding, 3% complete; warning",
                "Status: OK|Unrecoverable Media Errors: None; ok",
                "Status: OK|Unrecoverable Media Errors: Detected; warning",
            })
    void arraysOfHpe(String line, String expected) {
        String text = "HPE Smart Array P408i-a SR Gen10 in Slot 0 (Embedded)\n   Controller Status: OK\n\n"
                + "      Logical Drive: 1\n         " + line.replace("|", "\n         ") + "\n";
        assertThat(Ssacli.parse(bytes(text)).parts().getLast().state().text()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "\"passed\":true}; ok",
                "\"passed\":false}; failed",
                "\"passed\":false,\"scsi\":{\"asc\":93,\"ascq\":16,\"ie_string\":\"HARDWARE IMPENDING FAILURE\"}}; failed",
                "\"passed\":true},\"scsi_grown_defect_list\":4; warning",
                "\"passed\":true},\"scsi_grown_defect_list\":2066; failed",
                "\"passed\":true},\"scsi_pending_defects\":{\"count\":10}; failed",
                "\"passed\":true},\"scsi_error_counter_log\":{\"read\":{\"total_uncorrected_errors\":5}}; warning",
                "\"passed\":true},\"scsi_percentage_used_endurance_indicator\":83; warning",
                "\"passed\":true},\"endurance_used\":{\"current_percent\":99}; failed",
                "\"passed\":true},\"nvme_smart_health_information_log\":{\"critical_warning\":4}; failed",
                "\"passed\":true},\"nvme_smart_health_information_log\":{\"percentage_used\":117}; failed",
                "\"passed\":true},\"nvme_smart_health_information_log\":{\"media_errors\":3}; warning",
                "\"passed\":true},\"nvme_smart_health_information_log\":{\"available_spare\":4,\"available_spare_threshold\":10}; failed",
                "\"passed\":true},\"ata_smart_attributes\":{\"table\":[{\"id\":1,\"name\":\"Raw_Read_Error_Rate\",\"when_failed\":\"now\",\"flags\":{\"prefailure\":true}}]}; failed",
                "\"passed\":true},\"ata_smart_attributes\":{\"table\":[{\"id\":3,\"name\":\"Spin_Up_Time\",\"when_failed\":\"past\",\"flags\":{\"prefailure\":true}}]}; warning",
                "\"passed\":true},\"ata_smart_attributes\":{\"table\":[{\"id\":190,\"name\":\"Airflow_Temperature_Cel\",\"when_failed\":\"past\",\"flags\":{\"prefailure\":false}}]}; ok",
                "\"passed\":true},\"ata_smart_attributes\":{\"table\":[{\"id\":197,\"name\":\"Current_Pending_Sector\",\"raw\":{\"value\":2}}]}; failed",
                "\"value\":1},\"smartctl\":{\"exit_status\":8}; failed",
                "\"value\":1},\"smartctl\":{\"exit_status\":2}; unknown",
            })
    void disks(String json, String expected) {
        Part disk = Smartctl.parse(
                        new Smartctl.Device("/dev/sda", "sat"),
                        bytes("{\"model_name\":\"X\",\"smart_status\":{" + json + "}"))
                .getFirst();
        assertThat(disk.state().text()).as(disk.detail()).isEqualTo(expected);
    }
}
