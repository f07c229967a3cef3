package dev.holdfast.agent.consistent;

import dev.holdfast.agent.fs.Directory;
import dev.holdfast.agent.fs.Mounts;
import dev.holdfast.agent.fs.SnapshotName;
import dev.holdfast.agent.fs.Stat;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Snapshots of logical volumes. The kernel freezes a file system for the moment, so that it has nothing to recover but files that
 * were deleted while they were open.
 */
final class LvmWay implements Way {
    private static final String XFS = "xfs";
    private static final Set<String> TYPES = Set.of("ext2", "ext3", "ext4", XFS);

    private final List<LvmSnapshot> thick = new ArrayList<>();
    private SourceSnapshots wanted = SourceSnapshots.NONE;

    @Override
    public boolean isOf(String type) {
        return TYPES.contains(type);
    }

    @Override
    public void take(List<Survey.FileSystem> fileSystems, Taking taking) throws IOException {
        Map<Long, LvmSnapshot> taken = new HashMap<>();
        List<Survey.FileSystem> frozen = new ArrayList<>();
        for (Survey.FileSystem each : fileSystems) {
            try {
                if (!taken.containsKey(each.mount().device())) {
                    taken.put(
                            each.mount().device(),
                            snapshot(LvmVolume.of(each.mount().device()), taking));
                }
                frozen.add(each);
            } catch (IOException e) {
                taking.refuse(each, e);
            }
        }
        // Only now, since a mount takes its time.
        for (Survey.FileSystem each : frozen) {
            try {
                lead(each, Objects.requireNonNull(taken.get(each.mount().device())), taking);
            } catch (IOException e) {
                taking.refuse(each, e);
            }
        }
    }

    /** @throws PhrasedException where it is no volume */
    LvmSnapshot snapshot(LvmVolume volume, Taking taking) throws IOException {
        wanted = taking.wanted();
        SnapshotName name = taking.record().nextName();
        LvmSnapshot snapshot = new LvmSnapshot(
                name, volume.group(), volume.name(), taking.record().directory().resolve(name.text()));
        List<String> arguments =
                new ArrayList<>(List.of("--yes", "--snapshot", "--name", name.text(), "--setactivationskip", "n"));
        if (!volume.thin()) {
            arguments.addAll(List.of("--extents", wanted.percent() + "%ORIGIN"));
            thick.add(snapshot);
        }
        arguments.add(volume.path());
        Tool lvcreate = Tool.find("lvcreate");
        taking.record().note(snapshot);
        lvcreate.run(arguments.toArray(String[]::new));
        return snapshot;
    }

    /** Its device. */
    static Path device(LvmSnapshot snapshot) {
        return Path.of("/dev/mapper/" + escaped(snapshot.group()) + "-"
                + escaped(snapshot.name().text()));
    }

    private static String escaped(String name) {
        return name.replace("-", "--");
    }

    /**
     * Empties the log of XFS in the snapshot of a disk, by a mount for a moment: when the kernel freezes XFS, it leaves a record there,
     * so that files are cleaned up which were deleted while they were open. Only of what this machine has mounted: its kernel need not
     * trust other file systems.
     */
    static void settle(Path disk, LvmSnapshot snapshot) throws IOException {
        long device = LvmVolume.number(disk);
        if (Mounts.read().visible(point -> true).stream()
                .anyMatch(each -> each.device() == device && each.type().equals(XFS))) {
            mount(snapshot, XFS);
            Tool.find("umount").run(snapshot.directory().toString());
        }
    }

    private static void mount(LvmSnapshot snapshot, String type) throws IOException {
        Files.createDirectory(snapshot.directory());
        // The snapshot can be written to, so that the file system may recover what it has to.
        String options = "ro,nosuid,nodev,noexec" + (type.equals(XFS) ? ",nouuid" : "");
        Tool.find("mount")
                .run(
                        "-t",
                        type,
                        "-o",
                        options,
                        device(snapshot).toString(),
                        snapshot.directory().toString());
    }

    private static void lead(Survey.FileSystem each, LvmSnapshot snapshot, Taking taking) throws IOException {
        Path directory = snapshot.directory();
        if (!Files.isDirectory(directory)) {
            mount(snapshot, each.mount().type());
        }
        TreePath root = Mounted.tree(directory);
        try (Directory mounted = taking.live().open(View.absolute(root))) {
            Devices devices = new Devices(mounted.stat().device(), each.mount().device());
            TreePath inside = each.mount().root();
            for (byte[] name : inside == null ? List.<byte[]>of() : inside.names()) {
                root = root.child(name);
            }
            taking.view().put(each.mount().point(), root, isDirectory(taking, root), devices);
        }
    }

    private static boolean isDirectory(Taking taking, TreePath place) throws IOException {
        try (Directory parent = taking.live().open(View.absolute(place.parent()))) {
            return parent.stat(place.name()).type() == Stat.Type.DIRECTORY;
        }
    }

    /** A snapshot that had no room for what was changed has lost everything. */
    @Override
    public void requireIntact() throws IOException {
        for (LvmSnapshot each : thick) {
            String output = Tool.find("lvs")
                    .run("--noheadings", "--nameprefixes", "--options", "lv_snapshot_invalid,lv_active", each.path());
            boolean intact = LvmVolume.rows(output).stream()
                    .anyMatch(
                            row -> row.getOrDefault("LV_SNAPSHOT_INVALID", "?").isEmpty());
            if (!intact) {
                throw new PhrasedException(Phrase.of("client.snapshot-overflowed")
                        .with("volume", each.group() + "/" + each.origin())
                        .with("percent", wanted.percent()));
            }
        }
    }
}
