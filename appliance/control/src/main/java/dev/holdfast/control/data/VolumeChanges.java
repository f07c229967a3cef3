package dev.holdfast.control.data;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.store.disk.Disk;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.volume.VolumeDirectory;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Changes which volumes an appliance has. Each change becomes durable by one replacement of {@code appliance.json}; what is
 * written before it is ignored after a crash, and what is left to do after it is done by {@link #settle}. One process uses it
 * at a time: the appliance, or a command that holds the lock of the data directory. Safe for use by several threads.
 */
public final class VolumeChanges {
    private static final System.Logger LOG = System.getLogger(VolumeChanges.class.getName());

    private final DataDirectory directory;
    private final Disk disk;

    public VolumeChanges(DataDirectory directory) {
        this(directory, new LocalDisk());
    }

    VolumeChanges(DataDirectory directory, Disk disk) {
        this.directory = directory;
        this.disk = disk;
    }

    /**
     * Looks at a directory that is to become a volume, and changes nothing.
     *
     * @param replaced the number of the volume that it takes the place of; -1 for none
     * @throws VolumeRefusedException where it cannot be one
     */
    public NewVolume check(Path root, int replaced) throws IOException {
        return new VolumeCheck(directory, disk, directory.keyring().vault()).check(root, replaced);
    }

    /** Makes a directory that was just checked a volume. It has everything that it needs before the appliance knows it. */
    public void add(NewVolume volume) throws IOException {
        synchronized (directory) {
            switch (volume.kind()) {
                case PRESENT -> {}
                case DRAINING -> directory.save(directory.file().with(volume.number(), ApplianceFile.State.ACTIVE));
                case MOVED -> {
                    Ownership.closeToOthers(volume.root());
                    directory.save(directory.file().with(volume.number(), directory.root(), volume.root()));
                }
                case NEW -> addNew(volume);
            }
        }
    }

    private void addNew(NewVolume volume) throws IOException {
        KeyringFiles files = directory.keyringFiles();
        try (FileChannel _ = files.lock()) {
            Keyring keyring = directory.keyring();
            if (volume.number() != directory.file().nextVolume()) {
                throw new VolumeRefusedException(Phrase.of("volume.added-meanwhile"));
            }
            VolumeDirectory.mark(volume.root(), keyring.vault(), volume.number());
            Ownership.closeToOthers(volume.root());
            keyring.write(volume.root().resolve(KeyringFiles.KEYRING));
            directory.save(directory.file().adding(directory.root(), volume.root()));
        }
    }

    /** From now on a volume takes no new containers. */
    public void drain(int number) throws IOException {
        set(number, ApplianceFile.State.DRAINING);
    }

    /** A volume takes new containers again. */
    public void activate(int number) throws IOException {
        set(number, ApplianceFile.State.ACTIVE);
    }

    /** A volume is given up: it is neither read nor written any more. */
    public void lose(int number) throws IOException {
        set(number, ApplianceFile.State.LOST);
    }

    private void set(int number, ApplianceFile.State state) throws IOException {
        synchronized (directory) {
            directory.save(directory.file().with(number, state));
        }
    }

    /** The appliance does not know a lost volume any more. Its directory is left alone. */
    public void forget(int number) throws IOException {
        synchronized (directory) {
            directory.save(directory.file().without(number));
        }
    }

    /** A volume that holds nothing is none of the store any more; {@link #settle} clears its directory. */
    public void retire(int number) throws IOException {
        set(number, ApplianceFile.State.RETIRED);
    }

    /** Clears the directories of retired volumes: their identities and copies of the keyring. May be repeated. */
    public void settle() throws IOException {
        synchronized (directory) {
            for (ApplianceFile.Entry each : directory.file().volumes()) {
                if (each.state() == ApplianceFile.State.RETIRED) {
                    clear(directory.root().resolve(each.path()));
                    directory.save(directory.file().without(each.number()));
                }
            }
        }
    }

    private void clear(Path root) {
        try {
            if (KeyringFiles.isPresent(root, directory.keyring())) {
                Files.deleteIfExists(root.resolve(KeyringFiles.KEYRING));
                VolumeDirectory.unmark(root);
            }
        } catch (IOException e) {
            // It is none of the appliance's volumes whatever is left of it.
            LOG.log(System.Logger.Level.WARNING, "the retired volume " + root + " could not be cleared", e);
        }
    }
}
