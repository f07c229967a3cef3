package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.recover.Adoption;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.upload.Selection;
import dev.holdfast.vault.upload.VaultRefusedException;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An appliance that was recovered takes over the copy that the lost one kept. */
class AdoptionTest {
    @TempDir
    private Path directory;

    private ObjectStore first;
    private ObjectStore second;
    private Office office;

    @BeforeEach
    void open() throws Exception {
        first = new FileObjectStore(directory.resolve("first"));
        second = new FileObjectStore(directory.resolve("second"));
        office = Office.open(directory.resolve("office"), first);
    }

    @AfterEach
    void close() throws Exception {
        office.close();
        first.close();
        second.close();
    }

    private VaultWriter.Summary upload(Office by, ObjectStore to, Journal journal) throws IOException {
        try (VaultWriter writer = by.writer(to, journal)) {
            return writer.run(Selection.ALL, by.writing());
        }
    }

    private Office recovered(String name) throws IOException {
        VaultRecovery recovery = VaultRecovery.open(first, Office.recoveryKey(), 0);
        Office recovered = Office.forRecovery(directory.resolve(name), first, recovery);
        recovery.takeOver(recovered.journal);
        recovery.fillManifests(recovered.journal, recovered.store.manifests(), (what, done, total) -> {});
        recovery.fillIndex(recovered.journal, recovered.store.archiving(), (what, done, total) -> {});
        recovered.store.recovered(recovered.progress());
        return recovered;
    }

    private Adoption.Result adopt(Office by, Journal journal) throws IOException {
        Set<UUID> here =
                by.store.manifests().list().stream().map(StoredSnapshot::id).collect(Collectors.toSet());
        return new Adoption(second, by.keys, journal, by.warnings::add)
                .run(by.store.archiving(), List.of(by.journal), here);
    }

    private Set<String> objects(ObjectKind kind) throws IOException {
        Set<String> keys = new HashSet<>();
        second.each(kind.prefix(), "", each -> keys.add(each.key()));
        return keys;
    }

    private static List<byte[]> files(long seed) {
        return VaultContract.files(seed, 10, 60_000);
    }

    @Test
    void whatTheCopyHoldsIsNotUploadedAgain() throws IOException {
        StoredSnapshot old = StoreFixture.backup(office.store, 1, files(1));
        office.upload();
        try (Journal lost = new Journal(directory.resolve("lost.db"));
                Journal journal = new Journal(directory.resolve("copy.db"))) {
            assertThat(upload(office, second, lost).containers()).isPositive();
            Set<String> before = objects(ObjectKind.CONTAINER);
            try (Office recovered = recovered("successor")) {
                assertThatThrownBy(() -> upload(recovered, second, journal))
                        .isInstanceOf(VaultRefusedException.class)
                        .hasMessageContaining("vault set");
                Adoption.order(journal);
                Adoption.Result result = adopt(recovered, journal);
                assertThat(result.snapshots()).isEqualTo(1);
                assertThat(result.containers()).isEqualTo(before.size());
                assertThat(result.elsewhere()).isEmpty();
                assertThat(Adoption.ordered(journal)).isFalse();
                assertThat(upload(recovered, second, journal))
                        .isEqualTo(new VaultWriter.Summary(0, 0, 0, 0, List.of()));
                StoredSnapshot fresh = StoreFixture.backup(recovered.store, 1, files(2));
                VaultWriter.Summary more = upload(recovered, second, journal);
                assertThat(more.snapshots()).isEqualTo(1);
                assertThat(objects(ObjectKind.CONTAINER)).hasSize(before.size() + more.containers());
                // The one before is locked out, should it come back.
                assertThatThrownBy(() -> {
                            StoreFixture.backup(office.store, 1, files(3));
                            upload(office, second, lost);
                        })
                        .isInstanceOf(VaultRefusedException.class)
                        .hasMessageContaining("taken over");
                assertThat(recovered.warnings).isEmpty();
                VaultRecovery again = VaultRecovery.open(second, Office.recoveryKey(), 0);
                try (var keys = again.keys()) {
                    assertThat(keys).isNotNull();
                    assertThat(again.snapshots()).containsOnlyKeys(old.id(), fresh.id());
                }
            }
        }
        assertThat(new VaultCheck(second, (what, done, total) -> {})
                        .run(Office.recoveryKey(), true)
                        .findings())
                .isEmpty();
    }

    @Test
    void whatOnlyTheCopyHoldsStaysThereAndIsTold() throws IOException {
        StoredSnapshot both = StoreFixture.backup(office.store, 1, files(1));
        office.upload();
        StoredSnapshot later = StoreFixture.backup(office.store, 1, files(2));
        try (Journal lost = new Journal(directory.resolve("lost.db"));
                Journal journal = new Journal(directory.resolve("copy.db"))) {
            upload(office, second, lost);
            Set<String> before = objects(ObjectKind.CONTAINER);
            try (Office recovered = recovered("successor")) {
                Adoption.order(journal);
                assertThat(adopt(recovered, journal).elsewhere()).containsExactly(later.id());
                StoreFixture.backup(recovered.store, 1, files(4));
                upload(recovered, second, journal);
                assertThat(objects(ObjectKind.CONTAINER)).containsAll(before);
                VaultRecovery again = VaultRecovery.open(second, Office.recoveryKey(), 0);
                try (var keys = again.keys()) {
                    assertThat(keys).isNotNull();
                    assertThat(again.snapshots()).hasSize(3).containsKeys(both.id(), later.id());
                }
            }
        }
        assertThat(new VaultCheck(second, (what, done, total) -> {})
                        .run(Office.recoveryKey(), true)
                        .findings())
                .isEmpty();
    }

    @Test
    void aJournalThatWasLostIsMadeAnewOfTheVaultAndTheVolumes() throws IOException {
        StoredSnapshot old = StoreFixture.backup(office.store, 1, files(1));
        try (Journal lost = new Journal(directory.resolve("lost.db"))) {
            upload(office, second, lost);
        }
        try (Journal journal = new Journal(directory.resolve("new.db"))) {
            Adoption.order(journal);
            Adoption.Result result = new Adoption(second, office.keys, journal, office.warnings::add)
                    .run(office.store.archiving(), List.of(), Set.of(old.id()));
            assertThat(result.elsewhere()).isEmpty();
            assertThat(office.store.archiving().local())
                    .extracting(Archiving.Local::number)
                    .containsExactlyInAnyOrderElementsOf(journal.containers().numbers());
            assertThat(upload(office, second, journal)).isEqualTo(new VaultWriter.Summary(0, 0, 0, 0, List.of()));
        }
    }

    @Test
    void aStrangersVaultIsRefused() throws IOException {
        StoreFixture.backup(office.store, 1, files(1));
        try (Credential other = new Credential(
                        Credential.Kind.RECOVERY_KEY,
                        "another-key-another-key-another-".getBytes(StandardCharsets.US_ASCII));
                Office stranger = Office.create(directory.resolve("stranger"), second, other);
                Journal journal = new Journal(directory.resolve("copy.db"))) {
            StoreFixture.backup(stranger.store, 1, files(1));
            stranger.upload();
            Adoption.order(journal);
            assertThatThrownBy(() -> adopt(office, journal))
                    .isInstanceOf(VaultRefusedException.class)
                    .hasMessageContaining("a prefix of its own");
            assertThat(journal.root()).isNull();
        }
    }
}
