package dev.holdfast.server.vault;

import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.task.SuspectContainers;
import dev.holdfast.control.vault.ControlExport;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.volume.Volumes;
import dev.holdfast.vault.format.ListedSnapshot;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes a data directory of a vault. Nodes, authority and snapshots are back when it is done; the index fills when the
 * appliance runs.
 */
public final class RecoveredData {
    /** So many of the newest snapshots are complete at once; the manifests of others come while the appliance runs. */
    private static final int MANIFESTS_AT_ONCE = 16;

    private RecoveredData() {}

    /**
     * Where the new appliance goes.
     *
     * @param profile null for that of the lost appliance
     * @param volumes empty for one inside the data directory
     */
    public record Place(Path data, @Nullable String profile, List<Path> volumes) {}

    /**
     * What was made.
     *
     * @param vaults what became of other vaults that the lost appliance had, in words
     * @param manifestsToCome snapshots whose manifests come while the appliance runs
     */
    public record Recovered(List<String> vaults, long snapshots, int manifestsToCome, long root, int nodes) {}

    /**
     * Does whatever of it is not done yet.
     *
     * @param warnings told what does not come back
     * @param only the one snapshot that is wanted, null for all
     * @param settings how the new appliance shall use the vault; {@code NEVER} leaves the vault to whoever writes to it
     */
    public static Recovered make(
            Place place,
            VaultRecovery recovery,
            @Nullable ListedSnapshot only,
            Credential recoveryKey,
            VaultSettings settings,
            @Nullable OssCredentials credentials,
            IndexRecovery.Progress progress,
            Consumer<String> warnings)
            throws IOException {
        Path data = place.data;
        DataDirectory directory = DataDirectory.recover(
                data,
                recovery.root().keyring(),
                recoveryKey,
                ControlExport.read(recovery.control()),
                place.profile,
                place.volumes);
        try (AutoCloseable lock = directory.lock();
                ControlDb control = new ControlDb(directory.controlDb())) {
            Objects.requireNonNull(lock);
            AtomicFile.createDirectory(data.resolve("vault"));
            try (Journal journal = new Journal(VaultData.journal(data))) {
                begin(journal, directory, recovery, settings);
                SuspectContainers.forget(control);
                List<String> vaults = RecoveredVaults.set(data, control, recovery.keys(), settings, credentials);
                Listed listed = list(directory, recovery, only, journal, progress, warnings);
                new AuditKeeper(
                                control,
                                data,
                                Authority.load(directory.keys(), recovery.keys()),
                                InstantSource.system())
                        .restored();
                control.audit()
                        .append(
                                "administrator",
                                "recover",
                                settings.url(),
                                "root " + recovery.root().sequence());
                return new Recovered(
                        vaults,
                        listed.snapshots,
                        listed.manifestsToCome,
                        recovery.root().sequence(),
                        control.nodes().list().size());
            }
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    /** Notes in the journal that a recovery is under way, and takes the vault over where it is to be written to. */
    private static void begin(Journal journal, DataDirectory directory, VaultRecovery recovery, VaultSettings settings)
            throws IOException {
        if (journal.state("recovering").isEmpty() && journal.root() == null && holdsContainers(directory)) {
            throw new IOException(directory.root()
                    + " has volumes with containers and lost its vault journal: recover into a directory"
                    + " of its own, with empty volumes");
        }
        journal.setState("url", settings.url());
        if (journal.state("recovering").isEmpty()) {
            journal.setState("recovering", Instant.now().toString());
        }
        if (settings.policy().when() == VaultPolicy.When.NEVER) {
            recovery.onlyRead(journal);
        } else {
            recovery.takeOver(journal);
        }
    }

    private record Listed(long snapshots, int manifestsToCome) {}

    private static Listed list(
            DataDirectory directory,
            VaultRecovery recovery,
            @Nullable ListedSnapshot only,
            Journal journal,
            IndexRecovery.Progress progress,
            Consumer<String> warnings)
            throws IOException {
        try (Store store = new Store(
                directory.storeConfig(),
                recovery.keys(),
                new LocalDisk(),
                VaultData.numbersOnly(directory.root()),
                progress)) {
            store.recovering();
            snapshots(recovery, only, journal, store, progress)
                    .forEach(lost -> warnings.accept(PendingRecovery.lost(lost)));
            return new Listed(
                    store.manifests().count(), store.manifests().absent().size());
        }
    }

    /** Returns those that do not come back. */
    private static List<UUID> snapshots(
            VaultRecovery recovery,
            @Nullable ListedSnapshot only,
            Journal journal,
            Store store,
            IndexRecovery.Progress progress)
            throws IOException {
        List<UUID> lost = new ArrayList<>();
        if (only == null) {
            journal.clearState(PendingRecovery.ONLY);
            lost.addAll(recovery.list(recovery.snapshots().values(), journal, store.manifests()));
        } else {
            journal.setState(PendingRecovery.ONLY, only.snapshot().id().toString());
            recovery.list(only, journal, store.manifests());
        }
        lost.addAll(recovery.bring(journal, store.manifests(), MANIFESTS_AT_ONCE, progress::step));
        return lost;
    }

    private static boolean holdsContainers(DataDirectory directory) throws IOException {
        return !new Volumes(new LocalDisk(), directory.volumeList(), 0)
                .containers()
                .isEmpty();
    }
}
