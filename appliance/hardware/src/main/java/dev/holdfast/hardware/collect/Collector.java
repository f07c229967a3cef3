package dev.holdfast.hardware.collect;

import dev.holdfast.hardware.parse.IpmiSensors;
import dev.holdfast.hardware.parse.MdStat;
import dev.holdfast.hardware.parse.Smartctl;
import dev.holdfast.hardware.parse.Ssacli;
import dev.holdfast.hardware.parse.Storcli;
import dev.holdfast.hardware.part.HardwareReport;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Asks every tool and the kernel how the server's parts are. A tool that is missing or fails is reported as such. */
public final class Collector {
    private static final List<PartKind> SENSORS = List.of(PartKind.POWER_SUPPLY, PartKind.FAN, PartKind.TEMPERATURE);
    private static final String HPE = "0x103c|0x1590";

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
        List<Part> parts = new ArrayList<>(sensors());
        Optional<Map<Integer, String>> behindController = storcli(parts);
        ssacli(parts);
        controllersWithoutTool(parts);
        byte[] mdstat = sysfs.mdstat();
        if (mdstat.length > 0) {
            parts.addAll(MdStat.parse(mdstat));
        }
        disks(parts, behindController);
        parts.addAll(sysfs.memory());
        return new HardwareReport(at, parts);
    }

    private List<Part> sensors() {
        Optional<Path> ipmitool = tools.find("ipmitool");
        if (ipmitool.isEmpty()) {
            return unknown(SENSORS, "ipmitool is not installed; install the package ipmitool");
        }
        String hint = sysfs.hasIpmi()
                ? ""
                : "; there is no /dev/ipmi0: load the module ipmi_devintf, if the server has a BMC";
        return switch (tools.run(ipmitool.get(), "sdr", "elist")) {
            case Tools.Result.Failed failed -> unknown(SENSORS, failed.why() + hint);
            case Tools.Result.Output output
            when output.code() != 0 && output.bytes().length == 0 ->
                unknown(SENSORS, "ipmitool failed with exit code " + output.code() + hint);
            case Tools.Result.Output output -> IpmiSensors.parse(output.bytes());
        };
    }

    /** The names of disks behind controllers; empty where no tool for them is installed. */
    private Optional<Map<Integer, String>> storcli(List<Part> parts) {
        Map<Integer, String> disks = new HashMap<>();
        List<Path> installed = Stream.of(tools.find("storcli64", "storcli"), tools.find("perccli64", "perccli"))
                .flatMap(Optional::stream)
                .toList();
        for (Path tool : installed) {
            Storcli.Found found = storcli(tool);
            parts.addAll(found.parts());
            disks.putAll(found.disks());
            // Either tool may see the controllers of the other's maker, too.
            if (!found.parts().isEmpty()) {
                break;
            }
        }
        return installed.isEmpty() ? Optional.empty() : Optional.of(disks);
    }

    private Storcli.Found storcli(Path tool) {
        return switch (tools.run(tool, "/call", "show", "all", "J")) {
            case Tools.Result.Failed failed -> new Storcli.Found(Part.unknownRaid(failed.why()), Map.of());
            case Tools.Result.Output output ->
                Storcli.parse(new Storcli.Outputs(
                        output.bytes(),
                        more(tool, "/call/vall"),
                        more(tool, "/call/eall/sall"),
                        more(tool, "/call/bbu"),
                        more(tool, "/call/cv")));
        };
    }

    /** Nothing where it fails, as for a controller without a battery: less is known then. */
    private byte[] more(Path tool, String what) {
        return switch (tools.run(tool, what, "show", "all", "J")) {
            case Tools.Result.Failed _ -> new byte[0];
            case Tools.Result.Output output -> output.bytes();
        };
    }

    private void ssacli(List<Part> parts) {
        tools.find("ssacli", "hpssacli")
                .ifPresent(tool -> parts.addAll(
                        switch (tools.run(tool, "ctrl", "all", "show", "config", "detail")) {
                            case Tools.Result.Failed failed -> Part.unknownRaid(failed.why());
                            case Tools.Result.Output output -> Ssacli.parse(output.bytes());
                        }));
    }

    /** A controller that the kernel sees and no tool told of. */
    private void controllersWithoutTool(List<Part> parts) {
        List<String> vendors = sysfs.raidControllers();
        if (vendors.isEmpty() || parts.stream().anyMatch(part -> part.kind() == PartKind.RAID_CONTROLLER)) {
            return;
        }
        boolean hpe = vendors.stream().anyMatch(vendor -> vendor.matches(".*(" + HPE + ").*"));
        String why = "there is a RAID controller, but " + (hpe ? "ssacli" : "storcli64 or perccli64")
                + " is not installed or does not see it; install it from the server's maker";
        parts.addAll(Part.unknownRaid(why));
    }

    private void disks(List<Part> parts, Optional<Map<Integer, String>> behindController) {
        Optional<Path> smartctl = tools.find("smartctl");
        if (smartctl.isEmpty()) {
            parts.add(Part.unknown(PartKind.DISK, "smartctl is not installed; install the package smartmontools"));
            return;
        }
        List<Smartctl.Device> devices = new ArrayList<>();
        switch (tools.run(smartctl.get(), "--scan", "-j")) {
            case Tools.Result.Failed failed -> parts.add(Part.unknown(PartKind.DISK, failed.why()));
            case Tools.Result.Output output -> devices.addAll(Smartctl.scan(output.bytes()));
        }
        Set<String> asked = new HashSet<>();
        for (Smartctl.Device each : devices) {
            asked.add(each.shown());
            parts.addAll(disk(smartctl.get(), each, behindController));
        }
        for (Sysfs.BlockDevice each : sysfs.disks()) {
            String name = each.name().replaceAll("(nvme\\d+)n\\d+", "$1");
            if (!asked.contains(name) && !asked.contains(each.name())) {
                parts.add(new Part(
                        PartKind.DISK,
                        each.name(),
                        PartState.UNKNOWN,
                        "smartctl does not see it, as with virtual disks"));
            }
        }
    }

    private List<Part> disk(Path smartctl, Smartctl.Device device, Optional<Map<Integer, String>> behindController) {
        String name = device.shown();
        if (device.type().matches("megaraid,\\d{1,6}") && behindController.isPresent()) {
            int number = Integer.parseInt(device.type().substring("megaraid,".length()));
            name = behindController.get().getOrDefault(number, "");
            if (name.isEmpty()) {
                // By another name than usual, it would seem to be another disk.
                return List.of();
            }
        }
        String known = name;
        return switch (tools.run(smartctl, "-j", "-a", "-d", device.type(), device.name())) {
            case Tools.Result.Failed failed -> List.of(new Part(PartKind.DISK, known, PartState.UNKNOWN, failed.why()));
            case Tools.Result.Output output ->
                Smartctl.parse(device, output.bytes()).stream()
                        .map(part -> new Part(part.kind(), known, part.state(), part.detail()))
                        .toList();
        };
    }

    private static List<Part> unknown(List<PartKind> kinds, String why) {
        return kinds.stream().map(kind -> Part.unknown(kind, why)).toList();
    }
}
