package dev.holdfast.agent.cli;

import dev.holdfast.agent.image.Disks;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Chooses a machine and one of its snapshots, among those that have disks. */
final class MachineSnapshots {
    /** More would scroll away; an id names others. */
    private static final int MOST_SHOWN = 20;

    private static final Pattern OWN_DISK = Pattern.compile("/dev/[^/]+\\.raw");

    private final SelectOptions select;
    private final Questions questions;
    private final PrintWriter out;

    MachineSnapshots(SelectOptions select, Questions questions, PrintWriter out) {
        this.select = select;
        this.questions = questions;
        this.out = out;
    }

    /**
     * The snapshot that is meant.
     *
     * @param named its id, 'latest', or null to ask
     * @throws IllegalArgumentException where it is not clear which is meant, and nobody can be asked
     */
    Appliance.Listed choose(Appliance appliance, @Nullable String named) throws IOException {
        if (named != null && !named.equals("latest")) {
            return select.find(appliance, named);
        }
        Map<String, List<Appliance.Listed>> machines = new LinkedHashMap<>();
        for (Appliance.Listed each : select.all(appliance)) {
            if (hasDisks(each)) {
                machines.computeIfAbsent(machine(each), key -> new ArrayList<>())
                        .add(each);
            }
        }
        if (machines.isEmpty()) {
            throw new RemoteException(
                    ErrorCode.NOT_FOUND,
                    "there is no snapshot with disks; a machine is restored from one that was made with 'backup --image' or"
                            + " 'backup --vm'");
        }
        List<Appliance.Listed> snapshots = one(machines);
        if (named != null || snapshots.size() == 1 || !questions.possible()) {
            return snapshots.getLast();
        }
        List<Appliance.Listed> shown = snapshots.subList(Math.max(0, snapshots.size() - MOST_SHOWN), snapshots.size());
        int chosen = questions.choose(
                "Snapshots of " + snapshots.getLast().summary().host() + ", the newest last:",
                shown.stream()
                        .map(each -> Output.time(each.committed()) + "  " + each.shortId())
                        .toList());
        return shown.get(chosen);
    }

    private List<Appliance.Listed> one(Map<String, List<Appliance.Listed>> machines) {
        List<List<Appliance.Listed>> all = List.copyOf(machines.values());
        if (all.size() == 1) {
            return all.getFirst();
        }
        List<String> titles = machines.entrySet().stream()
                .map(each -> each.getKey() + ": " + each.getValue().size() + " snapshots, the last of "
                        + Output.time(each.getValue().getLast().committed()))
                .toList();
        if (!questions.possible()) {
            titles.forEach(out::println);
            throw new IllegalArgumentException("there are " + all.size()
                    + " machines with snapshots of their disks; say which: --host NAME, or --path of a disk in the snapshot, such as --path "
                    + disk(all.getFirst().getFirst()));
        }
        return all.get(questions.choose("Machines:", titles));
    }

    private static boolean hasDisks(Appliance.Listed snapshot) {
        return snapshot.summary().sources().stream().anyMatch(MachineSnapshots::isDisk);
    }

    private static boolean isDisk(TreePath source) {
        return source.toString().startsWith("/" + Disks.DIRECTORY + "/")
                && !source.toString().endsWith("/" + Disks.DESCRIPTION);
    }

    private static TreePath disk(Appliance.Listed snapshot) {
        return snapshot.summary().sources().stream()
                .filter(MachineSnapshots::isDisk)
                .findFirst()
                .orElseThrow();
    }

    /** A machine keeps its name when it gets another disk; a host of virtual machines has several, which their disks tell apart. */
    private static String machine(Appliance.Listed snapshot) {
        List<String> disks = snapshot.summary().sources().stream()
                .filter(MachineSnapshots::isDisk)
                .map(each -> each.toString().substring(Disks.DIRECTORY.length() + 1))
                .toList();
        String host = snapshot.summary().host();
        return disks.stream().allMatch(each -> OWN_DISK.matcher(each).matches())
                ? host
                : host + " (" + String.join(", ", disks) + ")";
    }
}
