package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.oss.OssObjectStore;
import dev.holdfast.vault.oss.OssServer;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Over a long line each request is a wait: how many there are from the loss of an appliance to a first file. */
class RoundTripsTest {
    private static final int SNAPSHOTS = 64;
    private static final int EAGER = 4;

    @TempDir
    Path directory;

    private final List<StoredSnapshot> snapshots = new ArrayList<>();
    private OssServer server;
    private ObjectStore vault;
    private VaultRecovery recovery;
    private Office rescued;

    @BeforeEach
    void makeAndRecover() throws IOException {
        server = new OssServer(directory.resolve("bucket"));
        vault = new OssObjectStore(server.location("office"), server.admit("LTAItest", ""));
        try (Office office = Office.open(directory.resolve("office"), vault)) {
            for (int i = 0; i < SNAPSHOTS; i++) {
                snapshots.add(StoreFixture.backup(office.store, 1 + i % 3, files(i)));
                if (i % 8 == 7) {
                    office.upload();
                }
            }
        }
        recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0);
        rescued = Office.forRecovery(directory.resolve("rescued"), vault, recovery);
        recovery.takeOver(rescued.journal);
        rescued.store.recovering();
    }

    @AfterEach
    void close() throws IOException {
        rescued.close();
        vault.close();
        server.close();
    }

    private static List<byte[]> files(int seed) {
        return List.of(StoreFixture.random(seed, 3_000), StoreFixture.random(7, 40_000));
    }

    private interface Step {
        void run() throws IOException;
    }

    private long requests(Step step) throws IOException {
        long before =
                server.requests().values().stream().mapToLong(Long::longValue).sum();
        step.run();
        return server.requests().values().stream().mapToLong(Long::longValue).sum() - before;
    }

    private List<?> list() throws IOException {
        return recovery.list(recovery.snapshots().values(), rescued.journal, rescued.store.manifests());
    }

    @Test
    void listingDoesNotReadManifestsAndOneFileReadsWhatItNeeds() throws IOException {
        assertThat(requests(() -> {
                    assertThat(list()).isEmpty();
                    recovery.bring(rescued.journal, rescued.store.manifests(), EAGER, (what, done, total) -> {});
                }))
                .isLessThanOrEqualTo(EAGER + 20);
        assertThat(rescued.store.manifests().count()).isEqualTo(SNAPSHOTS);
        assertThat(rescued.store.manifests().absent()).hasSize(SNAPSHOTS - EAGER);

        StoredSnapshot old = snapshots.get(3);
        assertThat(requests(() -> {
                    VaultContract.assertSame(firstFiles(old), files(3));
                }))
                .isLessThanOrEqualTo(25);
        assertThat(rescued.store.manifests().absent()).hasSize(SNAPSHOTS - EAGER - 1);

        recovery.fillIndex(rescued.journal, rescued.store.archiving(), (what, done, total) -> {});
        assertThat(recovery.bring(rescued.journal, rescued.store.manifests(), Long.MAX_VALUE, (w, d, t) -> {}))
                .isEmpty();
        rescued.store.recovered(rescued.progress());
        assertThat(rescued.store.manifests().absent()).isEmpty();
        for (int i = 0; i < SNAPSHOTS; i++) {
            VaultContract.assertSame(rescued.files(snapshots.get(i)), files(i));
        }
    }

    @Test
    void aSnapshotThatIsForgottenBeforeItsManifestComesStaysForgotten() throws IOException {
        list();
        StoredSnapshot forgotten = snapshots.get(5);
        rescued.forget(forgotten);
        assertThat(recovery.bring(rescued.journal, rescued.store.manifests(), Long.MAX_VALUE, (w, d, t) -> {}))
                .isEmpty();
        assertThat(rescued.store.manifests().find(forgotten.node(), forgotten.id()))
                .isEmpty();
        assertThat(rescued.store.manifests().path(forgotten.node(), forgotten.id()))
                .doesNotExist();
        assertThat(rescued.store.manifests().count()).isEqualTo(SNAPSHOTS - 1);
    }

    @Test
    void anIndexThatIsLostMeanwhileLosesNoSnapshot() throws IOException {
        list();
        recovery.bring(rescued.journal, rescued.store.manifests(), EAGER, (what, done, total) -> {});
        rescued.close();
        try (var files = Files.walk(directory.resolve("rescued/index"))) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
        rescued = Office.open(directory.resolve("rescued"), vault, Office.recoveryKey());
        assertThat(rescued.store.unlisted()).isTrue();
        recovery = VaultRecovery.rest(vault, rescued.keys, rescued.journal, each -> {});
        list();
        rescued.store.listed();
        assertThat(rescued.store.manifests().count()).isEqualTo(SNAPSHOTS);
        VaultContract.assertSame(firstFiles(snapshots.get(1)), files(1));
    }

    private Map<String, byte[]> firstFiles(StoredSnapshot snapshot) throws IOException {
        recovery.prepare(snapshot.id(), rescued.journal, rescued.store.archiving());
        rescued.store.recoverOwners(snapshot, rescued.progress());
        return rescued.files(snapshot);
    }

    @Test
    void aManifestThatIsLostIsToldAndTheOthersComeBack() throws IOException {
        StoredSnapshot lost = snapshots.get(9);
        StoredSnapshot damaged = snapshots.get(10);
        server.lose("office/" + ObjectKind.MANIFEST.key(lost.id()));
        Path file = server.file("office/" + ObjectKind.MANIFEST.key(damaged.id()));
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        assertThat(recovery.list(recovery.snapshots().values(), rescued.journal, rescued.store.manifests()))
                .containsExactly(lost.id());
        assertThat(recovery.bring(rescued.journal, rescued.store.manifests(), Long.MAX_VALUE, (w, d, t) -> {}))
                .containsExactly(damaged.id());
        assertThat(rescued.store.manifests().count()).isEqualTo(SNAPSHOTS - 2);
        assertThat(rescued.store.manifests().absent()).isEmpty();
    }
}
