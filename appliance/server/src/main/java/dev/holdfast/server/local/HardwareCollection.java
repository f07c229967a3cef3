package dev.holdfast.server.local;

import dev.holdfast.hardware.collect.Collector;
import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.ReportFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** Asks the tools of this machine how its parts are, for the appliance, which may not run them. */
public final class HardwareCollection {
    private HardwareCollection() {}

    /** How many parts were found, and how many of them nothing could be learned about. */
    public record Collected(String file, int parts, int unknown, String state) {}

    public static Collected collect(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new IOException(
                    "the directory of " + file + " does not exist; make it, owned by root: mkdir " + directory);
        }
        HardwareReport report = Collector.ofThisMachine().collect(Instant.now());
        ReportFile.write(file, report);
        long unknown = report.parts().stream()
                .map(Part::state)
                .filter(state -> state == PartState.UNKNOWN)
                .count();
        return new Collected(
                file.toString(),
                report.parts().size(),
                (int) unknown,
                report.worst().text());
    }
}
