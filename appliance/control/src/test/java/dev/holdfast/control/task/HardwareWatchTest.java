package dev.holdfast.control.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.hardware.part.Chassis;
import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import dev.holdfast.hardware.part.Unlisted;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of parts, when tools fail and come back. */
class HardwareWatchTest {
    private static final String MISSING = "it is not installed";

    @TempDir
    private Path work;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-28T06:00:00Z"));
    private final AtomicReference<HardwareReport> report =
            new AtomicReference<>(HardwareReport.of(Instant.EPOCH, List.of()));
    private ControlDb control;
    private HardwareWatch watch;

    @BeforeEach
    void open() throws Exception {
        control = new ControlDb(work.resolve("control.db"), now::get);
        watch = new HardwareWatch(control, at -> report.get(), Chassis.UNKNOWN, now::get);
    }

    @AfterEach
    void close() throws Exception {
        control.close();
    }

    private void look(Reading... readings) throws Exception {
        now.set(now.get().plusSeconds(300));
        report.set(HardwareReport.of(now.get(), List.of(readings)));
        watch.look();
        watch.look();
    }

    private List<String> events() throws Exception {
        return control.events().list(true, 100).stream()
                .filter(each -> !each.kind().equals("hardware-mended"))
                .map(each -> each.severity() + " " + each.kind() + " " + each.message())
                .toList();
    }

    private String state(PartKind kind, String name) throws Exception {
        return HardwareState.load(control)
                .find(kind, name)
                .map(part -> part.state().text())
                .orElse("");
    }

    private static Part disk(String name, PartState state) {
        return new Part(PartKind.DISK, name, state, "");
    }

    private static Reading unread(String source) {
        return Reading.unread(source, MISSING, List.of());
    }

    @ParameterizedTest
    @CsvSource({
        "POWER_SUPPLY, ipmitool sdr",
        "FAN, ipmitool sdr",
        "TEMPERATURE, ipmitool sdr",
        "EVENT_LOG, ipmitool sel",
        "RAID_CONTROLLER, storcli",
        "WRITE_CACHE, storcli",
        "BATTERY, storcli",
        "ARRAY, storcli",
        "DISK, storcli",
        "RAID_CONTROLLER, ssacli",
        "WRITE_CACHE, ssacli",
        "BATTERY, ssacli",
        "ARRAY, ssacli",
        "DISK, ssacli",
        "ARRAY, mdstat",
        "DISK, smartctl",
        "MEMORY, edac",
    })
    void faultStaysToldWhileItsSourceIsNotRead(PartKind kind, String source) throws Exception {
        Part healthy = new Part(kind, "P 1", PartState.OK, "fine");
        look(Reading.complete(source, List.of(healthy)));
        look(Reading.complete(source, List.of(new Part(kind, "P 1", PartState.FAILED, "broken"))));
        assertThat(events()).singleElement().asString().startsWith("ALERT hardware-" + kind.text());
        List<String> told = events();

        look(unread(source));
        assertThat(state(kind, "P 1")).isEqualTo("unknown");
        assertThat(events()).isEqualTo(told);
        // A report that does not name the source at all, and none.
        look(Reading.complete("another", List.of()));
        assertThat(state(kind, "P 1")).isEqualTo("unknown");
        report.set(HardwareReport.unknown(now.get(), "no report"));
        watch.look();
        assertThat(events()).containsAll(told).noneMatch(each -> each.contains("absent"));

        look(Reading.complete(source, List.of(new Part(kind, "P 1", PartState.FAILED, "broken"))));
        assertThat(events()).isEqualTo(told);
        look(Reading.complete(source, List.of(healthy)));
        assertThat(events()).isEmpty();
        assertThat(state(kind, "P 1")).isEqualTo("ok");
    }

    @Test
    void sourceThatIsNotReadIsToldOnceAsWarning() throws Exception {
        List<Part> disks = List.of(disk("s 1", PartState.OK), disk("s 2", PartState.OK), disk("s 3", PartState.OK));
        look(Reading.complete(Source.STORCLI, disks));
        look(unread(Source.STORCLI));
        look(unread(Source.STORCLI));
        assertThat(events())
                .containsExactly("WARNING hardware-unknown Disk s 1: unknown: " + MISSING
                        + "; last known: ok. Until this is solved, failures are not noticed");
        look(Reading.complete(Source.STORCLI, disks));
        assertThat(events()).isEmpty();
    }

