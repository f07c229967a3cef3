package dev.holdfast.hardware.collect;

import dev.holdfast.hardware.parse.Storcli;
import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.Reading;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Asks every tool and the kernel how the server's parts are. A tool that is missing or fails is reported as such. */
public final class Collector {
    private final Sysfs sysfs;
    private final Tools tools;

    /** @param root of the file system that has {@code sys} and {@code proc} */
    public Collector(Path root, Tools tools) {
        this.sysfs = new Sysfs(root);
        this.tools = tools;
    }

    /** Of this machine. */
    public static Collector ofThisMachine() {
        return new Collector(Path.of("/"), Tools.installed());
    }

    public HardwareReport collect(Instant at) {
        List<Reading> readings = new ArrayList<>(new ManagementController(tools, sysfs).readings(at));
        RaidControllers controllers = new RaidControllers(tools, sysfs);
        Storcli.Found storcli = controllers.storcli();
        Reading ssacli = controllers.ssacli();
        readings.addAll(controllers.withUnseen(storcli.readings(), ssacli));
        Reading disks = new Disks(tools, sysfs).read(controllers.hasStorcli(), storcli.disks());
        readings.add(disks);
        List<String> known = disks.parts().stream()
                .filter(part -> part.kind() == PartKind.DISK)
                .map(Part::name)
                .toList();
        readings.add(new SoftwareRaid(tools, sysfs).read(known));
        readings.add(sysfs.memory());
        return HardwareReport.of(at, readings);
    }
}
