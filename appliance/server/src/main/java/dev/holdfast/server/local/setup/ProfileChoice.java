package dev.holdfast.server.local.setup;

import dev.holdfast.control.data.Machine;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.cli.ByteText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The hardware profile that fits a machine: the largest whose memory it has, with a core for every two of its workers, and
 * with more room than the next smaller profile allows.
 *
 * @param reasons why this one, and why no larger one
 */
public record ProfileChoice(String profile, List<String> reasons) {
    private static final List<String> BY_SIZE = List.of("dev", "hdr-1000", "hdr-2000");

    /** @param roomBytes free on the file systems of the volumes */
    static ProfileChoice of(Machine machine, long roomBytes) throws IOException {
        String machineText = ByteText.of(machine.memoryBytes()) + " of memory, " + machine.cores()
                + (machine.cores() == 1 ? " core" : " cores") + " and room for " + ByteText.of(roomBytes);
        HardwareProfile chosen = HardwareProfile.load(BY_SIZE.getFirst());
        List<String> reasons = new ArrayList<>();
        for (String name : BY_SIZE.subList(1, BY_SIZE.size())) {
            HardwareProfile larger = HardwareProfile.load(name);
            List<String> lacks = lacks(machine, roomBytes, larger, chosen);
            if (!lacks.isEmpty()) {
                reasons.add("not " + name + ": " + String.join("; ", lacks));
                break;
            }
            chosen = larger;
        }
        reasons.addFirst("this machine has " + machineText + "; " + chosen.name() + " needs "
                + ByteText.of(chosen.memory().budget().bytes()) + " of memory and " + cores(chosen)
                + " cores, and holds " + ByteText.of(chosen.capacity().bytes()));
        return new ProfileChoice(chosen.name(), List.copyOf(reasons));
    }

    private static List<String> lacks(
            Machine machine, long roomBytes, HardwareProfile larger, HardwareProfile smaller) {
        List<String> lacks = new ArrayList<>();
        if (machine.memoryBytes() < larger.memory().budget().bytes()) {
            lacks.add("it needs " + ByteText.of(larger.memory().budget().bytes()) + " of memory");
        }
        if (machine.cores() < cores(larger)) {
            lacks.add("it needs " + cores(larger) + " cores");
        }
        if (roomBytes <= smaller.capacity().bytes()) {
            lacks.add("the volumes have no more room than " + smaller.name() + " holds");
        }
        return lacks;
    }

    private static int cores(HardwareProfile profile) {
        return profile.workers().ingest() / 2;
    }
}