    /** The event for all parts of a kind stands for each. */
    @Test
    void partsOfAKindThatIsUnknownAreNotToldOneByOne() throws Exception {
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", PartState.OK), disk("sdb", PartState.OK))));
        look(Reading.unread(Source.SMARTCTL, MISSING, List.of(Part.unknown(PartKind.DISK, MISSING))));
        assertThat(events()).singleElement().asString().startsWith("WARNING hardware-unknown All disks: unknown: ");
        assertThat(state(PartKind.DISK, "sdb")).isEqualTo("unknown");
    }

    @Test
    void partIsAbsentWhereItsSourceWasReadAndForgottenWhenThatIsAcknowledged() throws Exception {
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", PartState.OK), disk("sdb", PartState.OK))));
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", PartState.OK))));
        assertThat(events()).singleElement().asString().startsWith("ALERT hardware-disk Disk sdb: absent");
        // It is not there again because nobody looks.
        List<String> told = events();
        look(unread(Source.SMARTCTL), Reading.complete(Source.MEMORY, List.of()));
        assertThat(state(PartKind.DISK, "sdb")).isEqualTo("unknown");
        assertThat(events()).containsAll(told);
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", PartState.OK))));
        assertThat(state(PartKind.DISK, "sdb")).isEqualTo("absent");
        assertThat(events()).isEqualTo(told);
        control.events().acknowledge(null);
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", PartState.OK))));
        assertThat(state(PartKind.DISK, "sdb")).isEmpty();
        assertThat(events()).isEmpty();
    }

    @Test
    void partThatWentWhileNobodyLookedIsAbsentAfterwards() throws Exception {
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", PartState.OK), disk("sdb", PartState.OK))));
        look(unread(Source.SMARTCTL));
        look(unread(Source.SMARTCTL));
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", PartState.OK))));
        assertThat(events())
                .singleElement()
                .asString()
                .startsWith("ALERT hardware-disk Disk sdb: absent: is no longer reported; it was ok.");
    }

    /** Two tools tell of a disk, and only one of them of its fault. */
    @Test
    void healthyByOneSourceIsNotMendedWhileTheOtherIsNotRead() throws Exception {
        Reading listed = Reading.complete(Source.STORCLI, List.of(disk("slot 1", PartState.OK)));
        Reading healthy = Reading.complete(Source.STORCLI_DRIVES, List.of(disk("slot 1", PartState.OK)));
        look(listed, healthy);
        look(listed, Reading.complete(Source.STORCLI_DRIVES, List.of(disk("slot 1", PartState.FAILED))));
        List<String> told = events();
        look(listed, unread(Source.STORCLI_DRIVES));
        look(listed, unread(Source.STORCLI_DRIVES));
        assertThat(state(PartKind.DISK, "slot 1")).isEqualTo("unknown");
        assertThat(events()).isEqualTo(told);
        // What the other says is as bad.
        look(
                Reading.complete(Source.STORCLI, List.of(disk("slot 1", PartState.FAILED))),
                unread(Source.STORCLI_DRIVES));
        assertThat(state(PartKind.DISK, "slot 1")).isEqualTo("failed");
        look(listed, healthy);
        assertThat(events()).isEmpty();
    }

    /** What a source only tells of while there is a fault, such as a member that failed in an array. */
    @Test
    void sourceThatWasReadAndTellsOfNoFaultAnyMoreIsBelieved() throws Exception {
        Reading smart = Reading.complete(Source.SMARTCTL, List.of(disk("sda", PartState.OK)));
        look(smart, Reading.complete(Source.SOFTWARE_RAID, List.of(disk("sda", PartState.FAILED))));
        assertThat(events()).hasSize(1);
        look(smart, Reading.complete(Source.SOFTWARE_RAID, List.of()));
        assertThat(events()).isEmpty();
        assertThat(state(PartKind.DISK, "sda")).isEqualTo("ok");
    }

    @Test
    void sensorWithoutReadingIsUnknownOnlyIfItHadOne() throws Exception {
        Part fan = new Part(PartKind.FAN, "Fan 1", PartState.OK, "5000 RPM");
        List<Unlisted> silent = List.of(
                Unlisted.unread(PartKind.FAN, "Fan 1", "no reading"),
                Unlisted.unread(PartKind.FAN, "Fan 2", "no reading"));
        look(Reading.complete(Source.IPMI_SENSORS, List.of(fan)));
        look(Reading.complete(Source.IPMI_SENSORS, List.of()).without(silent));
        assertThat(events()).singleElement().asString().startsWith("WARNING hardware-unknown Fan Fan 1: unknown");
        assertThat(state(PartKind.FAN, "Fan 2")).isEmpty();
        look(Reading.complete(Source.IPMI_SENSORS, List.of(fan)));
        assertThat(events()).isEmpty();
    }

