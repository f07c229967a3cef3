package dev.holdfast.hardware.part;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The file between the collector and the appliance. */
class ReportFileTest {
    private static final Instant NOW = Instant.parse("2026-11-27T21:00:00Z");
    private static final HardwareReport REPORT = new HardwareReport(
            NOW,
            List.of(
                    new Part(PartKind.DISK, "sda", PartState.FAILED, "replace it"),
                    new Part(PartKind.POWER_SUPPLY, "PS1", PartState.OK, "Presence detected")));

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
        assertThatThrownBy(() -> ReportFile.decode("{\"version\":2}".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("version 2");
    }
}
