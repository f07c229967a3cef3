package dev.holdfast.hardware.collect;

import dev.holdfast.hardware.parse.MdStat;
import dev.holdfast.hardware.parse.MdadmDetail;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import dev.holdfast.hardware.part.Reading;
import dev.holdfast.hardware.part.Source;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Arrays that the kernel names, as mdadm describes them; as the kernel describes them where mdadm does not. The kernel's
 * account has every fault, so nothing is unknown without mdadm.
 */
final class SoftwareRaid {
    private static final int MOST_ARRAYS = 64;

    private final Tools tools;
    private final Sysfs sysfs;

    SoftwareRaid(Tools tools, Sysfs sysfs) {
        this.tools = tools;
        this.sysfs = sysfs;
    }

    /** @param disks names of those that smartctl tells of: one that failed in an array failed, whatever it says itself */
    Reading read(List<String> disks) {
        byte[] mdstat;
        try {
            mdstat = sysfs.mdstat();
        } catch (IOException e) {
            String why = "/proc/mdstat cannot be read: " + e.getMessage();
            return Reading.unread(Source.SOFTWARE_RAID, why, List.of(Part.unknown(PartKind.ARRAY, why)));
        }
        Reading kernel = MdStat.parse(mdstat);
        List<Part> parts = new ArrayList<>(described(kernel.parts()));
        MdStat.failedDisks(mdstat).forEach((disk, array) -> {
            if (disks.contains(disk)) {
                parts.add(new Part(PartKind.DISK, disk, PartState.FAILED, "failed in array " + array));
            }
        });
        return new Reading(kernel.source(), parts, List.of());
    }

    private List<Part> described(List<Part> arrays) {
        Optional<Path> mdadm = tools.find("mdadm");
        List<Part> parts = new ArrayList<>();
        for (Part each : arrays) {
            if (each.isAll()) {
                parts.add(each);
            } else if (mdadm.isEmpty()) {
                parts.add(byKernel(each, "mdadm is not installed; install the package mdadm"));
            } else if (parts.size() >= MOST_ARRAYS || !each.name().matches("md\\w{1,60}")) {
                parts.add(byKernel(each, "mdadm was not asked"));
            } else {
                parts.add(byMdadm(mdadm.get(), each));
            }
        }
        return parts;
    }

    private Part byMdadm(Path mdadm, Part kernel) {
        return switch (tools.run(mdadm, "--detail", "/dev/" + kernel.name())) {
            case Tools.Result.Failed failed -> byKernel(kernel, failed.why());
            case Tools.Result.Output output -> {
                Part found = MdadmDetail.parse(kernel.name(), output.bytes());
                yield found.state() == PartState.UNKNOWN
                        ? byKernel(kernel, "mdadm --detail told nothing, exit code " + output.code())
                        : new Part(found.kind(), found.name(), found.state().worse(kernel.state()), found.detail());
            }
        };
    }

    private static Part byKernel(Part part, String why) {
        return new Part(part.kind(), part.name(), part.state(), part.detail() + " (from /proc/mdstat: " + why + ")");
    }
}
