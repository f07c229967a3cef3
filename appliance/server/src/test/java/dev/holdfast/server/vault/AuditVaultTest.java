package dev.holdfast.server.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.control.audit.Anchor;
import dev.holdfast.control.audit.AuditKeeper;
import dev.holdfast.control.audit.AuditReport;
import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.control.data.KeyRotation;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.vault.Credentials;
import dev.holdfast.control.vault.VaultAnchors;
import dev.holdfast.control.vault.VaultData;
import dev.holdfast.control.vault.VaultPolicy;
import dev.holdfast.control.vault.VaultRegistry;
import dev.holdfast.control.vault.VaultSettings;
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
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole appliance with a vault: what roots say of the audit log outlives everything on the appliance. */
class AuditVaultTest {
    @TempDir
    private Path work;

    private static final IndexRecovery.Progress SILENT = new IndexRecovery.Progress() {
        @Override
        public void step(String what, long done, long total) {}

        @Override
        public void warning(String what) {}
    };

    @Test
    void rootsInTheVaultShowThatTheEndWasCut() throws Exception {
        DataDirectory directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        Credential credential = Objects.requireNonNull(directory.unattendedKey());
        try (VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            try (Store store = new Store(
                    directory.storeConfig(), keys, new LocalDisk(), VaultData.numbersOnly(directory.root()), SILENT)) {
                assertThat(StoreFixture.backup(store, 1, List.of(new byte[] {1, 2, 3})))
                        .isNotNull();
            }
            VaultSettings settings = new VaultSettings(
                    Files.createDirectory(work.resolve("bucket")).toString(), null, VaultPolicy.DEFAULT);
            control.vaults().put(VaultRegistry.FIRST, settings.json(), Credentials.seal(keys, null));
            for (int i = 0; i < 40; i++) {
                control.audit().append("ann", "act " + i, "", "allowed");
            }
            try (Appliance appliance =
                    new Appliance(directory, credential, new InetSocketAddress("127.0.0.1", 0), SILENT)) {
                assertThat(appliance.port()).isPositive();
                for (int i = 0;
                        i < 300 && VaultAnchors.known(directory.root(), control).isEmpty();
                        i++) {
                    Thread.sleep(100);
                }
            }
            assertThat(Files.readString(directory.root().resolve("audit/heads")))
                    .contains("HFAUDIT1:");
            List<Anchor> known = VaultAnchors.known(directory.root(), control);
            assertThat(known)
                    .singleElement()
                    .satisfies(each -> assertThat(each.id()).isGreaterThanOrEqualTo(40));
            assertThat(VaultAnchors.read(control, keys).anchors())
                    .extracting(Anchor::id)
                    .contains(known.getFirst().id());
            assertThat(verify(
                                    directory,
                                    control,
                                    VaultAnchors.read(control, keys).anchors())
                            .findings())
                    .isEmpty();

            // Somebody cuts the end and removes every anchor that is on the appliance.
            try (Connection raw = DriverManager.getConnection("jdbc:sqlite:" + directory.controlDb());
                    Statement statement = raw.createStatement()) {
                statement.executeUpdate("DELETE FROM audit WHERE id > 30");
            }
            Files.delete(directory.root().resolve("audit/heads"));
            assertThat(verify(directory, control, List.of()).findings()).isEmpty();
            assertThat(verify(
                                    directory,
                                    control,
                                    VaultAnchors.read(control, keys).anchors())
                            .findings())
                    .first()
                    .satisfies(each -> assertThat(each.message())
                            .contains("the log ends with entry 30")
                            .contains("vault vault, root"));
        }
    }

    @Test
    void rootsFromBeforeARotationAreNotedAndThoseSinceAreCompared() throws Exception {
        DataDirectory directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            VaultSettings settings = new VaultSettings(
                    Files.createDirectory(work.resolve("bucket")).toString(), null, VaultPolicy.DEFAULT);
            control.vaults().put(VaultRegistry.FIRST, settings.json(), Credentials.seal(keys, null));
        }
        long before = upload(directory, 1);
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey())) {
            new KeyRotation(directory, step -> {}).run(credential, new KeyRotation.Ways(null, null));
        }
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            VaultAnchors.InVaults read = VaultAnchors.read(control, keys);
            assertThat(read.anchors()).isEmpty();
            assertThat(read.notes()).singleElement().asString().contains("before the keys were rotated");
        }
        long after = upload(directory, 2);
        assertThat(after).isGreaterThan(before);
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            VaultAnchors.InVaults read = VaultAnchors.read(control, keys);
            assertThat(read.anchors()).extracting(Anchor::id).contains(after);
            assertThat(read.notes()).hasSize(1);
            AuditReport report = verify(directory, control, read.anchors()).noting(read.notes());
            assertThat(report.findings()).isEmpty();
            assertThat(report.notes()).containsAll(read.notes());
        }
    }

    /** Backs something up, runs until a root is published, and returns the entry that it anchors. */
    private static long upload(DataDirectory directory, int content) throws Exception {
        try (Credential credential = Objects.requireNonNull(directory.unattendedKey());
                VaultKeys keys = directory.keyring().unlock(credential);
                ControlDb control = new ControlDb(directory.controlDb())) {
            try (Store store = new Store(
                    directory.storeConfig(), keys, new LocalDisk(), VaultData.numbersOnly(directory.root()), SILENT)) {
                assertThat(StoreFixture.backup(store, 1, List.of(new byte[] {1, 2, (byte) content})))
                        .isNotNull();
            }
            for (int i = 0; i < 10; i++) {
                control.audit().append("ann", "act " + i, "", "allowed");
            }
            List<Anchor> known = VaultAnchors.known(directory.root(), control);
            try (Appliance appliance =
                    new Appliance(directory, credential, new InetSocketAddress("127.0.0.1", 0), SILENT)) {
                assertThat(appliance.port()).isPositive();
                for (int i = 0;
                        i < 300 && VaultAnchors.known(directory.root(), control).equals(known);
                        i++) {
                    Thread.sleep(100);
                }
            }
            List<Anchor> now = VaultAnchors.known(directory.root(), control);
            assertThat(now).isNotEqualTo(known).hasSize(1);
            return now.getFirst().id();
        }
    }

    private static AuditReport verify(DataDirectory directory, ControlDb control, List<Anchor> anchors)
            throws Exception {
        return AuditKeeper.verify(
                control, directory.root(), Authority.loadCertificate(directory.keys()), List.of(), anchors);
    }
}
