package dev.holdfast.server.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.LocalCopies;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.server.Appliance;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.snapshot.IndexRecovery;
import dev.holdfast.vault.oss.OssCredentials;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** An appliance's data directory, and what one does with it. */
record VaultOffice(DataDirectory directory) {
    static final IndexRecovery.Progress SILENT = new IndexRecovery.Progress() {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    };

    interface Work<T> {
        T with(ControlDb control, VaultKeys keys) throws Exception;
    }

    <T> T with(Work<T> work) throws Exception {
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            return work.with(control, keys);
        }
    }

    void backup(int seed) throws Exception {
        with((control, keys) -> {
            try (Store store = new Store(
                    directory.storeConfig(), keys, new LocalDisk(), VaultData.numbersOnly(directory.root()), SILENT)) {
                return StoreFixture.backup(store, 1, List.of(StoreFixture.random(seed, 300_000)));
            }
        });
    }

    VaultSetup.Tried set(String name, VaultSettings settings) throws Exception {
        return set(name, settings, null);
    }

    VaultSetup.Tried set(String name, VaultSettings settings, @Nullable OssCredentials credentials) throws Exception {
        return with((control, keys) -> new VaultSetup(directory.root(), control, keys, LocalCopies.onVolumes(directory))
                .set(name, settings, credentials, false));
    }

    int unset(String name) throws Exception {
        return with(
                (control, keys) -> VaultSetup.unset(directory.root(), control, name, LocalCopies.onVolumes(directory))
                        .orElseThrow());
    }

    /** Runs the appliance until all of its vaults are as wanted. */
    List<VaultState> run(Predicate<VaultState> wanted) throws Exception {
        return run(wanted, control -> {});
    }

    List<VaultState> run(Predicate<VaultState> wanted, Meanwhile meanwhile) throws Exception {
        return with((control, keys) -> {
            try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                    Appliance appliance =
                            new Appliance(directory, credential, new InetSocketAddress("127.0.0.1", 0), SILENT)) {
                assertThat(appliance.port()).isPositive();
                meanwhile.act(control);
                return await(control, wanted);
            }
        });
    }

    /** Waits until all vaults are as wanted. */
    static List<VaultState> await(ControlDb control, Predicate<VaultState> wanted) throws Exception {
        List<VaultState> states = List.of();
        for (int i = 0; i < 1200; i++) {
            states = VaultState.all(control, true);
            if (!states.isEmpty() && states.stream().allMatch(wanted)) {
                break;
            }
            Thread.sleep(50);
        }
        assertThat(states).isNotEmpty().allMatch(wanted);
        return states;
    }

    List<VaultState> states() throws Exception {
        return with((control, keys) -> VaultState.all(control, false));
    }

    List<LocalCopies.Snapshot> snapshots() throws Exception {
        return with((control, keys) ->
                LocalCopies.snapshots(directory, control.vaults().list()));
    }

    List<String> events(String kind) throws Exception {
        return with((control, keys) -> control.events().openTroubles(null, 100).stream()
                .filter(each -> each.kind().equals(kind))
                .map(Events.Event::message)
                .toList());
    }

    interface Meanwhile {
        void act(ControlDb control) throws Exception;
    }

    static boolean everything(VaultState state) {
        return state.counted()
                && state.snapshotsBehind() == 0
                && state.root() > 0
                && state.state().equals("idle");
    }

    static boolean refused(VaultState state) {
        return state.state().equals("refused");
    }
}
