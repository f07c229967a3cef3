package dev.holdfast.server.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.vault.Credentials;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
import dev.holdfast.control.vault.VaultSetup;
import dev.holdfast.control.vault.VaultState;
import dev.holdfast.store.Store;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.oss.OssCredentials;
import dev.holdfast.vault.oss.OssServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vaults that another process configures while the appliance runs. */
class LiveVaultsTest {
    @TempDir
    Path work;

    private VaultOffice office;

    @BeforeEach
    void open() throws Exception {
        office = new VaultOffice(
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory());
        office.backup(1);
    }

    private VaultSettings at(String place) {
        return new VaultSettings(work.resolve(place).toString(), null, VaultPolicy.DEFAULT);
    }

    /** Objects of containers, with when they were written. */
    private Map<String, Long> containers(String place) throws IOException {
        Map<String, Long> found = new TreeMap<>();
        Path objects = work.resolve(place).resolve("c");
        try (Stream<Path> files = Files.walk(objects)) {
            for (Path each : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                found.put(
                        objects.relativize(each).toString(),
                        Files.getLastModifiedTime(each).toMillis());
            }
        }
        return found;
    }

    private static boolean refused(VaultState state) {
        return VaultOffice.refused(state);
    }

    @Test
    void theFirstVaultAndACopyAreServedOnceTheyAreSet() throws Exception {
        office.run(VaultOffice::everything, control -> {
            assertThat(office.set(VaultRegistry.FIRST, at("a")).place()).isEqualTo(VaultSetup.Place.EMPTY);
            assertThat(VaultOffice.await(control, VaultOffice::everything)).hasSize(1);
            assertThat(office.set("dr", at("b")).place()).isEqualTo(VaultSetup.Place.EMPTY);
            assertThat(VaultOffice.await(control, VaultOffice::everything)).hasSize(2);
        });
        Map<String, Long> first = containers("a");
        Map<String, Long> copy = containers("b");
        assertThat(copy.keySet()).isNotEmpty().isEqualTo(first.keySet());
        assertThat(office.snapshots())
                .singleElement()
                .satisfies(each -> assertThat(each.vaults()).containsExactlyInAnyOrder(VaultRegistry.FIRST, "dr"));
        // After a start all is as it was, and only what is new goes there.
        office.backup(2);
        office.run(state ->
                VaultOffice.everything(state) && state.nodes().getFirst().offsite() == 2);
        assertThat(containers("a")).containsAllEntriesOf(first).hasSizeGreaterThan(first.size());
        assertThat(containers("b")).containsAllEntriesOf(copy).hasSameSizeAs(containers("a"));
    }

    /** What was evicted to a vault that was set meanwhile is read from it. */
    @Test
    void whatIsEvictedToANewVaultIsThereAfterAStart() throws Exception {
        office.run(VaultOffice::everything, control -> {
            office.set(VaultRegistry.FIRST, at("a"));
            VaultOffice.await(control, VaultOffice::everything);
            control.vaults().requestEviction(VaultRegistry.FIRST, Long.MAX_VALUE);
            for (int i = 0; i < 1200 && !control.status().all().containsKey("vault.evicted"); i++) {
                Thread.sleep(50);
            }
            assertThat(Long.parseLong(control.status().all().get("vault.evicted")))
                    .isPositive();
        });
        int alone = office.unset(VaultRegistry.FIRST);
        assertThat(alone).isPositive();
        // The index is made anew without the vault: what lies there alone is entered at a start with it, and no sooner.
        Store.discardIndex(office.directory().storeConfig());
        List<VaultState> late =
                office.run(LiveVaultsTest::refused, control -> office.set(VaultRegistry.FIRST, at("a")));
        assertThat(late)
                .singleElement()
                .satisfies(state -> assertThat(state.error()).contains("restart the appliance"));
        assertThat(office.events("vault-refused")).hasSize(1);
        office.run(VaultOffice::everything);
        assertThat(office.events("vault-refused")).isEmpty();
        assertThat(office.unset(VaultRegistry.FIRST)).isEqualTo(alone);
    }

    @Test
    void aVaultThatWasSetAndNeverOpenedIsServedByTheNextStart() throws Exception {
        office.run(VaultOffice::everything, control -> {
            office.set(VaultRegistry.FIRST, at("a"));
            VaultOffice.await(control, VaultOffice::everything);
        });
        // It ends before or while it opens the second.
        office.run(state -> true, control -> office.set("dr", at("b")));
        assertThat(office.run(VaultOffice::everything)).hasSize(2);
        assertThat(containers("b").keySet()).isEqualTo(containers("a").keySet());
        assertThat(office.events("vault-refused")).isEmpty();
    }

