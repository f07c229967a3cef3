package dev.holdfast.control.data;

import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.store.container.ContainerWriter;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.volume.Volume;
import dev.holdfast.store.volume.VolumeDirectory;
import dev.holdfast.store.volume.VolumeIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Says what a directory would be as a volume, and why it cannot be one. Changes nothing but a file that it writes for a test. */
final class VolumeCheck {
    private static final String WRITE_TEST = ".holdfast-write-test";

    private final DataDirectory directory;
    private final Disk disk;
    private final UUID vault;

    VolumeCheck(DataDirectory directory, Disk disk, UUID vault) {
        this.directory = directory;
        this.disk = disk;
        this.vault = vault;
    }

    /**
     * Looks at a directory, which need not exist.
     *
     * @param replaced the number of the volume that it takes the place of, which does not count; -1 for none
     */
    NewVolume check(Path root, int replaced) throws IOException {
        Path path = root.toAbsolutePath().normalize();
        for (Volume each : directory.volumeList().all()) {
            Path other = each.root().toAbsolutePath().normalize();
            if (other.equals(path)) {
                return present(path, each);
            }
            if (other.startsWith(path) || path.startsWith(other)) {
                throw new VolumeRefusedException(path + " and volume " + each.number() + " (" + other
                        + ") are one inside the other; a volume needs a directory of its own");
            }
        }
        Path data = directory.root().toAbsolutePath().normalize();
        if (data.startsWith(path) || path.startsWith(data) && !path.startsWith(data.resolve("volumes"))) {
            throw new VolumeRefusedException(path + " is part of the data directory " + data
                    + " or contains it; name another directory, or one below " + data.resolve("volumes"));
        }
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new VolumeRefusedException(path + " is not a directory; name one");
        }
        Optional<VolumeIdentity> identity = VolumeIdentity.read(path);
        Optional<Volume> moved = identity.filter(found -> found.vault().equals(vault))
                .flatMap(found -> directory.volumeList().find(found.number()))
                .filter(each -> each.state() != Volume.State.LOST && !isThere(each));
        if (moved.isPresent()) {
            requireWritable(path);
            return new NewVolume(path, NewVolume.Kind.MOVED, moved.get().number(), List.of());
        }
        return fresh(path, identity, replaced);
    }

    private NewVolume present(Path path, Volume volume) throws VolumeRefusedException {
        return switch (volume.state()) {
            case ACTIVE -> new NewVolume(path, NewVolume.Kind.PRESENT, volume.number(), List.of());
            case DRAINING -> new NewVolume(path, NewVolume.Kind.DRAINING, volume.number(), List.of());
            case LOST ->
                throw new VolumeRefusedException(path + " was volume " + volume.number()
                        + ", which was given up; wait until that has ended, then name an empty directory");
        };
    }

    private boolean isThere(Volume volume) {
        try {
            return VolumeIdentity.read(volume.root())
                    .filter(found -> found.equals(new VolumeIdentity(vault, volume.number())))
                    .isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    private NewVolume fresh(Path path, Optional<VolumeIdentity> identity, int replaced) throws IOException {
        if (identity.isPresent() && !identity.get().vault().equals(vault)) {
            throw new VolumeRefusedException(path + " is a volume of another appliance (vault "
                    + identity.get().vault() + "); name an empty directory");
        }
        // Without an identity nothing may be there; with one of this appliance, what an interrupted addition left.
        boolean used = identity.isPresent()
                ? VolumeDirectory.holdsOthers(path, KeyringFiles.KEYRING)
                : VolumeDirectory.holdsOthers(path);
        if (used) {
            throw new VolumeRefusedException(
                    identity.isPresent()
                            ? path + " was volume " + identity.get().number()
                                    + " of this appliance and holds files; what it holds is not used any more."
                                    + " Empty it, then add it again"
                            : path + " is not empty; name an empty directory or a new one");
        }
        List<Volume> counted = directory.volumeList().all().stream()
                .filter(each -> each.number() != replaced)
                .toList();
        int most = directory.profile().maxVolumes();
        if (counted.size() >= most) {
            throw new VolumeRefusedException("profile " + directory.profile().name() + " has at most " + most
                    + " volumes, and there are " + counted.size() + "; retire one first, or change the profile");
        }
        requireWritable(path);
        return new NewVolume(path, NewVolume.Kind.NEW, directory.file().nextVolume(), warnings(path, replaced));
    }

    private List<String> warnings(Path path, int replaced) throws IOException {
        Path existing = LocalDisk.nearestExisting(path);
        List<String> warnings = new ArrayList<>();
        Object fileSystem = disk.fileSystem(existing);
        for (Volume each : directory.volumeList().readable()) {
            if (each.number() != replaced
                    && isThere(each)
                    && disk.fileSystem(each.root()).equals(fileSystem)) {
                warnings.add(path + " is on the same file system as volume " + each.number() + " (" + each.root()
                        + "): it adds no room, and one disk holds both. Is its disk mounted?");
                break;
            }
        }
        long free = disk.freeBytes(existing)
                - disk.totalBytes(existing) / 100 * directory.profile().reservePercent();
        if (free <= ContainerWriter.TARGET_BYTES) {
            warnings.add("the file system of " + path + " has " + ByteText.of(disk.freeBytes(existing))
                    + " left, no more than its reserve: it takes no containers");
        }
        return warnings;
    }

    /** @throws VolumeRefusedException where this process could not write there */
    static void requireWritable(Path path) throws IOException {
        Path test = LocalDisk.nearestExisting(path).resolve(WRITE_TEST);
        try {
            Files.deleteIfExists(test);
            Files.write(test, new byte[1]);
            Files.delete(test);
        } catch (IOException e) {
            String user = System.getProperty("user.name");
            throw new VolumeRefusedException("the appliance's user " + user + " cannot write to " + test.getParent()
                    + " (" + e.getMessage() + "); make " + path + ", give it to this user (chown " + user + " " + path
                    + "), and see that it is not mounted read-only");
        }
        if (Files.exists(path)) {
            Ownership.requireOwn(path);
        }
    }
}
