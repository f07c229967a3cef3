package dev.holdfast.server.data;

import dev.holdfast.cloud.oss.OssCredentials;
import dev.holdfast.cloud.recover.VaultRecovery;
import dev.holdfast.cloud.vault.Journal;
import dev.holdfast.server.audit.AuditKeeper;
import dev.holdfast.server.control.ControlDb;
import dev.holdfast.server.pki.Authority;
import dev.holdfast.server.task.Doubts;
import dev.holdfast.server.vault.ControlExport;
import dev.holdfast.server.vault.Credentials;
import dev.holdfast.server.vault.VaultData;
import dev.holdfast.server.vault.VaultPolicy;
import dev.holdfast.server.vault.VaultSettings;
import dev.holdfast.server.vault.Vaults;
import dev.holdfast.store.Store;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.store.volume.Volumes;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes a data directory of a vault. Nodes, authority and snapshots are back when it is done; the index fills when the
 * appliance runs.
 */
public final class RecoveredData {
    private RecoveredData() {}

    /**
     * Does whatever of it is not done yet.
     *
     * @param warnings told what does not come back
     * @param settings how the new appliance shall use the vault; {@code NEVER} leaves the vault to whoever writes to it
     */
    public static Map<String, Object> make(
            Path data,
            VaultRecovery recovery,
            Credential recoveryKey,
            VaultSettings settings,
            @Nullable OssCredentials credentials,
            @Nullable String profile,
            List<Path> volumes,
            IndexRecovery.Progress progress,
            Consumer<String> warnings)
            throws IOException {
        DataDirectory directory = DataDirectory.recover(
                data, recovery.root().keyring(), recoveryKey, ControlExport.read(recovery.control()), profile, volumes);
        Map<String, Object> result = new LinkedHashMap<>();
        try (AutoCloseable lock = directory.lock();
                ControlDb control = new ControlDb(directory.controlDb())) {
            Objects.requireNonNull(lock);
            AtomicFile.createDirectory(data.resolve("vault"));
            try (Journal journal = new Journal(VaultData.journal(data))) {
                if (journal.state("recovering").isEmpty() && journal.root() == null && holdsContainers(directory)) {
                    throw new IOException(
                            data + " has volumes with containers and lost its vault journal: recover into a directory"
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
                Doubts.forget(control);
                control.putVault(Vaults.FIRST, settings.json(), Credentials.seal(recovery.keys(), credentials));
                try (Store store = new Store(
                        directory.storeConfig(),
                        recovery.keys(),
                        new LocalDisk(),
                        VaultData.numbersOnly(data),
                        progress)) {
                    recovery.fillManifests(journal, store.manifests(), progress::step)
                            .forEach(lost -> warnings.accept("snapshot " + lost
                                    + " does not come back: its manifest is not in the vault any more, or damaged"));
                    result.put("snapshots", store.manifests().count());
                }
                new AuditKeeper(
                                control,
                                data,
                                Authority.load(directory.keys(), recovery.keys()),
                                InstantSource.system())
                        .restored();
                control.audit(
                        "administrator",
                        "recover",
                        settings.url(),
                        "root " + recovery.root().sequence());
            }
            result.put("root", recovery.root().sequence());
            result.put("nodes", control.nodes().size());
            result.put("data", data.toString());
            return result;
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private static boolean holdsContainers(DataDirectory directory) throws IOException {
        return !new Volumes(new LocalDisk(), directory.volumes(), 0).list().isEmpty();
    }
}