    @Test
    void partThatIsListedByAnotherNameIsNotAbsent() throws Exception {
        look(Reading.complete(Source.SMARTCTL, List.of(disk("bus/0 megaraid,9", PartState.FAILED))));
        look(Reading.complete(Source.SMARTCTL, List.of(disk("controller 0 slot 1", PartState.OK)))
                .without(List.of(Unlisted.renamed(PartKind.DISK, "bus/0 megaraid,9", "controller 0 slot 1"))));
        assertThat(events()).isEmpty();
        assertThat(state(PartKind.DISK, "bus/0 megaraid,9")).isEmpty();
    }

    private static Part disk(String name, String serial) {
        return new Part(PartKind.DISK, name, PartState.OK, "ST8000, serial number " + serial);
    }

    /** A disk that was away for a moment has another name, and none is missing. */
    @Test
    void diskThatTheKernelNamesAnewIsNotAbsent() throws Exception {
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", "AAA1"), disk("sdb", "BBB1"))));
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", "AAA1"), disk("sdc", "BBB1"))));
        assertThat(events()).isEmpty();
        assertThat(state(PartKind.DISK, "sdb")).isEmpty();
    }

    @Test
    void lostPathToADiskIsAbsent() throws Exception {
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", "AAA1"), disk("sdb", "AAA1"))));
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", "AAA1"))));
        assertThat(events())
                .singleElement()
                .asString()
                .startsWith("ALERT hardware-disk Disk sdb: absent: is no longer reported; it was ok");
    }

    /** After a restart the names of disks close the gap. */
    @Test
    void absentDiskIsTheOneThatIsMissing() throws Exception {
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", "AAA1"), disk("sdb", "BBB1"), disk("sdc", "CCC1"))));
        look(Reading.complete(Source.SMARTCTL, List.of(disk("sda", "AAA1"), disk("sdb", "CCC1"))));
        assertThat(events())
                .singleElement()
                .asString()
                .startsWith("ALERT hardware-disk Disk sdc: absent: is no longer reported: its disk is now sdb,"
                        + " whose disk is missing");
    }

    /** An older release did not remember sources. */
    @Test
    void whatAnOlderReleaseRememberedIsAbsentOnlyIfEverythingWasRead() throws Exception {
        control.settings()
                .set(
                        "hardware.state",
                        "{\"at\":\"2026-11-28T05:55:00Z\",\"parts\":[{\"kind\":\"ARRAY\",\"name\":\"md0\",\"state\":\"FAILED\","
                                + "\"detail\":\"degraded\",\"since\":\"2026-11-28T05:00:00Z\",\"told\":\"FAILED\"}]}");
        look(Reading.complete(Source.SOFTWARE_RAID, List.of()), unread(Source.SSACLI));
        assertThat(state(PartKind.ARRAY, "md0")).isEqualTo("unknown");
        look(Reading.complete(Source.SOFTWARE_RAID, List.of()));
        assertThat(state(PartKind.ARRAY, "md0")).isEqualTo("absent");
    }

    /** So many events of a kind are counted rather than stored: an absent part without its own is not acknowledged. */
    @ParameterizedTest
    @ValueSource(ints = {11, 14})
    void partsWhoseEventIsCountedAreNotForgotten(int count) throws Exception {
        List<Part> disks = IntStream.range(0, count)
                .mapToObj(number -> disk("slot " + number, PartState.OK))
                .toList();
        look(Reading.complete(Source.STORCLI, disks));
        look(Reading.complete(Source.STORCLI, List.of()));
        look(Reading.complete(Source.STORCLI, List.of()));
        assertThat(HardwareState.load(control).parts())
                .hasSize(count)
                .allMatch(part -> part.state() == PartState.ABSENT);
        control.events().acknowledge(null);
        look(Reading.complete(Source.STORCLI, List.of()));
        assertThat(HardwareState.load(control).parts()).isEmpty();
    }

    @Test
    void placeThatAlwaysWasEmptyIsNotAbsent() throws Exception {
        Part empty = new Part(PartKind.FAN, "Fan 7", PartState.ABSENT, "Device Absent");
        look(Reading.complete(Source.IPMI_SENSORS, List.of(empty)));
        assertThat(events()).isEmpty();
        look(Reading.complete(Source.IPMI_SENSORS, List.of(new Part(PartKind.FAN, "Fan 7", PartState.OK, "900 RPM"))));
        look(Reading.complete(Source.IPMI_SENSORS, List.of(empty)));
        assertThat(events()).singleElement().asString().startsWith("ALERT hardware-fan Fan Fan 7: absent");
    }
}
