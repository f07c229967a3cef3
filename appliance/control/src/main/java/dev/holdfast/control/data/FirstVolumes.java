package dev.holdfast.control.data;

import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.volume.VolumeDirectory;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The directories that shall be the volumes of a new appliance. Changes nothing but a file that it writes and removes for a
 * test.
 */
public final class FirstVolumes {
    private static final Path ROOT = Path.of("/");

    private final Path data;
    private final List<Path> volumes;
    private final Disk disk;
    private final boolean interrupted;

    /**
     * @param data the data directory, which need not exist
     * @param named empty for one volume inside the data directory
     */
    public FirstVolumes(Path data, List<Path> named, Disk disk) {
        this.data = data.toAbsolutePath().normalize();
        this.volumes = ApplianceFile.volumes(this.data, named).stream()
                .map(each -> each.toAbsolutePath().normalize())
                .toList();
        this.disk = disk;
        this.interrupted = Unfinished.isLeft(data);
    }

    /**
     * A directory.
     *
     * @param faults why it cannot be a volume, and {@code warnings} what is unwise about it
     */
    public record Looked(Path path, long totalBytes, long freeBytes, List<String> faults, List<String> warnings) {}

    /** Whether an attempt to make this appliance was cut off; the next one removes what it left. */
    public boolean interrupted() {
        return interrupted;
    }

    /** @throws IOException where the data directory cannot become an appliance */
    public void requireDataDirectory() throws IOException {
        Path existing = LocalDisk.nearestExisting(data);
        if (!Files.isDirectory(existing)) {
            throw new IOException(existing + " is not a directory; name another data directory");
        }
        Ownership.require(data);
        if (!interrupted && Files.isDirectory(data)) {
            try (var content = Files.newDirectoryStream(data)) {
                if (content.iterator().hasNext()) {
                    throw new IOException(data + " is not empty; an appliance wants a directory of its own");
                }
            }
        }
    }

    /** Looks at each of them. */
    public List<Looked> look() throws IOException {
        Map<Object, Path> fileSystems = new LinkedHashMap<>();
        List<Looked> looked = new ArrayList<>();
        for (Path each : volumes) {
            Path existing = LocalDisk.nearestExisting(each);
            Object fileSystem = disk.fileSystem(existing);
            List<String> warnings = new ArrayList<>();
            Path other = fileSystems.putIfAbsent(fileSystem, each);
            if (other != null) {
                warnings.add(each + " is on the same file system as " + other
                        + ": it adds no room, and one disk holds both. Is its disk mounted?");
            }
            if (fileSystem.equals(disk.fileSystem(ROOT))) {
                warnings.add(each + " is on the root file system: backups that fill it stop the whole machine, and a"
                        + " new installation of the machine deletes them. Mount a disk of its own");
            }
            looked.add(new Looked(
                    each, disk.totalBytes(existing), disk.freeBytes(existing), faults(each), List.copyOf(warnings)));
        }
        return looked;
    }

    private List<String> faults(Path path) throws IOException {
        List<String> faults = new ArrayList<>();
        int same = 0;
        for (Path other : volumes) {
            same += other.equals(path) ? 1 : 0;
            if (same > 1 || !other.equals(path) && path.startsWith(other)) {
                faults.add(path + " and " + other + " are one inside the other; a volume needs a directory of its own");
            }
        }
        if (data.startsWith(path) || path.startsWith(data) && !path.startsWith(data.resolve("volumes"))) {
            faults.add(path + " is part of the data directory " + data + " or contains it; name another directory");
        }
        if (Files.exists(path) && !Files.isDirectory(path)) {
            faults.add(path + " is not a directory; name one");
            return faults;
        }
        if (!interrupted && Files.exists(path) && !isEmpty(path)) {
            faults.add(path + " is not empty; name an empty directory or a new one");
        }
        try {
            VolumeCheck.requireWritable(path);
        } catch (VolumeRefusedException e) {
            faults.add(String.valueOf(e.getMessage()));
        }
        return faults;
    }

    /** Of another appliance's volume, too, it is said that it is not empty: it has files that its disk's root does not have. */
    private static boolean isEmpty(Path path) throws IOException {
        return !Files.exists(path.resolve("volume.json")) && !VolumeDirectory.holdsOthers(path);
    }

    /** Free bytes of all their file systems. */
    public long freeBytes() throws IOException {
        return freeBytes(0);
    }

    /** Free bytes of all their file systems without a reserve; 0 where no backup could be stored. */
    public long freeBytes(int reservePercent) throws IOException {
        List<Path> existing =
                volumes.stream().map(LocalDisk::nearestExisting).distinct().toList();
        return new Volumes(disk, existing, reservePercent).freeBytes();
    }
}
