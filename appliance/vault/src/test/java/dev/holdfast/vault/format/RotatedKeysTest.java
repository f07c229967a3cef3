package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.Keyring;
import dev.holdfast.store.envelope.VaultKeys;
import dev.holdfast.store.envelope.WrongCredentialException;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.object.Body;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.PutOptions;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A vault whose appliance rotated its keys, and an attacker who has the old recovery key, an old keyring and the bucket. */
class RotatedKeysTest {
    @TempDir
    private Path directory;

    private ObjectStore vault;
    private Path data;
    private final List<byte[]> before = VaultContract.files(1, 10, 60_000);
    private final List<byte[]> after = VaultContract.files(2, 10, 60_000);
    private StoredSnapshot first;
    private StoredSnapshot second;
    private long firstRoot;
    private Keyring saved;
    private Credential fresh;

    @BeforeEach
    void rotate() throws IOException {
        vault = new FileObjectStore(directory.resolve("bucket"));
        data = directory.resolve("office");
        try (Office office = Office.open(data, vault)) {
            first = StoreFixture.backup(office.store, 1, before);
            office.upload();
            firstRoot = Roots.newest(vault).orElseThrow().root().sequence();
            saved = office.keyring;
        }
        byte[] secret = Keyring.random(32);
        fresh = new Credential(Credential.Kind.RECOVERY_KEY, secret);
        saved.rotated(Office.recoveryKey(), List.of(fresh)).write(data.resolve("keyring.json"));
        try (Office office = Office.open(data, vault, fresh)) {
            second = StoreFixture.backup(office.store, 1, after);
            VaultContract.assertSame(office.files(first), before);
            // Signed with the new key, behind one that was signed with the old.
            assertThat(office.upload().snapshots()).isEqualTo(1);
            assertThat(office.warnings).isEmpty();
        }
    }

    @AfterEach
    void close() throws Exception {
        vault.close();
    }

    private Office recover(String name, Credential credential) throws IOException {
        VaultRecovery recovery = VaultRecovery.open(vault, credential, 0);
        Office office = Office.forRecovery(directory.resolve(name), vault, recovery);
        recovery.takeOver(office.journal);
        recovery.fillManifests(office.journal, office.store.manifests(), (what, done, total) -> {});
        recovery.fillIndex(office.journal, office.store.archiving(), (what, done, total) -> {});
        office.store.recovered(office.progress());
        return office;
    }

    @Test
    void theNewRecoveryKeyBringsEverythingBackAndTheOldOneIsRefused() throws IOException {
        assertThatThrownBy(() -> VaultRecovery.open(vault, Office.recoveryKey(), 0))
                .isInstanceOf(WrongCredentialException.class)
                .hasMessageContaining("its keys were rotated");
        try (Office recovered = recover("new", fresh)) {
            VaultContract.assertSame(recovered.files(first), before);
            VaultContract.assertSame(recovered.files(second), after);
            StoredSnapshot third = StoreFixture.backup(recovered.store, 1, after);
            recovered.upload();
            VaultContract.assertSame(recovered.files(third), after);
        }
    }

    @Test
    void anOldKeyringOpensNothingThatCameAfterwards() throws IOException {
        try (VaultKeys old = saved.unlock(Office.recoveryKey());
                VaultKeys keys = Keyring.read(data.resolve("keyring.json")).unlock(fresh)) {
            int sealedAfterwards = 0;
            for (String prefix : List.of("c/", "m/", "i/", "s/", "x/")) {
                for (var each : vault.list(prefix, "", 1000).objects()) {
                    if (each.key().endsWith(".inv")) {
                        continue;
                    }
                    ObjectKind kind = kind(prefix);
                    UUID id = UUID.fromString(each.key().substring(each.key().lastIndexOf('/') + 1));
                    SealedReader opened = SealedReader.open(vault, keys, kind, id);
                    assertThat(opened.read(0, 1)).hasSize(1);
                    try {
                        SealedReader.open(vault, old, kind, id).read(0, 1);
                    } catch (IOException e) {
                        assertThat(e).hasMessageContaining("newer keyring");
                        sealedAfterwards++;
                    }
                }
            }
            // At least a container, a manifest, a segment, a catalogue.
            assertThat(sealedAfterwards).isGreaterThanOrEqualTo(4);
        }
    }

    private static ObjectKind kind(String prefix) {
        return switch (prefix) {
            case "c/" -> ObjectKind.CONTAINER;
            case "m/" -> ObjectKind.MANIFEST;
            case "i/" -> ObjectKind.SEGMENT;
            case "s/" -> ObjectKind.CATALOGUE;
            default -> ObjectKind.CONTROL;
        };
    }

    /** Documented: what was published before stays readable, as long as its root is there. */
    @Test
    void rootsFromBeforeOpenWithTheOldKey() throws IOException {
        for (long at = firstRoot + 1; at <= newest(); at++) {
            vault.delete(Root.keys(at));
        }
        assertThatThrownBy(() -> VaultRecovery.open(vault, Office.recoveryKey(), firstRoot + 1))
                .hasMessageContaining("set back");
        try (Office recovered = recover("old", Office.recoveryKey())) {
            VaultContract.assertSame(recovered.files(first), before);
            assertThat(recovered.store.manifests().list()).hasSize(1);
        }
    }

    private long newest() throws IOException {
        return Roots.newest(vault).orElseThrow().root().sequence();
    }

    @Test
    void rootsForgedWithTheOldKeysAreRefused() throws IOException {
        Root.Read last = Roots.newest(vault).orElseThrow();
        Root forged = last.root()
                .next(
                        last.root().sequence() + 1,
                        last.hash(),
                        last.root().writer(),
                        last.root().epoch(),
                        1);
        try (VaultKeys old = saved.unlock(Office.recoveryKey())) {
            byte[] bytes = forged.encode(old);
            vault.put(Root.key(forged.sequence()), Body.of(bytes), PutOptions.NEW);
        }
        assertThatThrownBy(() -> VaultRecovery.open(vault, fresh, 0)).hasMessageContaining("signed with another key");
        try (Office office = Office.open(data, vault, fresh)) {
            StoreFixture.backup(office.store, 1, VaultContract.files(3, 2, 60_000));
            assertThatThrownBy(office::upload).hasMessageContaining("signed with another key");
        }
    }
}
