package dev.holdfast.hardware.collect;

import dev.holdfast.hardware.parse.Smartctl;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import dev.holdfast.hardware.part.Unlisted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Disks, by smartctl. */
final class Disks {
    private final Tools tools;
    private final Sysfs sysfs;

    Disks(Tools tools, Sysfs sysfs) {
        this.tools = tools;
        this.sysfs = sysfs;
    }

    /**
     * All that smartctl tells of.
     *
     * @param controllerTool whether a tool is installed that knows disks behind a controller
     * @param behindController what it calls them, by the number that smartctl has for them
     */
    Reading read(boolean controllerTool, Map<Integer, String> behindController) {
        Optional<Path> smartctl = tools.find("smartctl");
        if (smartctl.isEmpty()) {
            return unread("smartctl is not installed; install the package smartmontools");
        }
        return switch (tools.run(smartctl.get(), "--scan", "-j")) {
            case Tools.Result.Failed failed -> unread(failed.why());
            case Tools.Result.Output output
            when output.code() != 0 || !Smartctl.scanned(output.bytes()) ->
                unread("smartctl --scan is not in the known form, exit code " + output.code());
            case Tools.Result.Output output ->
                read(smartctl.get(), Smartctl.scan(output.bytes()), controllerTool, behindController);
        };
    }

    private static Reading unread(String why) {
        return Reading.unread(Source.SMARTCTL, why, List.of(Part.unknown(PartKind.DISK, why)));
    }

    private Reading read(
            Path smartctl,
            List<Smartctl.Device> devices,
            boolean controllerTool,
            Map<Integer, String> behindController) {
        List<Part> parts = new ArrayList<>();
        List<Unlisted> unlisted = new ArrayList<>();
        Set<String> asked = new HashSet<>();
        for (Smartctl.Device each : devices) {
            asked.add(each.shown());
            Optional<Integer> number = controllerTool ? each.behindMegaraid() : Optional.empty();
            String name = number.map(behindController::get).orElse("");
            if (number.isEmpty()) {
                List<Part> found = ask(smartctl, each);
                parts.addAll(found);
                if (found.isEmpty()) {
                    unlisted.add(Unlisted.renamed(PartKind.DISK, each.shown(), "a volume of a RAID controller"));
                }
            } else if (name.isEmpty()) {
                // By another name than usual, it would seem to be another disk.
                unlisted.add(Unlisted.unread(PartKind.DISK, each.shown(), "the controller's tool does not name it"));
            } else {
                unlisted.add(Unlisted.renamed(PartKind.DISK, each.shown(), name));
                ask(smartctl, each).forEach(part -> parts.add(part.named(name)));
            }
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
        return Reading.complete(Source.SMARTCTL, parts).without(unlisted);
    }

    /** None for a volume of a RAID controller. */
    private List<Part> ask(Path smartctl, Smartctl.Device device) {
        return switch (tools.run(smartctl, "-j", "-a", "-d", device.type(), device.name())) {
            case Tools.Result.Failed failed ->
                List.of(new Part(PartKind.DISK, device.shown(), PartState.UNKNOWN, failed.why()));
            case Tools.Result.Output output -> Smartctl.parse(device, output.bytes());
        };
    }
}
