package dev.holdfast.fuzz;

import dev.holdfast.hardware.parse.IpmiEvents;
import dev.holdfast.hardware.parse.IpmiSensors;
import dev.holdfast.hardware.parse.MdStat;
import dev.holdfast.hardware.parse.MdadmDetail;
import dev.holdfast.hardware.parse.Smartctl;
import dev.holdfast.hardware.parse.Ssacli;
import dev.holdfast.hardware.parse.Storcli;
import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.ReportFile;
import dev.holdfast.protocol.bytes.FormatException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;

/** What tools print about hardware, and the report that is made of it: no parser throws, except of the report. */
public final class HardwareFuzz {
    private static final int LONGEST = 1 << 16;

    private HardwareFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) {
        if (data.length > LONGEST) {
            return;
        }
        List<Part> parts = new ArrayList<>(IpmiSensors.parse(data).parts());
        parts.addAll(IpmiEvents.parse(data, LocalDateTime.of(2026, 11, 27, 21, 0), parts)
                .parts());
        parts.add(MdadmDetail.parse("md0", data));
        parts.addAll(MdStat.parse(data).parts());
        parts.addAll(Ssacli.parse(data).parts());
        parts.addAll(
                Storcli.parse(new Storcli.Outputs(data, data, data, data, data)).parts());
        for (Smartctl.Device each : Smartctl.scan(data)) {
            if (!each.name().startsWith("/dev/") || each.type().startsWith("-")) {
                throw new AssertionError("an unsafe argument: " + each);
            }
        }
        parts.addAll(Smartctl.parse(new Smartctl.Device("/dev/sda", "sat"), data));
        if (new HardwareReport(Instant.EPOCH, parts, List.of(), List.of())
                .parts()
                .isEmpty()) {
            throw new AssertionError("bytes that are no output of any tool are taken for a server without faults");
        }
        try {
            ReportFile.decode(data);
        } catch (FormatException e) {
            if (e.getMessage() == null || e.getMessage().isBlank()) {
                throw new AssertionError("refused without a reason", e);
            }
        }
    }
}
