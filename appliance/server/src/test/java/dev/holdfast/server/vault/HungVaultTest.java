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
import dev.holdfast.vault.oss.OssLocation;
import dev.holdfast.vault.oss.OssServer;
import dev.holdfast.vault.oss.StallingRelay;
import dev.holdfast.vault.oss.StallingRelay.Stall;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An appliance whose vault hangs says so, and stops all the same. */
class HungVaultTest {
    /** It is to stop in 20 s; a machine that is busy with other things may take longer. */
    private static final long STOP_SECONDS = 45;

    private static final IndexRecovery.Progress SILENT = new IndexRecovery.Progress() {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    };

    @TempDir
    Path work;

    @Test
    void peerThatStopsReading() throws Exception {
        try (OssServer server = new OssServer(work.resolve("bucket"));
                StallingRelay relay = new StallingRelay(server.endpoint())) {
            OssLocation l = server.location("office");
            VaultSettings settings = new VaultSettings(
                    null,
                    new OssLocation(
                            l.bucket(), l.prefix(), l.region(), relay.endpoint(), l.network(), l.addressing(), null),
                    VaultPolicy.DEFAULT);
            relay.stall(Stall.STOPS_READING, 1000, line -> line.startsWith("PUT"));
            runs(settings, server.admit("LTAItest", ""), state -> state.backlogBytes() > 0);
        }
    }

    @Test
    void directoryWhoseFileSystemHangs() throws Exception {
        Path vault = Files.createDirectory(work.resolve("nas"));
        String root = "r~0000000000000001";
        Files.createDirectories(vault.resolve("r"));
        Files.write(vault.resolve(root.replace('~', '/')), new byte[10]);
        Path metas = Files.createDirectories(vault.resolve(".holdfast/meta"));
        // Whoever opens it waits for somebody who writes: no interrupt ends that.
        Path pipe = metas.resolve(root + ".json");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        try {
            runs(new VaultSettings(vault.toString(), null, VaultPolicy.DEFAULT), null, state -> true);
        } finally {
            Files.write(pipe, new byte[0]);
        }
    }

    private void runs(
            VaultSettings settings, dev.holdfast.vault.oss.OssCredentials credentials, Predicate<VaultState> also)
            throws Exception {
        DataDirectory directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try (Store store = new Store(
                    directory.storeConfig(), keys, new LocalDisk(), VaultData.numbersOnly(directory.root()), SILENT)) {
                assertThat(StoreFixture.backup(store, 1, List.of(StoreFixture.random(1, 900_000))))
                        .isNotNull();
            }
            control.vaults().put(VaultRegistry.FIRST, settings.json(), Credentials.seal(keys, credentials));
            Appliance appliance = new Appliance(directory, credential, new InetSocketAddress("127.0.0.1", 0), SILENT);
            VaultState state;
            do {
                Thread.sleep(100);
                state = VaultState.all(control, true).getFirst();
            } while (!state.progress().contains("nothing moved for "));
            assertThat(state.state()).isEqualTo("uploading");
            assertThat(state.snapshotsBehind()).isEqualTo(1);
            assertThat(state.offsiteRpoSeconds()).isPositive();
            assertThat(state.doneBy()).isNull();
            assertThat(also).accepts(state);
            Future<?> stopped = threads.submit(() -> {
                appliance.close();
                return null;
            });
            stopped.get(STOP_SECONDS, TimeUnit.SECONDS);
        }
    }
}
