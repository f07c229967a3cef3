package dev.holdfast.hardware.collect;

import dev.holdfast.hardware.parse.IpmiSensors;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Sensors and event log of the BMC, by ipmitool. */
final class ManagementController {
    private final Tools tools;
    private final Sysfs sysfs;

    ManagementController(Tools tools, Sysfs sysfs) {
        this.tools = tools;
        this.sysfs = sysfs;
    }

    List<Reading> readings(Instant at) {
        Optional<Path> ipmitool = tools.find("ipmitool");
        if (ipmitool.isEmpty()) {
            return unread("ipmitool is not installed; install the package ipmitool");
        }
        String hint = sysfs.hasIpmi()
                ? ""
                : "; there is no /dev/ipmi0: load the module ipmi_devintf, if the server has a BMC";
        return switch (tools.run(ipmitool.get(), "sdr", "elist")) {
            case Tools.Result.Failed failed -> unread(failed.why() + hint);
            case Tools.Result.Output output
            when output.code() != 0 && output.bytes().length == 0 ->
                unread("ipmitool failed with exit code " + output.code() + hint);
            case Tools.Result.Output output -> {
                Reading sensors = IpmiSensors.parse(output.bytes()).endedWith(output.code());
                yield List.of(sensors, new EventLog(tools).read(ipmitool.get(), at, shown(sensors)));
            }
        };
    }

    /** Also what is no part because it shows no fault. */
    private static List<Part> shown(Reading sensors) {
        return Stream.concat(
                        sensors.parts().stream(),
                        sensors.unlisted().stream()
                                .filter(each -> !each.as().isEmpty())
                                .map(each -> new Part(each.kind(), each.name(), PartState.OK, "")))
                .toList();
    }

    /** On a machine without a BMC, nobody misses an event log: it is not among the parts. */
    private static List<Reading> unread(String why) {
        return List.of(
                Reading.unread(Source.IPMI_SENSORS, why, IpmiSensors.unknown(why)),
                Reading.unread(Source.IPMI_EVENTS, why, List.of()));
    }
}
