package dev.holdfast.control.data;

import dev.holdfast.protocol.cli.ByteText;
import dev.holdfast.protocol.phrase.Phrase;
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
                throw new VolumeRefusedException(Phrase.of("volume.nested")
                        .with("path", path.toString())
                        .with("volume", each.number())
                        .with("other", other.toString()));
            }
        }
        Path data = directory.root().toAbsolutePath().normalize();
        if (data.startsWith(path) || path.startsWith(data) && !path.startsWith(data.resolve("volumes"))) {
            throw new VolumeRefusedException(Phrase.of("volume.on-data")
                    .with("path", path.toString())
                    .with("data", data.toString())
                    .with("below", data.resolve("volumes").toString()));
        }
        if (Files.exists(path) && !Files.isDirectory(path)) {
            throw new VolumeRefusedException(Phrase.of("volume.no-directory").with("path", path.toString()));
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
                throw new VolumeRefusedException(Phrase.of("volume.was-given-up")
                        .with("path", path.toString())
                        .with("volume", volume.number()));
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
            throw new VolumeRefusedException(Phrase.of("volume.of-other-appliance")
                    .with("path", path.toString())
                    .with("vault", identity.get().vault().toString()));
        }
        // Without an identity nothing may be there; with one of this appliance, what an interrupted addition left.
        boolean used = identity.isPresent()
                ? VolumeDirectory.holdsOthers(path, KeyringFiles.KEYRING)
                : VolumeDirectory.holdsOthers(path);
        if (used) {
            throw new VolumeRefusedException(
                    identity.isPresent()
                            ? Phrase.of("volume.was-ours")
                                    .with("path", path.toString())
                                    .with("volume", identity.get().number())
                            : Phrase.of("volume.directory-used").with("path", path.toString()));
        }
        List<Volume> counted = directory.volumeList().all().stream()
                .filter(each -> each.number() != replaced)
                .toList();
        int most = directory.profile().maxVolumes();
        if (counted.size() >= most) {
            throw new VolumeRefusedException(Phrase.of("volume.most")
                    .with("profile", directory.profile().name())
                    .with("most", most)
                    .with("volumes", counted.size()));
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
            throw new VolumeRefusedException(Phrase.of("volume.not-writable")
                    .with("user", user)
                    .with("directory", String.valueOf(test.getParent()))
                    .with("reason", e)
                    .with("path", path.toString())
                    .with("command", "chown " + user + " " + path));
        }
        if (Files.exists(path)) {
            Ownership.requireOwn(path);
        }
    }
}
