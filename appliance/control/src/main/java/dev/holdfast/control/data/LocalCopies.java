package dev.holdfast.control.data;

import dev.holdfast.control.db.VaultRow;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.snapshot.ManifestFiles;
import dev.holdfast.store.volume.Volumes;
import dev.holdfast.vault.check.VaultRepair;
import dev.holdfast.vault.format.ObjectKind;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.IntPredicate;

/** Finds an appliance's own copies of what is in its vault, beside a running appliance: by the journal, without the index. */
public final class LocalCopies implements VaultRepair.Locator, AutoCloseable {
    private final DataDirectory directory;
    private final Volumes volumes;
    private final Journal journal;

    public LocalCopies(DataDirectory directory) throws IOException {
        this.directory = directory;
        this.volumes = new Volumes(new LocalDisk(), directory.volumeList(), 0);
        this.journal = new Journal(VaultData.journal(directory.root()));
    }

    @Override
    public Optional<Path> find(ObjectKind kind, UUID id) throws IOException {
        if (kind == ObjectKind.MANIFEST) {
            for (StoredManifest manifest : journal.snapshots().all()) {
                if (manifest.id().equals(id)) {
                    Path file = new ManifestFiles(directory.storeConfig().manifests()).path(manifest.node(), id);
                    return Files.exists(file) ? Optional.of(file) : Optional.empty();
                }
            }
            return Optional.empty();
        }
        return journal.containers().find(id).flatMap(container -> file(container.number()));
    }

    /**
     * A snapshot whose manifest is here.
     *
     * @param taken ms since 1970; when its file was written, for one that is in no vault
     * @param vaults the names of those it is in
     */
    public record Snapshot(UUID id, int node, long taken, List<String> vaults) {}

    /** The vaults that have a snapshot, by name; read from the appliance's journals. */
    public static Map<UUID, List<String>> offsite(DataDirectory directory, List<VaultRow> vaults) throws IOException {
        Map<UUID, List<String>> offsite = new HashMap<>();
        read(directory, vaults, (name, journal) -> addPublished(offsite, name, journal));
        return offsite;
    }

    /** Adds the name of a vault to all snapshots that are in it. */
    public static void addPublished(Map<UUID, List<String>> offsite, String vault, Journal journal) throws IOException {
        for (StoredManifest each : journal.snapshots().all()) {
            if (each.published()) {
                offsite.computeIfAbsent(each.id(), id -> new ArrayList<>()).add(vault);
            }
        }
    }

    private interface Reader {
        void read(String vault, Journal journal) throws IOException;
    }

    private static void read(DataDirectory directory, List<VaultRow> vaults, Reader reader) throws IOException {
        for (VaultRow vault : vaults) {
            Optional<Path> file = VaultData.journal(directory.root(), vault);
            if (file.isPresent()) {
                try (Journal journal = new Journal(file.get())) {
                    reader.read(vault.name(), journal);
                }
            }
        }
    }

    /** All snapshots of an appliance, oldest first. */
    public static List<Snapshot> snapshots(DataDirectory directory, List<VaultRow> vaults) throws IOException {
        Map<UUID, List<String>> offsite = new HashMap<>();
        Map<UUID, Long> taken = new HashMap<>();
        read(directory, vaults, (name, journal) -> {
            addPublished(offsite, name, journal);
            for (StoredManifest each : journal.snapshots().all()) {
                taken.put(each.id(), each.committed());
            }
        });
        List<Snapshot> found = new ArrayList<>();
        for (ManifestFiles.Name name : new ManifestFiles(directory.storeConfig().manifests()).names()) {
            Long known = taken.get(name.id());
            found.add(new Snapshot(
                    name.id(),
                    name.node(),
                    known == null ? Files.getLastModifiedTime(name.file()).toMillis() : known,
                    offsite.getOrDefault(name.id(), List.of())));
        }
        found.sort(Comparator.comparingLong(Snapshot::taken));
        return found;
    }

    private Optional<Path> file(int number) {
        volumes.change(directory.volumeList());
        return volumes.sealed(number);
    }

    /** Tells of containers, by their numbers, whether they are on a volume of this appliance. */
    public static IntPredicate onVolumes(DataDirectory directory) {
        Volumes all = new Volumes(new LocalDisk(), directory.volumeList(), 0);
        return number -> all.sealed(number).isPresent();
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
