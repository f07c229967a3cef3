package dev.holdfast.agent.backup;

import dev.holdfast.agent.fs.Stat;
import dev.holdfast.agent.image.Disks;
import dev.holdfast.agent.image.Disks.Disk;
import dev.holdfast.protocol.cli.HostName;
import dev.holdfast.protocol.manifest.Attributes.Timestamp;
import dev.holdfast.protocol.manifest.Node;
import dev.holdfast.protocol.manifest.TreePath;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Disks that are backed up in place of files: below one directory a file with the bytes of each, where its path on the machine says,
 * and one that describes the machine.
 */
record DiskSource(Disks disks) implements Given {
    private static final int DIRECTORY_MODE = 0755;
    private static final int FILE_MODE = 0600;

    @Override
    public boolean takesOver() {
        return disks.all().stream().anyMatch(each -> each.blocks().changes().isPresent());
    }

    @Override
    public void give(Takers takers) throws IOException, InterruptedException {
        Instant begun = Instant.now();
        SortedMap<TreePath, Disk> images = new TreeMap<>();
        disks.all().forEach(each -> images.put(each.name(), each));
        TreePath description = disks.names().getLast();
        byte[] machine = disks.describe(HostName.own(), begun);
        TreePath at = TreePath.ROOT;
        boolean described = false;
        for (Disk each : images.values()) {
            if (!described && description.compareTo(each.name()) < 0) {
                at = describe(takers, at, description, machine);
                described = true;
            }
            at = move(takers, at, each.name().parent());
            FileJob job = new FileJob(
                    takers.root(),
                    each.name().name(),
                    each.name(),
                    file(each.blocks().size()),
                    0);
            takers.stats().files.increment();
            takers.stats().unallocatedBytes.add(each.blocks().unallocatedBytes());
            takers.output().streamed(job);
            takers.readers()
                    .readDisk(
                            job,
                            each.blocks(),
                            UnchangedBlocks.of(takers.previous(), each.name(), each.blocks(), takers.stats()));
        }
        if (!described) {
            at = describe(takers, at, description, machine);
        }
        move(takers, at, TreePath.ROOT);
    }

    private static TreePath describe(Takers takers, TreePath at, TreePath description, byte[] machine)
            throws IOException, InterruptedException {
        TreePath moved = move(takers, at, description.parent());
        FileJob job = new FileJob(takers.root(), description.name(), description, file(0), 0);
        takers.stats().files.increment();
        takers.output().streamed(job);
        takers.readers().readStream(job, new ByteArrayInputStream(machine));
        return moved;
    }

    /** Leaves and enters directories; returns {@code to}. */
    private static TreePath move(Takers takers, TreePath from, TreePath to) throws IOException {
        TreePath at = from;
        while (!at.isRoot() && !to.equals(at) && !to.startsWith(at)) {
            takers.output().ready(new Node.Leave());
            at = at.parent();
        }
        for (byte[] name : to.names().subList(at.names().size(), to.names().size())) {
            takers.output()
                    .ready(new Node.Directory(
                            name, stat(Stat.Type.DIRECTORY, DIRECTORY_MODE, 0).attributes()));
            takers.stats().directories.increment();
        }
        return to;
    }

    private static Stat file(long size) {
        return stat(Stat.Type.FILE, FILE_MODE, size);
    }

    private static Stat stat(Stat.Type type, int mode, long size) {
        Timestamp now = new Timestamp(System.currentTimeMillis() / 1000, 0);
        return new Stat(type, mode, 0, 0, size, size, now, now, null, 0, 0, 1, 0, 0, 0);
    }
}
