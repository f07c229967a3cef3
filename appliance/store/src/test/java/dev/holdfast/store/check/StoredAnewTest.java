package dev.holdfast.store.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.StoreReads;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.ingest.UnknownChunkException;
import dev.holdfast.store.snapshot.BackupSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A damaged chunk that a client sends again. */
class StoredAnewTest {
    @TempDir
    private Path dir;

    private final List<byte[]> files = new ArrayList<>();
    private Store store;
    private List<Integer> damaged;

    @BeforeEach
    void damage() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 10; i++) {
            byte[] file = new byte[20_000];
            random.nextBytes(file);
            files.add(file);
        }
        store = new StoreFixture(dir).open();
        StoreFixture.backup(store, 1, files);
        store.archiving().sealOpen();
        Path container = store.archiving().local().stream()
                .max(Comparator.comparingLong(each -> each.bytes()))
                .orElseThrow()
                .file();
        byte[] bytes = Files.readAllBytes(container);
        bytes[bytes.length / 2] ^= 1;
        Files.write(container, bytes);
        damaged = store.scrub()
                .run(0, 100, (what, done, total) -> {}, () -> false)
                .damaged();
        store.suspect(damaged);
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private List<Finding> findings() throws IOException {
        return store.checker().run(true, (what, done, total) -> {}).findings();
    }

    private void collect() throws IOException {
        store.collector().collect(GarbageCollector.Rules.DEFAULT, (what, done, total) -> {}, () -> false);
    }

    @Test
    void snapshotsAreWholeAgainAndTheDamagedContainerHurtsNobodyUntilItIsDeleted() throws IOException {
        assertThat(damaged).hasSize(1);
        assertThat(findings()).singleElement().satisfies(finding -> {
            assertThat(finding.kind()).isEqualTo(Finding.Kind.CHUNK);
            assertThat(finding.hurts()).hasSize(1);
        });
        assertThat(store.takeMended()).isFalse();
        StoreFixture.backup(store, 1, files);
        StoreReads.assertReadable(store, 1, files);
        assertThat(findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.hurts()).isEmpty());
        assertThat(store.takeMended()).isTrue();
        assertThat(store.takeMended()).isFalse();
        store.archiving().sealOpen();
        collect();
        assertThat(findings()).isEmpty();
        StoreReads.assertReadable(store, 1, files);
    }

    @Test
    void aPageThatListsWhatIsDamagedIsAskedForWhereverItLies() throws IOException {
        Digest page = HashAlgorithm.NEWEST.digest(StoreFixture.page(files));
        List<byte[]> others = List.of(StoreFixture.random(7, 20_000));
        Digest sound = HashAlgorithm.NEWEST.digest(StoreFixture.page(others));
        try (BackupSession earlier = store.openBackup(1, "node-1")) {
            StoreFixture.backup(store, 1, others);
            // What is whole, the page too, moves to another container.
            store.archiving().sealOpen();
            collect();
            Checker.Report report = store.checker().run(true, (what, done, total) -> {});
            assertThat(report.pages()).containsExactly(store.vault().chunkId(page));
            try (BackupSession session = store.openBackup(1, "node-1")) {
                assertThat(session.known(List.of(page, sound))).containsExactly(true, true);
            }
            store.distrust(report.pages());
            assertThat(earlier.known(List.of(page))).containsExactly(true);
        }
        try (BackupSession session = store.openBackup(1, "node-1")) {
            assertThat(session.known(List.of(page, sound))).containsExactly(false, true);
            assertThatThrownBy(() -> StoreFixture.commitKnown(session, files))
                    .isInstanceOf(UnknownChunkException.class);
        }
        assertThat(store.takeMended()).isFalse();
        StoreFixture.backup(store, 1, files);
        assertThat(store.takeMended()).isTrue();
        try (BackupSession session = store.openBackup(1, "node-1")) {
            assertThat(session.known(List.of(page))).containsExactly(true);
        }
        StoreReads.assertReadable(store, 1, files);
        assertThat(store.checker().run(true, (what, done, total) -> {}).pages()).isEmpty();
    }

    @Test
    void whatASessionKeepsIsLookedAtAgainWhenItHasEnded() throws IOException {
        try (BackupSession session = store.openBackup(2, "other")) {
            assertThat(session).isNotNull();
            StoreFixture.backup(store, 1, files);
            assertThat(store.takeMended()).isFalse();
            store.archiving().sealOpen();
            collect();
            assertThat(findings()).isNotEmpty();
            store.lookAgain(damaged);
            assertThat(store.takeMended()).isFalse();
        }
        assertThat(store.takeMended()).isTrue();
        collect();
        assertThat(findings()).isEmpty();
        store.lookAgain(List.of(damaged.getFirst() + 100));
        assertThat(store.takeMended()).isFalse();
    }
}
