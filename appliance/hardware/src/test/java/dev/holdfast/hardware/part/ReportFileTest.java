package dev.holdfast.hardware.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file between the collector and the appliance. */
class ReportFileTest {
    private static final Instant NOW = Instant.parse("2026-11-27T21:00:00Z");
    private static final HardwareReport REPORT = new HardwareReport(
            NOW,
            List.of(
                    new Part(PartKind.DISK, "sda", PartState.FAILED, "replace it", List.of(Source.SMARTCTL)),
                    new Part(
                            PartKind.POWER_SUPPLY,
                            "PS1",
                            PartState.OK,
                            "Presence detected",
                            List.of(Source.IPMI_SENSORS))),
            List.of(
                    new Source(Source.IPMI_SENSORS, ""),
                    new Source(Source.SMARTCTL, "smartctl did not answer within 30 s")),
            List.of(Unlisted.unread(PartKind.FAN, "Fan 3", "its sensor has no reading")));

    @TempDir
    private Path work;

    @Test
    void whatIsWrittenIsRead() throws Exception {
        Path file = work.resolve("report.json");
        ReportFile.write(file, REPORT);
        ReportFile.write(file, REPORT);
        assertThat(ReportFile.read(file, NOW.plusSeconds(300))).isEqualTo(REPORT);
        assertThat(REPORT.parts().getFirst().kind()).isEqualTo(PartKind.POWER_SUPPLY);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r--r--");
    }

    /** Reports of every version; this release writes the newest. */
    @Test
    void theFormatIsThatOfTheGoldenFiles() throws Exception {
        assertThat(new String(ReportFile.encode(REPORT), StandardCharsets.UTF_8) + "\n")
                .isEqualTo(new String(golden("report-v2.json"), StandardCharsets.UTF_8));
        assertThat(ReportFile.decode(golden("report-v2.json"))).isEqualTo(REPORT);
        HardwareReport first = ReportFile.decode(golden("report-v1.json"));
        assertThat(first.parts())
                .extracting(Part::title, Part::state, Part::sources)
                .containsExactly(
                        tuple("Power supply PS1", PartState.OK, List.of()),
                        tuple("Disk sda", PartState.FAILED, List.of()));
        // What it does not list need not be gone.
        assertThat(first.anyUnread()).isPresent();
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = ReportFileTest.class.getResourceAsStream("/golden/" + name)) {
            return in.readAllBytes();
        }
    }

    /** Of more parts than are read, none is gone. */
    @Test
    void aReportThatIsCutIsNotComplete() {
        List<Part> many = IntStream.range(0, HardwareReport.MOST_PARTS + 1)
                .mapToObj(number -> new Part(PartKind.FAN, "Fan " + number, PartState.OK, ""))
                .toList();
        assertThat(HardwareReport.of(NOW, List.of(Reading.complete(Source.IPMI_SENSORS, many)))
                        .unread(Source.IPMI_SENSORS))
                .contains("there are more than 1000 parts");
    }

    @Test
    void anOldOrMissingReportSaysNothing() throws Exception {
        Path file = work.resolve("report.json");
        assertThat(ReportFile.read(file, NOW).parts().getFirst().detail()).contains("no report in", "hardware collect");
        ReportFile.write(file, REPORT);
        HardwareReport old = ReportFile.read(file, NOW.plusSeconds(3600));
        assertThat(old.worst()).isEqualTo(PartState.UNKNOWN);
        assertThat(old.parts().getFirst().detail()).contains("is of 2026-11-27T21:00:00Z");
    }

    @Test
    void aLinkInTheWayIsNotFollowed() throws Exception {
        Path victim = Files.writeString(work.resolve("victim"), "mine");
        Files.createSymbolicLink(work.resolve("report.json.part"), victim);
        ReportFile.write(work.resolve("report.json"), REPORT);
        assertThat(victim).hasContent("mine");
    }

    @Test
    void otherBytesAreRefused() {
        for (String text : List.of(
                "",
                "x",
                "{\"version\":1}",
                "{\"version\":1,\"at\":\"2026-11-27T21:00:00Z\",\"parts\":[{\"kind\":\"x\",\"state\":\"ok\"}]}",
                "{\"version\":1,\"at\":\"2026-11-27T21:00:00Z\",\"parts\":[{\"kind\":\"disk\",\"state\":\"x\"}]}")) {
            assertThatThrownBy(() -> ReportFile.decode(text.getBytes(StandardCharsets.UTF_8)))
                    .as(text)
                    .isInstanceOf(FormatException.class);
        }
        assertThatThrownBy(() -> ReportFile.decode("{\"version\":3}".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("version 3");
    }
}
