package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Vaults as releases wrote them, kept in the tree: every later release recovers from them. The second has each small object
 * twice, the third is made with BLAKE3. Made once by this test where {@code -Dholdfast.golden.vault=DIR} names an empty place.
 */
class GoldenVaultTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");

    @TempDir
    Path directory;

    private static List<byte[]> first() {
        return List.of("hello".getBytes(StandardCharsets.UTF_8), StoreFixture.random(1, 3000), new byte[1000]);
    }

    private static List<byte[]> second() {
        return List.of("changed".getBytes(StandardCharsets.UTF_8), StoreFixture.random(1, 3000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"vault-v1", "vault-v2", "vault-v3"})
    void aVaultOfEachFormatIsRecoveredAndGoesOn(String golden) throws IOException {
        String make = System.getProperty("holdfast.golden.vault");
        if (make != null && !Files.exists(Path.of(make))) {
            make(Path.of(make));
        }
        StoreFixture.copy(GOLDEN.resolve(golden), directory.resolve("vault"));
        try (ObjectStore vault = new FileObjectStore(directory.resolve("vault"))) {
            VaultCheck.Report report = new VaultCheck(vault, (what, done, total) -> {}).run(Office.recoveryKey(), true);
            assertThat(report.findings()).isEmpty();
            assertThat(report.root()).isEqualTo(3);
            VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), 3);
            HashAlgorithm hash = golden.equals("vault-v3") ? HashAlgorithm.BLAKE3 : HashAlgorithm.SHA_256;
            assertThat(recovery.keys().hash()).isEqualTo(hash);
            assertThat(new String(recovery.control(), StandardCharsets.UTF_8)).isEqualTo("control data");
            try (Office office = Office.forRecovery(directory.resolve("new"), vault, recovery)) {
                recovery.takeOver(office.journal);
                recovery.fillManifests(office.journal, office.store.manifests(), (what, done, total) -> {});
                recovery.fillIndex(office.journal, office.store.archiving(), (what, done, total) -> {});
                office.store.recovered(office.progress());
                List<StoredSnapshot> snapshots = office.store.manifests().list();
                // Of three one was forgotten.
                assertThat(snapshots).extracting(StoredSnapshot::node).containsExactly(1, 2);
                VaultContract.assertSame(office.files(snapshots.get(0)), first());
                VaultContract.assertSame(office.files(snapshots.get(1)), second());
                StoreFixture.backup(office.store, 1, second());
                office.upload();
                assertThat(office.warnings).isEmpty();
            }
            Root.Read newest = Roots.newest(vault).orElseThrow();
            assertThat(newest.root().twice()).isTrue();
            assertThat(newest.root().keyring().hashAlgorithm()).isEqualTo(hash);
            assertThat(new VaultCheck(vault, (what, done, total) -> {})
                            .run(Office.recoveryKey(), true)
                            .findings())
                    .isEmpty();
        }
    }

    private void make(Path golden) throws IOException {
        Files.createDirectories(golden.toAbsolutePath().getParent());
        try (ObjectStore vault = new FileObjectStore(golden);
                Office office = Office.open(directory.resolve("office"), vault)) {
            StoreFixture.backup(office.store, 1, first());
            StoredSnapshot forgotten = StoreFixture.backup(office.store, 1, second());
            office.upload();
            StoreFixture.backup(office.store, 2, second());
            office.upload();
            office.setControl("control data");
            office.forget(forgotten);
            office.upload();
        }
    }
}
