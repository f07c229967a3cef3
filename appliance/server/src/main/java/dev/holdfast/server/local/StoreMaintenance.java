package dev.holdfast.server.local;

import dev.holdfast.control.data.CredentialFiles;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.usecase.Refusals;
import dev.holdfast.server.Progress;
import dev.holdfast.server.vault.Vaults;
import dev.holdfast.store.Store;
import dev.holdfast.store.check.Checker;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** Checks and rebuilds the store of an appliance that does not run. */
public final class StoreMaintenance {
    private final DataDirectory directory;
    private final CredentialFiles credentials;
    private final Progress progress;

    public StoreMaintenance(DataDirectory directory, CredentialFiles credentials, Progress progress) {
        this.directory = directory;
        this.credentials = credentials;
        this.progress = progress;
    }

    /**
     * What a check found.
     *
     * @param chunks frames looked at; with {@code readData} each was decrypted, decompressed and rehashed
     */
    public record Report(long containers, long chunks, long snapshots, boolean readData, List<Finding> findings) {}

    /**
     * Damage.
     *
     * @param kind of the damaged file
     * @param hurts what cannot be restored whole, as far as that could be told
     */
    public record Finding(String kind, String file, String what, List<Hurt> hurts) {
        private static Finding of(dev.holdfast.store.check.Finding found, UnaryOperator<String> named) {
            return new Finding(
                    found.kind().name(),
                    named.apply(found.file()),
                    found.what(),
                    found.hurts().stream()
                            .map(each -> new Hurt(each.snapshot(), each.nodeName(), each.text()))
                            .toList());
        }
    }

    public record Hurt(UUID snapshot, String node, String path) {}

    /** Verifies containers, index, snapshots and the control database. */
    public Report check(boolean readData) throws IOException {
        Checker.Report report = alone(keys -> {
            try (Store store = new Store(directory.storeConfig(), keys, directory.disk(), progress.ofStore())) {
                return store.checker().run(readData, progress::step);
            }
        });
        List<Finding> findings = new ArrayList<>(report.findings().stream()
                .map(each -> Finding.of(each, this::real))
                .toList());
        controlFaults()
                .forEach(each -> findings.add(new Finding(
                        dev.holdfast.store.check.Finding.Kind.CONTROL.name(),
                        real(directory.controlDb().toString()),
                        each,
                        List.of())));
        return new Report(report.containers(), report.chunks(), report.snapshots(), report.readData(), findings);
    }

    /** The file that is meant by one in a mirror. */
    private String real(String file) {
        return directory
                .rescued()
                .map(each -> each.named(directory.root(), file))
                .orElse(file);
    }

    private List<String> controlFaults() {
        try (ControlDb control = new ControlDb(directory.controlDb())) {
            return control.integrityFaults();
        } catch (IOException e) {
            return List.of(String.valueOf(e.getMessage()));
        }
    }

    /** A new index. */
    public record Rebuilt(long chunks, long snapshots, long usedBytes) {}

    /** Discards the index and makes it again from containers and manifests. Cut off, it resumes at the next call. */
    public Rebuilt rebuildIndex() throws IOException {
        return alone(keys -> {
            // Only once the keys are open, so that a wrong passphrase costs nothing.
            Store.discardIndex(directory.storeConfig());
            try (ControlDb control = new ControlDb(directory.controlDb());
                    // Evicted containers are read from where they are.
                    Vaults vaults = Vaults.open(directory.root(), control, keys);
                    Store store = new Store(
                            directory.storeConfig(), keys, new LocalDisk(), vaults.archive(), progress.ofStore())) {
                return new Rebuilt(store.chunks(), store.manifests().count(), store.usedBytes());
            }
        });
    }

    private interface Work<T> {
        T run(VaultKeys keys) throws IOException;
    }

    /** With the keys open, and no other process on the data directory. */
    private <T> T alone(Work<T> work) throws IOException {
        try (AutoCloseable _ = Refusals.told(directory::lock);
                VaultKeys keys = Refusals.told(() -> credentials.unlock(directory))) {
            return work.run(keys);
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
