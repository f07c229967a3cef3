package dev.holdfast.hardware.collect;

import dev.holdfast.hardware.parse.IpmiEvents;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.Reading;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;

/** The event log of the BMC. Its clock dates the events, and need not be right. */
final class EventLog {
    private final Tools tools;

    EventLog(Tools tools) {
        this.tools = tools;
    }

    /** @param sensors what they show now */
    Reading read(Path ipmitool, Instant at, List<Part> sensors) {
        String most = Integer.toString(IpmiEvents.MOST_LINES);
        return switch (tools.run(ipmitool, "sel", "elist", "last", most)) {
            case Tools.Result.Failed failed -> IpmiEvents.unknown(failed.why());
            case Tools.Result.Output output
            when output.code() != 0 -> IpmiEvents.unknown("ipmitool sel elist failed with exit code " + output.code());
            // It writes elsewhere that the log has no entries.
            case Tools.Result.Output output when output.bytes().length == 0 -> IpmiEvents.none();
            case Tools.Result.Output output -> IpmiEvents.parse(output.bytes(), now(ipmitool, at), sensors);
        };
    }

    private LocalDateTime now(Path ipmitool, Instant at) {
        LocalDateTime ours = LocalDateTime.ofInstant(at, ZoneOffset.UTC);
        return switch (tools.run(ipmitool, "sel", "time", "get")) {
            case Tools.Result.Failed _ -> ours;
            case Tools.Result.Output output ->
                IpmiEvents.time(new String(output.bytes(), StandardCharsets.UTF_8))
                        .orElse(ours);
        };
    }
}
