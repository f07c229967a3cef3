package dev.holdfast.control.usecase;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.VolumeList;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How full a volume is.
 *
 * @param freeBytes as its file system says; 0 where it is missing, as are {@code totalBytes}
 * @param fileSystem where it is mounted, and from what; empty where it is missing
 */
record VolumeFigures(
        Volume volume, int containers, long containerBytes, long freeBytes, long totalBytes, String fileSystem) {
    /** Goes through all containers. */
    static List<VolumeFigures> of(Engine engine) throws IOException {
        Map<Integer, Phrase> missing = engine.missingVolumes();
        VolumeList list = engine.directory().volumeList();
        Map<Integer, long[]> sums = engine.running() ? indexed(engine) : found(list, missing);
        List<VolumeFigures> figures = new ArrayList<>();
        for (Volume each : list.all()) {
            long[] sum = sums.getOrDefault(each.number(), new long[2]);
            boolean there = each.state() != Volume.State.LOST && !missing.containsKey(each.number());
            if (there) {
                FileStore disk = Files.getFileStore(each.root());
                figures.add(new VolumeFigures(
                        each, (int) sum[0], sum[1], disk.getUsableSpace(), disk.getTotalSpace(), disk.toString()));
            } else {
                figures.add(new VolumeFigures(each, (int) sum[0], sum[1], 0, 0, ""));
            }
        }
        return figures;
    }

    /** As the index of a running appliance has them. */
    private static Map<Integer, long[]> indexed(Engine engine) throws IOException {
        Map<Integer, long[]> sums = new HashMap<>();
        for (Archiving.Local each : engine.store().archiving().local()) {
            add(sums, each.volume(), each.bytes());
        }
        return sums;
    }

    /** As the files are, which needs no keys. */
    private static Map<Integer, long[]> found(VolumeList list, Map<Integer, Phrase> missing) throws IOException {
        Volumes volumes = new Volumes(new LocalDisk(), list, 0);
        Map<Integer, long[]> sums = new HashMap<>();
        for (Volume each : list.readable()) {
            if (missing.containsKey(each.number())) {
                continue;
            }
            for (Volumes.Found file : volumes.containers(each.number())) {
                Path path = file.open() ? ContainerWriter.openPath(file.finalPath()) : file.finalPath();
                add(sums, each.number(), Files.exists(path) ? Files.size(path) : 0);
            }
        }
        return sums;
    }

    private static void add(Map<Integer, long[]> sums, int volume, long bytes) {
        long[] sum = sums.computeIfAbsent(volume, key -> new long[2]);
        sum[0]++;
        sum[1] += bytes;
    }
}
