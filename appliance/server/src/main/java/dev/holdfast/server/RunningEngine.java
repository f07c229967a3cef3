package dev.holdfast.server;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.NodeNames;
import dev.holdfast.control.instant.InstantService;
import dev.holdfast.control.plan.Dispatcher;
import dev.holdfast.control.plan.FolderQuestions;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.control.usecase.Engine;
import dev.holdfast.control.usecase.KnownSnapshot;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.server.vault.Vaults;
import dev.holdfast.store.Store;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.store.volume.Room;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** The engine of a running appliance: everything is open. */
record RunningEngine(
        DataDirectory directory,
        VaultKeys keys,
        ControlDb control,
        Store store,
        Vaults vaults,
        RetentionService retention,
        Dispatcher dispatcher,
        FolderQuestions folders,
        Optional<InstantService> recoveries)
        implements Engine {
    @Override
    public boolean running() {
        return true;
    }

    @Override
    public HardwareProfile profile() {
        return directory.profile();
    }

    @Override
    public InstantService instant() throws IOException {
        return recoveries.orElseThrow(() -> UseCaseException.unavailable(Phrase.of("instant.read-only")));
    }

    /** The appliance holds the lock of the data directory; its own changes come one after the other. */
    @Override
    public <T> T changing(Refusals.Work<T> change) throws IOException {
        synchronized (directory) {
            return change.run();
        }
    }

    @Override
    public <T> T withoutVault(String name, Refusals.Work<T> change) throws IOException {
        return vaults.without(name, change);
    }

    @Override
    public void volumesChanged() throws IOException {
        store.changeVolumes(directory.volumeList());
    }

    @Override
    public Map<Integer, Phrase> missingVolumes() {
        return store.lookForVolumes();
    }

    @Override
    public List<KnownSnapshot> snapshots() throws IOException {
        return known(store.manifests().list());
    }

    @Override
    public List<KnownSnapshot> snapshots(int node) throws IOException {
        return known(store.manifests().list(node));
    }

    private List<KnownSnapshot> known(List<StoredSnapshot> stored) throws IOException {
        NodeNames names = control.nodes().names();
        return stored.stream().map(each -> KnownSnapshot.of(each, names)).toList();
    }

    @Override
    public Optional<KnownSnapshot> snapshot(UUID id) throws IOException {
        // The index has snapshots by node.
        for (Node each : control.nodes().list()) {
            Optional<StoredSnapshot> found = store.manifests().find(each.id(), id);
            if (found.isPresent()) {
                return Optional.of(KnownSnapshot.of(found.get(), control.nodes().names()));
            }
        }
        return Optional.empty();
    }

    @Override
    public long countSnapshots() throws IOException {
        return store.manifests().count();
    }

    @Override
    public Map<UUID, List<String>> offsite() throws IOException {
        return vaults.offsite();
    }

    @Override
    public Optional<StorageClass> vaultClass(int container) throws IOException {
        return vaults.kept(container);
    }

    @Override
    public long lockClock() {
        return retention.now();
    }

    @Override
    public Room room() {
        return store.room();
    }

    @Override
    public long chunks() throws IOException {
        return store.chunks();
    }

    @Override
    public Set<Integer> connected() {
        return dispatcher.present();
    }
}
