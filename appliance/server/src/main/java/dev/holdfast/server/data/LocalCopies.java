package dev.holdfast.server.data;

import dev.holdfast.cloud.check.VaultRepair;
import dev.holdfast.cloud.vault.Journal;
import dev.holdfast.cloud.vault.ObjectKind;
import dev.holdfast.server.vault.VaultData;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/** Finds an appliance's own copies of what is in its vault, beside a running appliance: by the journal, without the index. */
public final class LocalCopies implements VaultRepair.Locator, AutoCloseable {
    private final DataDirectory directory;
    private final Volumes volumes;
    private final Journal journal;

    public LocalCopies(DataDirectory directory) throws IOException {
        this.directory = directory;
        this.volumes = new Volumes(new LocalDisk(), directory.volumes(), 0);
        this.journal = new Journal(VaultData.journal(directory.root()));
    }

    @Override
    public Optional<Path> find(ObjectKind kind, UUID id) throws IOException {
        if (kind == ObjectKind.MANIFEST) {
            for (Journal.StoredManifest manifest : journal.manifests()) {
                if (manifest.id().equals(id)) {
                    Path file = directory
                            .storeConfig()
                            .manifests()
                            .resolve(String.format("%08x", manifest.node()))
                            .resolve(id + ".hfs");
                    return Files.exists(file) ? Optional.of(file) : Optional.empty();
                }
            }
            return Optional.empty();
        }
        return journal.container(id).flatMap(container -> file(container.number()));
    }

    private Optional<Path> file(int number) {
        for (int volume = 0; volume < volumes.roots().size(); volume++) {
            Path file = volumes.containerPath(volume, number);
            if (Files.exists(file)) {
                return Optional.of(file);
            }
        }
        return Optional.empty();
    }

    /** Whether a container is at hand, sealed. */
    public boolean onVolume(int number) {
        return file(number).isPresent();
    }

    public Journal journal() {
        return journal;
    }

    @Override
    public void close() throws IOException {
        journal.close();
    }
}
