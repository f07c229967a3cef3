package dev.holdfast.agent.cli;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.DiskRestore;
import dev.holdfast.agent.image.DiskTarget;
import dev.holdfast.agent.image.ImageFormat;
import dev.holdfast.agent.machine.Adaptation;
import dev.holdfast.agent.machine.Assignment;
import dev.holdfast.agent.machine.AttachedTargets;
import dev.holdfast.agent.machine.SourceMachine;
import dev.holdfast.agent.machine.TargetDisk;
import dev.holdfast.agent.machine.TargetDisks;
import dev.holdfast.agent.machine.Told;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.PrivateDedup;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.wire.Purpose;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "restore-machine",
        mixinStandardHelpOptions = true,
        description = {
            "Restores all disks of a snapshot that was made with 'backup --image' or 'backup --vm', and makes them fit:"
                    + " on a larger disk, the last partition and its file system grow; the installed Linux finds its disks by UUID"
                    + " and has the drivers of other controllers in its initramfs; UEFI finds its loader.",
            "Each disk goes to the smallest free disk that is large enough, or to the one that is named. What a disk has already"
                    + " is compared and kept, so that an interrupted restore goes on when the command is given again.",
            "Asks for what is not given, and before it replaces anything. The rescue system runs this command.",
            "",
            "  holdfast restore-machine --dry-run",
            "  holdfast restore-machine latest --host web1 --disk /dev/sda=/dev/nvme0n1",
            "",
            "A machine that has no system yet, or not its own, needs access to the snapshots of the node that it was. On the"
                    + " appliance: holdfast appliance token create --restore NODE; here: holdfast enroll URL.",
            "Programs of the restored system are run as root (chroot) to make its initramfs; --no-boot-repair leaves that out.",
        })
