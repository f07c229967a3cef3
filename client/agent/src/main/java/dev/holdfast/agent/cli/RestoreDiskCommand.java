package dev.holdfast.agent.cli;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.image.DiskRestore;
import dev.holdfast.agent.image.DiskTarget;
import dev.holdfast.agent.image.ImageFormat;
import dev.holdfast.agent.image.StreamedVmdk;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.PrivateDedup;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.protocol.cli.ExitCode;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "restore-disk",
        mixinStandardHelpOptions = true,
        description = {
            "Restores a disk of a snapshot that was made with 'backup --image', to a block device or a file.",
            "What the target has already is compared and left as it is: to roll a disk back, restore an earlier snapshot to"
                    + " it, and only what differs is sent and written. To resume an interrupted restore, rerun the command with"
                    + " --overwrite.",
            "Every block is checked when it arrives, and the whole target once more when everything is on disk.",
            "",
            "  holdfast restore-disk latest /dev/sdb --overwrite",
            "  holdfast restore-disk latest:/disks/dev/vda.raw web1.raw",
            "",
            "A device that is larger keeps what lies behind the disk's end. To use all of it: restore-machine.",
        })
final class RestoreDiskCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable Main main;

    @Mixin
    private final SelectOptions select = new SelectOptions();

    @Parameters(
            index = "0",
            paramLabel = "SNAPSHOT[:DISK]",
            description =
                    "A snapshot's id or 'latest', and the path of a disk in it, which may be left out if it has one.")
    private String where = "";

    @Parameters(
            index = "1",
            paramLabel = "TARGET",
            description = "A block device, or a file, which is made if missing.")
    private Path target = Path.of("");

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "raw",
            description =
                    "Format of a file: raw (default), qcow2, vhd, vhdx, vmdk. All but raw need qemu-utils. A vmdk is"
                            + " written once and compressed (streamOptimized), for imports to VMware.")
    private String format = "raw";

    @Option(names = "--overwrite", description = "Restore although the target has content, which is replaced.")
    private boolean overwrite;

    @Option(names = "--no-verify", description = "Do not read the target again when everything is on disk.")
    private boolean noVerify;

    @Option(names = "--dry-run", description = "Only compare: tell how much would be written.")
    private boolean dryRun;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Do not show progress.")
    private boolean quiet;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        SnapshotPath named = SnapshotPath.parse(where);
        long began = System.nanoTime();
        try (Appliance appliance = Objects.requireNonNull(main).connect()) {
            RemoteManifest manifest = appliance.open(
                    select.find(appliance, named).id(),
                    Purpose.RESTORE,
                    named.whole() ? "disk" : named.path().toString());
            TreePath disk = named.whole() ? onlyDisk(manifest) : named.path();
            long size = DiskRestore.size(manifest, disk);
            DiskRestore.Stats stats = new DiskRestore.Stats();
            Path place = target.toAbsolutePath().normalize();
            if (ImageFormat.parse(format) == ImageFormat.VMDK && !dryRun) {
                StreamedVmdk vmdk = StreamedVmdk.of(place, overwrite);
                restore(appliance, manifest, disk, vmdk.draft(), ImageFormat.QCOW2, true, size, stats);
                vmdk.finish(!noVerify);
            } else {
                restore(appliance, manifest, disk, place, ImageFormat.parse(format), overwrite || dryRun, size, stats);
            }
            print(manifest, disk, size, stats, (System.nanoTime() - began) / 1_000_000);
        }
        return ExitCode.OK;
    }

    private void restore(
            Appliance appliance,
            RemoteManifest manifest,
            TreePath disk,
            Path to,
            ImageFormat as,
            boolean replace,
            long size,
            DiskRestore.Stats stats)
            throws IOException {
        DiskJob job = new DiskJob(
                appliance,
                manifest,
                disk,
                size,
                PrivateDedup.load(Objects.requireNonNull(main).state()).prefix(),
                quiet || json);
        try (DiskTarget opened = DiskTarget.open(Platform.current(), to, as, size, replace, !dryRun)) {
            if (dryRun) {
                job.compare(opened, stats);
            } else {
                job.restore(opened, target.toString(), !noVerify, stats);
            }
        }
    }

    private static TreePath onlyDisk(RemoteManifest manifest) throws IOException {
        List<TreePath> disks = DiskRestore.disks(manifest);
        if (disks.size() == 1) {
            return disks.getFirst();
        }
        String id = manifest.snapshot().toString().substring(0, 8);
        if (disks.isEmpty()) {
            throw new RemoteException(
                    ErrorCode.NOT_FOUND, "snapshot " + id + " has no disks; it was not made with 'backup --image'");
        }
        throw new IllegalArgumentException("snapshot " + id + " has " + disks.size() + " disks; name one: "
                + disks.stream().map(each -> id + ":" + each).collect(Collectors.joining(", ")));
    }

    private void print(RemoteManifest manifest, TreePath disk, long size, DiskRestore.Stats stats, long millis) {
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        if (json) {
            Map<String, Object> map = new LinkedHashMap<>();
            map.put("snapshot", manifest.snapshot().toString());
            map.put("disk", disk.toString());
            map.put("target", target.toString());
            map.put("bytes", size);
            map.put("bytesWritten", dryRun ? 0 : stats.differed.sum());
            map.put("bytesDiffering", stats.differed.sum());
            map.put("verified", !dryRun && !noVerify);
            map.put("millis", millis);
            Output.json(out, map);
            return;
        }
        String differed = Output.bytes(stats.differed.sum());
        if (dryRun) {
            out.println("Would write " + differed + " of " + Output.bytes(size) + " to " + target);
            return;
        }
        out.println("Restored " + disk + " to " + target + ": " + Output.bytes(size) + ", of which " + differed
                + " differed and were written" + (noVerify ? "" : "; verified") + ", in " + Output.duration(millis));
    }
}
