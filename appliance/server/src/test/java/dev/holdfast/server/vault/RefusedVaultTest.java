package dev.holdfast.server.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.vault.Credentials;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A vault that refuses an appliance: the status tells what waits, and that nobody can say until when. */
class RefusedVaultTest {
    private static final IndexRecovery.Progress SILENT = new IndexRecovery.Progress() {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    };

    @TempDir
    Path work;

    @Test
    void aRefusedVaultShowsItsBacklogAndNoForecast() throws Exception {
        Path vault = Files.createDirectory(work.resolve("nas"));
        run("one", vault, state -> state.root() > 0 && state.state().equals("idle"));
        VaultState refused = run("two", vault, state -> state.state().equals("refused") && state.backlogBytes() > 0);
        assertThat(refused.error()).contains("Give it a bucket or a prefix of its own");
        assertThat(refused.snapshotsBehind()).isEqualTo(1);
        assertThat(refused.backlogBytes()).isGreaterThan(900_000);
        assertThat(refused.doneBy()).isNull();
        assertThat(refused.offsiteRpoSeconds()).isNotNegative();
    }

    private VaultState run(String name, Path vault, Predicate<VaultState> until) throws Exception {
        DataDirectory directory =
                DataDirectory.init(work.resolve(name), "dev", List.of(), null).directory();
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            try (Store store = new Store(
                    directory.storeConfig(), keys, new LocalDisk(), VaultData.numbersOnly(directory.root()), SILENT)) {
                assertThat(StoreFixture.backup(store, 1, List.of(StoreFixture.random(1, 900_000))))
                        .isNotNull();
            }
            VaultSettings settings = new VaultSettings(vault.toString(), null, VaultPolicy.DEFAULT);
            control.vaults().put(VaultRegistry.FIRST, settings.json(), Credentials.seal(keys, null));
            Appliance appliance = new Appliance(directory, credential, new InetSocketAddress("127.0.0.1", 0), SILENT);
            try {
                VaultState state;
                do {
                    Thread.sleep(100);
                    state = VaultState.all(control, true).getFirst();
                } while (!until.test(state));
                return state;
            } finally {
                appliance.close();
            }
        }
    }
}