final class RestoreMachineCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "SNAPSHOT",
            description = "A snapshot's id or 'latest'. Without it, the command asks.")
    private @Nullable String snapshot;

    @Option(
            names = "--disk",
            paramLabel = "NAME=TARGET",
            description =
                    "Restore this disk of the snapshot, named by its former path or its path in the snapshot, to this device"
                            + " or file; may be given several times.")
    private Map<String, Path> disks = Map.of();

    @Option(
            names = "--this-machine",
            description =
                    "The disks are to start in this machine: also keep the names of its network interfaces, and tell its"
                            + " UEFI firmware of the system.")
    private boolean here;

    @Option(names = "--no-grow", description = "Leave the additional room of larger disks unused.")
    private boolean noGrow;

    @Option(names = "--no-boot-repair", description = "Change nothing in the restored system.")
    private boolean noBootRepair;

    @Option(names = "--no-verify", description = "Do not read the disks again when everything is on them.")
    private boolean noVerify;

    @Option(names = "--dry-run", description = "Only tell which disk would be restored where.")
    private boolean dryRun;

    @Option(names = "--yes", description = "Do not ask before the disks are replaced.")
    private boolean yes;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Do not show progress.")
    private boolean quiet;

    @Spec
    private @Nullable CommandSpec spec;

    private final List<String> steps = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        Questions questions = new Questions(out(), !json);
        long began = System.nanoTime();
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            Appliance.Listed chosen =
                    new MachineSnapshots(select, questions, json ? err() : out()).choose(appliance, snapshot);
            RemoteManifest manifest = appliance.open(chosen.id(), Purpose.RESTORE, "machine");
            SourceMachine machine = SourceMachine.read(appliance, manifest);
            Assignment assignment = Assignment.of(machine.disks(), disks, new Present());
            if (!json) {
                show(chosen, assignment);
            }
            if (dryRun) {
                printDry(chosen, assignment);
                return ExitCode.OK;
            }
            if (!allowed(questions)) {
                out().println("Nothing was changed.");
                return ExitCode.OK;
            }
            List<Map<String, Object>> restored = restore(appliance, manifest, machine, assignment);
            print(chosen, restored, (System.nanoTime() - began) / 1_000_000);
        }
        return warnings.isEmpty() ? ExitCode.OK : ExitCode.WARNINGS;
    }

    private boolean allowed(Questions questions) {
        if (!Platform.current().privileged()) {
            throw new IllegalArgumentException("disks are restored by root; run this command with sudo");
        }
        if (!yes && (json || !questions.possible())) {
            throw new IllegalArgumentException(
                    "a restore replaces what the disks have; look at --dry-run, then add --yes");
        }
        return yes || questions.confirm("What the disks have is lost. Type 'yes' to go on: ");
    }

    /** What this machine has. */
    private static final class Present implements Assignment.Source {
        @Override
        public List<TargetDisk> free() throws IOException {
            return TargetDisks.free();
        }

        @Override
        public TargetDisk named(Path path) throws IOException {
            return TargetDisks.named(path.toAbsolutePath().normalize());
        }
    }

    private void show(Appliance.Listed chosen, Assignment assignment) {
        out().println("Machine " + chosen.summary().host() + ", snapshot " + chosen.shortId() + " of "
                + Output.time(chosen.committed()));
        for (Assignment.Pair each : assignment.pairs()) {
            TargetDisk target = each.target();
            String about = target.model().isEmpty() ? "" : ", " + target.model();
            out().println("  " + Assignment.title(each.source()) + " ("
                    + Output.bytes(each.source().bytes()) + ") to "
                    + target.device() + " (" + Output.bytes(target.bytes()) + about + "), which has "
                    + (target.content().isEmpty() ? "nothing that is known" : target.content()));
        }
        out().flush();
    }

    private List<Map<String, Object>> restore(
            Appliance appliance, RemoteManifest manifest, SourceMachine machine, Assignment assignment)
            throws IOException {
        List<Map<String, Object>> restored = new ArrayList<>();
        byte[] prefix = PrivateDedup.load(Objects.requireNonNull(main).state()).prefix();
        try (AttachedTargets attached = AttachedTargets.of(assignment)) {
            for (int i = 0; i < assignment.pairs().size(); i++) {
                Assignment.Pair pair = attached.assignment().pairs().get(i);
                Path named = assignment.pairs().get(i).target().device();
                DiskRestore.Stats stats = new DiskRestore.Stats();
                long size = pair.source().bytes();
                try (DiskTarget opened = DiskTarget.open(
                        Platform.current(), pair.target().device(), ImageFormat.RAW, size, true, true)) {
                    new DiskJob(appliance, manifest, pair.source().name(), size, prefix, quiet || json)
                            .restore(opened, named.toString(), !noVerify, stats);
                }
                restored.add(disk(pair, named, stats.differed.sum()));
                said("Restored " + Assignment.title(pair.source()) + " to " + named + ": "
                        + Output.bytes(stats.differed.sum()) + " of " + Output.bytes(size)
                        + " differed and were written"
                        + (noVerify ? "" : "; verified"));
            }
            new Adaptation(attached.assignment(), machine, here, new Told() {
                        @Override
                        public void did(String text) {
                            steps.add(text);
                            said(text);
                        }

                        @Override
                        public void warning(String text) {
                            warnings.add(text);
                            err().println("holdfast: warning: " + text);
                            err().flush();
                        }
                    })
                    .run(!noGrow, !noBootRepair);
        }
        return restored;
    }

    private void said(String text) {
        if (!json) {
            out().println(text);
            out().flush();
        }
    }

    private static Map<String, Object> disk(Assignment.Pair pair, Path target, long written) {
        Map<String, Object> disk = new LinkedHashMap<>();
        disk.put("disk", pair.source().name().toString());
        disk.put("target", target.toString());
        disk.put("bytes", pair.source().bytes());
        disk.put("targetBytes", pair.target().bytes());
        disk.put("bytesWritten", written);
        return disk;
    }

    private void printDry(Appliance.Listed chosen, Assignment assignment) {
        if (json) {
            print(
                    chosen,
                    assignment.pairs().stream()
                            .map(each -> disk(each, each.target().device(), 0))
                            .toList(),
                    0);
        } else {
            out().println("Nothing was changed.");
        }
    }

    private void print(Appliance.Listed chosen, List<Map<String, Object>> restored, long millis) {
        if (json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("machine", chosen.summary().host());
            map.put("snapshot", chosen.id().toString());
            map.put("disks", restored);
            map.put("verified", !dryRun && !noVerify);
            map.put("steps", steps);
            map.put("warnings", warnings);
            map.put("millis", millis);
            Output.json(out(), map);
            return;
        }
        out().println("Restored the machine in " + Output.duration(millis)
                + (warnings.isEmpty() ? "" : ", with warnings: read them before you start it"));
    }

    private PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }

    private PrintWriter err() {
        return Objects.requireNonNull(spec).commandLine().getErr();
    }
}
