package dev.holdfast.hardware.collect;

import dev.holdfast.hardware.parse.MdStat;
import dev.holdfast.hardware.parse.MdadmDetail;
import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Arrays that the kernel names, as mdadm describes them; as the kernel describes them where mdadm does not. */
final class SoftwareRaid {
    private static final int MOST_ARRAYS = 64;

    private final Tools tools;

    SoftwareRaid(Tools tools) {
        this.tools = tools;
    }

    /** @param mdstat content of {@code /proc/mdstat} */
    List<Part> parts(byte[] mdstat) {
        Optional<Path> mdadm = tools.find("mdadm");
        List<Part> parts = new ArrayList<>();
        int asked = 0;
        for (Part each : MdStat.parse(mdstat)) {
            if (each.kind() != PartKind.ARRAY || each.isAll()) {
                parts.add(each);
            } else if (mdadm.isEmpty()) {
                parts.add(byKernel(each, "mdadm is not installed; install the package mdadm"));
            } else if (++asked > MOST_ARRAYS || !each.name().matches("md\\w{1,60}")) {
                parts.add(byKernel(each, "mdadm was not asked"));
            } else {
                parts.addAll(byMdadm(mdadm.get(), each));
            }
        }
        return parts;
    }

    private List<Part> byMdadm(Path mdadm, Part kernel) {
        return switch (tools.run(mdadm, "--detail", "/dev/" + kernel.name())) {
            case Tools.Result.Failed failed -> List.of(byKernel(kernel, failed.why()));
            case Tools.Result.Output output -> {
                List<Part> found = MdadmDetail.parse(kernel.name(), output.bytes());
                boolean known = found.stream()
                        .anyMatch(part -> part.kind() == PartKind.ARRAY && part.state() != PartState.UNKNOWN);
                yield known
                        ? found
                        : List.of(byKernel(kernel, "mdadm --detail told nothing, exit code " + output.code()));
            }
        };
    }

    private static Part byKernel(Part part, String why) {
        return new Part(part.kind(), part.name(), part.state(), part.detail() + " (from /proc/mdstat: " + why + ")");
    }
}
