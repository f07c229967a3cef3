package dev.holdfast.server;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.data.LockMemory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Node;
import dev.holdfast.control.instant.InstantService;
import dev.holdfast.control.plan.FolderQuestions;
import dev.holdfast.control.policy.LockClock;
import dev.holdfast.control.policy.RetentionService;
import dev.holdfast.control.usecase.Engine;
import dev.holdfast.control.usecase.KnownSnapshot;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.control.usecase.UseCaseException;
import dev.holdfast.profile.HardwareProfile;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.server.vault.Vaults;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.volume.Room;
import dev.holdfast.store.volume.Volumes;
import dev.holdfast.vault.object.StorageClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The engine of an appliance that stands still. What is on disk and in the control database tells most; the store is opened,
 * under the lock of the data directory, when something needs it. Used by one thread, which closes it.
 */
final class StoppedEngine implements Engine, AutoCloseable {
    private final DataDirectory directory;
    private final ControlDb control;
    private final KeySource keys;
    private final IndexRecovery.Progress progress;
    private final Closing closing = new Closing();
    private @Nullable VaultKeys opened;
    private @Nullable Store store;
    private @Nullable LockClock clock;
    private boolean held;

    /** Opens the keys, which may need a passphrase. */
    interface KeySource {
        VaultKeys open() throws IOException;
    }

    StoppedEngine(DataDirectory directory, ControlDb control, KeySource keys, IndexRecovery.Progress progress) {
        this.directory = directory;
        this.control = control;
        this.keys = keys;
        this.progress = progress;
    }

    @Override
    public boolean running() {
        return false;
    }

    @Override
    public DataDirectory directory() {
        return directory;
    }

    /** Opened once: a passphrase is slow to try. */
    @Override
    public VaultKeys keys() throws IOException {
        VaultKeys known = opened;
        if (known == null) {
            known = closing.add(keys.open());
            opened = known;
        }
        return known;
    }

    @Override
    public HardwareProfile profile() {
        return directory.profile();
    }

    @Override
    public <T> T changing(Refusals.Work<T> change) throws IOException {
        hold();
        return change.run();
    }

    /** Beside an appliance that runs, this is refused: that one would go on with the vault. */
    @Override
    public <T> T withoutVault(String name, Refusals.Work<T> change) throws IOException {
        return changing(change);
    }

    /** Holds the data directory until this is closed. */
    private void hold() throws IOException {
        if (!held) {
            closing.add(Refusals.told(directory::lock));
            held = true;
        }
    }

    @Override
    public void volumesChanged() throws IOException {
        if (store != null) {
            store.changeVolumes(directory.volumeList());
        }
    }

    @Override
    public Map<Integer, Phrase> missingVolumes() throws IOException {
        return new Volumes(new LocalDisk(), directory.volumeList(), 0)
                .look(directory.keyring().vault());
    }

    @Override
    public List<KnownSnapshot> snapshots() throws IOException {
        List<KnownSnapshot> known = new ArrayList<>();
        for (LocalCopies.Snapshot each :
                LocalCopies.snapshots(directory, control.vaults().list())) {
            String name = control.nodes().find(each.node()).map(Node::name).orElse("node " + each.node());
            known.add(new KnownSnapshot(each.id(), each.node(), name, each.taken(), null));
        }
        return known;
    }

    @Override
    public List<KnownSnapshot> snapshots(int node) throws IOException {
        return snapshots().stream().filter(each -> each.node() == node).toList();
    }

    @Override
    public Optional<KnownSnapshot> snapshot(UUID id) throws IOException {
        return snapshots().stream().filter(each -> each.id().equals(id)).findFirst();
    }

    @Override
    public long countSnapshots() throws IOException {
        return snapshots().size();
    }

    @Override
    public Map<UUID, List<String>> offsite() throws IOException {
        return LocalCopies.offsite(directory, control.vaults().list());
    }

    @Override
    public Optional<StorageClass> vaultClass(int container) {
        return Optional.empty();
    }

    @Override
    public long lockClock() throws IOException {
        LockClock known = clock;
        if (known == null) {
            known = new LockClock(System::currentTimeMillis, System::nanoTime, new LockMemory(control));
            clock = known;
        }
        return known.now();
    }

    /** As the appliance told it last. */
    @Override
    public Room room() throws IOException {
        return directory.room(told("usedBytes"));
    }

    @Override
    public long chunks() throws IOException {
        return told("chunks");
    }

    private long told(String name) throws IOException {
        return Long.parseLong(control.status().all().getOrDefault(name, "0"));
    }

    @Override
    public Set<Integer> connected() {
        return Set.of();
    }

    @Override
    public Store store() throws IOException {
        Store open = store;
        if (open == null) {
            hold();
            Vaults vaults = closing.add(Vaults.open(directory.root(), control, keys()));
            open = closing.add(
                    new Store(directory.storeConfig(), keys(), directory.disk(), vaults.archive(), progress));
            store = open;
        }
        return open;
    }

    @Override
    public FolderQuestions folders() throws IOException {
        throw notRunning();
    }

    @Override
    public InstantService instant() throws IOException {
        throw notRunning();
    }

    @Override
    public RetentionService retention() throws IOException {
        throw notRunning();
    }

    private UseCaseException notRunning() {
        return UseCaseException.notRunning(
                "the appliance is not running; start it with: " + TypedCommand.appliance(directory.root(), "run"));
    }

    @Override
    public void close() {
        closing.close();
    }
}