    @Test
    void aRefusedVaultIsTakenOverOnceItIsSetAgain() throws Exception {
        office.set(VaultRegistry.FIRST, at("a"));
        office.run(VaultOffice::everything);
        Map<String, Long> before = containers("a");
        // The journal is lost: for this appliance, another one with its keys wrote what is there.
        Files.delete(VaultData.journal(office.directory().root()));
        office.run(VaultOffice::everything, control -> {
            VaultState state =
                    VaultOffice.await(control, LiveVaultsTest::refused).getFirst();
            assertThat(state.error()).contains("set it again", "takes it over");
            assertThat(office.set(VaultRegistry.FIRST, at("a")).place()).isEqualTo(VaultSetup.Place.LEFT);
        });
        assertThat(containers("a")).isEqualTo(before);
        assertThat(office.events("vault-refused")).isEmpty();
    }

    @Test
    void aVaultThatWasRefusedForItsCredentialsWorksOnceItHasOthers() throws Exception {
        try (OssServer server = new OssServer(work.resolve("bucket"))) {
            OssCredentials.Keys right = server.admit("right-key", "");
            VaultSettings bucket = new VaultSettings(null, server.location("office"), VaultPolicy.DEFAULT);
            // As a recovery leaves it.
            put(bucket, null);
            office.run(VaultOffice::everything, control -> {
                VaultState state =
                        VaultOffice.await(control, LiveVaultsTest::refused).getFirst();
                assertThat(state.error()).contains("has no credentials here").doesNotContain("restart");
                assertThat(office.events("vault-refused")).hasSize(1);
                office.set(VaultRegistry.FIRST, bucket, right);
                VaultOffice.await(control, VaultOffice::everything);
                assertThat(office.events("vault-refused")).isEmpty();
            });
            assertThat(server.keys()).isNotEmpty();
        }
    }

    @Test
    void otherCredentialsAreUsedAtOnceAndWhatFailedIsTriedAgain() throws Exception {
        try (OssServer server = new OssServer(work.resolve("bucket"))) {
            OssCredentials.Keys first = server.admit("first-key", "");
            OssCredentials.Keys second = server.admit("second-key", "");
            VaultPolicy manually = VaultPolicy.DEFAULT.uploading(VaultPolicy.When.MANUALLY);
            VaultSettings bucket = new VaultSettings(null, server.location("office"), manually);
            office.set(VaultRegistry.FIRST, bucket, first);
            office.run(VaultOffice::everything, control -> {
                server.revoke("first-key");
                control.vaults().requestUpload(VaultRegistry.FIRST);
                VaultOffice.await(control, state -> state.state().equals("waiting to try again"));
                assertThat(office.events("upload-failed")).hasSize(1);
                office.set(VaultRegistry.FIRST, bucket, second);
                VaultOffice.await(
                        control,
                        state -> state.state().equals("idle") && state.error().isEmpty());
                control.vaults().requestUpload(VaultRegistry.FIRST);
                VaultOffice.await(control, VaultOffice::everything);
                assertThat(office.events("upload-failed")).isEmpty();
            });
        }
    }

    @Test
    void theClassOfNewContainersCountsAtOnce() throws Exception {
        VaultPolicy cold = new VaultPolicy(
                VaultPolicy.When.IMMEDIATELY,
                List.of(),
                List.of(),
                0,
                List.of(),
                null,
                StorageClass.INFREQUENT,
                List.of(),
                1,
                100);
        VaultPolicy manually = VaultPolicy.DEFAULT.uploading(VaultPolicy.When.MANUALLY);
        try (OssServer server = new OssServer(work.resolve("bucket"))) {
            OssCredentials.Keys key = server.admit("key", "");
            office.set(VaultRegistry.FIRST, new VaultSettings(null, server.location("office"), manually), key);
            office.run(state -> VaultOffice.everything(state) && state.classes().containsKey("IA"), control -> {
                VaultOffice.await(control, state -> state.counted() && state.snapshotsBehind() == 1);
                put(new VaultSettings(null, server.location("office"), cold), key);
            });
        }
    }

    private void put(VaultSettings settings, OssCredentials credentials) throws Exception {
        office.with((control, keys) -> {
            control.vaults().put(VaultRegistry.FIRST, settings.json(), Credentials.seal(keys, credentials));
            return control;
        });
    }
}
