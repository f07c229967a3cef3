package dev.holdfast.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.check.Scrub;
import dev.holdfast.store.container.ContainerHeader;
import dev.holdfast.store.container.PoisonedContainer;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.ingest.RefusedChunkException;
import dev.holdfast.store.ingest.StoreFullException;
import dev.holdfast.store.ingest.UnknownChunkException;
import dev.holdfast.store.restore.ChunkReader;
import dev.holdfast.store.snapshot.BackupSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that store what other nodes will deduplicate against. */
class PoisonTest {
    private static final int HOSTILE = 9;
    private static final int HONEST = 1;
    private static final int OTHER = 2;

    @TempDir
    private Path dir;

    private StoreFixture fixture;
    private Store store;

    @BeforeEach
    void open() throws IOException {
        fixture = new StoreFixture(dir);
        store = fixture.open();
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    private static byte[] text(int seed) {
        StringBuilder text = new StringBuilder();
        new Random(seed).ints(8_000, 0, 500).forEach(word -> text.append(word).append(' '));
        return text.toString().getBytes();
    }

    @Test
    void whatCannotBeReadBackIsNotStored() throws IOException {
        byte[] known = text(1);
        byte[] frame = Packed.compress(known, 1).payload();
        List<Packed> poison = List.of(
                PoisonedContainer.oversized(known),
                new Packed(Codec.ZSTD, known.length, java.util.Arrays.copyOf(frame, frame.length + 1)),
                new Packed(Codec.ZSTD, known.length + 1, frame),
                new Packed(Codec.INCOMPRESSIBLE, known.length, java.util.Arrays.copyOf(known, known.length + 1)),
                new Packed(Codec.RAW, 1 << 21, new byte[1 << 21]));
        try (BackupSession hostile = store.openBackup(HOSTILE, "hostile")) {
            for (Packed each : poison) {
                for (ChunkKind kind : ChunkKind.values()) {
                    assertThatThrownBy(() -> hostile.put(kind, HashAlgorithm.NEWEST.digest(known), each))
                            .isInstanceOf(RefusedChunkException.class);
                }
            }
            // Nor is metadata that those who read it could not parse.
            for (ChunkKind kind : List.of(ChunkKind.PAGE, ChunkKind.REPORT, ChunkKind.ROOT)) {
                assertThatThrownBy(() -> hostile.put(kind, HashAlgorithm.NEWEST.digest(known), Packed.raw(known)))
                        .isInstanceOf(RefusedChunkException.class);
            }
        }
        StoreFixture.backup(store, HONEST, List.of(known));
        StoreReads.assertReadable(store, HONEST, List.of(known));
        assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                .isEmpty();
    }

    @Test
    void aFileThatLooksLikeAnothersPageIsAFile() throws IOException {
        // The hostile node backs up a secret; the page that lists its chunk is then a file on an honest machine.
        byte[] secret = text(2);
        byte[][] page = new byte[1][];
        try (BackupSession hostile = store.openBackup(HOSTILE, "hostile")) {
            StoreFixture.put(hostile, secret);
            page[0] = StoreFixture.page(List.of(secret));
            hostile.put(ChunkKind.PAGE, HashAlgorithm.NEWEST.digest(page[0]), Packed.raw(page[0]));
            StoreFixture.commitKnown(hostile, List.of(secret));
        }
        StoreFixture.backup(store, HONEST, List.of(page[0]));
        StoreReads.assertReadable(store, HONEST, List.of(page[0]));
        // But owning its bytes makes nobody the owner of what it lists, neither now nor after the index was rebuilt.
        for (int round = 0; round < 2; round++) {
            try (BackupSession session = store.openBackup(HONEST, "honest")) {
                PageRef ref = new PageRef(
                        TreePath.parse("/f00000"), false, HashAlgorithm.NEWEST.digest(page[0]), page[0].length, 1);
                assertThatThrownBy(() -> session.addPages(List.of(ref))).isInstanceOf(UnknownChunkException.class);
            }
            assertThat(store.reader()
                            .locate(HONEST, List.of(HashAlgorithm.NEWEST.digest(secret)))
                            .getFirst()
                            .location())
                    .isNull();
            store.close();
            Store.discardIndex(fixture.config());
            store = fixture.open();
        }
    }

    @Test
    void pagesThatAnotherStoredAsFilesAreItsOwnersPagesAllTheSame() throws IOException {
        List<byte[]> files = List.of(text(20), text(21), text(22), text(23));
        List<byte[]> pages = new ArrayList<>();
        for (byte[] file : files) {
            pages.add(StoreFixture.page(List.of(file)));
        }
        // Whoever can foretell a page stores it first, as a file.
        StoreFixture.backup(store, HOSTILE, pages);
        for (int round = 0; round < 2; round++) {
            try (BackupSession session = store.openBackup(HONEST, "honest")) {
                List<PageRef> refs = new ArrayList<>();
                for (int i = 0; i < files.size(); i++) {
                    StoreFixture.put(session, files.get(i));
                    byte[] page = pages.get(i);
                    Digest digest = HashAlgorithm.NEWEST.digest(page);
                    session.put(ChunkKind.PAGE, digest, Packed.raw(page));
                    refs.add(new PageRef(TreePath.parse("/f0000" + i), false, digest, page.length, 1));
                }
                session.addPages(refs);
                session.commit(StoreFixture.summary(files.size()).encode());
            }
            StoreReads.assertReadable(store, HONEST, files);
        }
    }

    @Test
    void whatAnOlderReleaseStoredIsFoundSetAsideAndHealed() throws IOException {
        byte[] known = text(3);
        List<byte[]> neighbours = List.of(text(4), text(5));
        poison(known, neighbours);
        // Everybody backs up what the poisoned container is said to hold.
        List<byte[]> files = new ArrayList<>(neighbours);
        files.add(known);
        StoreFixture.backup(store, HONEST, files);
        StoreFixture.backup(store, OTHER, neighbours);
        store.archiving().sealOpen();

        assertThatThrownBy(() -> StoreReads.assertReadable(store, HONEST, List.of(known)))
                .isInstanceOf(FormatException.class);
        assertThat(store.damage().take()).containsOnlyKeys(POISONED);
        Scrub.Outcome scrub = store.scrub().run(0, 1000, (what, done, total) -> {}, () -> false);
        assertThat(scrub.damaged()).containsExactly(POISONED);

        GarbageCollector.Outcome outcome = collect();
        assertThat(outcome.warnings()).anyMatch(warning -> warning.english().contains("since they are damaged"));
        // What is whole in it has moved, so that no upload needs it; what is not is asked for again.
        StoreReads.assertReadable(store, OTHER, neighbours);
        for (var snapshot : store.manifests().list(OTHER)) {
            assertThat(store.archiving().containersOf(snapshot).get(POISONED)).isFalse();
        }
        StoreFixture.backup(store, HONEST, files);
        StoreReads.assertReadable(store, HONEST, files);
        store.archiving().sealOpen();
        assertThat(collect().warnings()).isEmpty();
        assertThat(fixture.files(".hfc")).noneMatch(file -> file.toString().contains(String.format("%08x", POISONED)));
        assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                .isEmpty();
    }

    @Test
    void whatAnOlderReleaseStoredInAnotherFormIsReadAndWrittenAnew() throws IOException {
        byte[] known = text(10);
        byte[] frame = Packed.compress(known, 1).payload();
        ByteBuffer padded = ByteBuffer.allocate(frame.length + 8 + 100).order(ByteOrder.LITTLE_ENDIAN);
        padded.put(frame).putInt(0x184D2A50).putInt(100);
        Packed odd = new Packed(Codec.ZSTD, known.length, padded.array());
        byte[] dead = text(11);
        store.close();
        fixture.indexed(
                POISONED,
                ContainerHeader.Kind.DATA,
                List.of(
                        new PoisonedContainer.Content(known, ChunkKind.DATA, odd, HOSTILE),
                        new PoisonedContainer.Content(dead, ChunkKind.DATA, Packed.compress(dead, 1), HOSTILE)));
        store = fixture.open();
        StoreFixture.backup(store, HONEST, List.of(known));
        StoreReads.assertReadable(store, HONEST, List.of(known));
        // Clients are sent nothing that only this appliance can unpack.
        for (List<ChunkReader.Wanted> run :
                store.reader().plan(store.reader().locate(HONEST, List.of(HashAlgorithm.NEWEST.digest(known))))) {
            for (ChunkReader.Result result : store.reader().read(run)) {
                assertThat(Objects.requireNonNull(result.packed()).canonical()).isTrue();
            }
        }
        assertThat(store.damage().take()).isEmpty();
        store.archiving().sealOpen();
        GarbageCollector.Outcome outcome =
                store.collector().collect(new GarbageCollector.Rules(100, 0), (what, done, total) -> {}, () -> false);
        assertThat(outcome.warnings()).isEmpty();
        assertThat(fixture.files(".hfc")).noneMatch(file -> file.toString().contains(String.format("%08x", POISONED)));
        StoreReads.assertReadable(store, HONEST, List.of(known));
        assertThat(store.checker().run(true, (what, done, total) -> {}).findings())
                .isEmpty();
    }

    @Test
    void aRebuiltIndexKnowsNothingThatCannotBeRead() throws IOException {
        byte[] known = text(6);
        poison(known, List.of(text(7)));
        store.close();
        Store.discardIndex(fixture.config());
        store = fixture.open();
        assertThat(fixture.warnings).anyMatch(warning -> warning.contains("unreadable frame"));
        StoreFixture.backup(store, HONEST, List.of(known));
        StoreReads.assertReadable(store, HONEST, List.of(known));
    }

    /** Of two copies of a chunk the newer counts after a rebuild: the older one may be what it was sent again for. */
    @Test
    void aRebuiltIndexPrefersTheNewerCopy() throws IOException {
        byte[] known = text(12);
        byte[] other = text(13);
        store.close();
        // Both can be parsed; the older one holds something else.
        fixture.indexed(
                POISONED,
                ContainerHeader.Kind.DATA,
                List.of(new PoisonedContainer.Content(known, ChunkKind.DATA, Packed.compress(other, 1), HOSTILE)));
        fixture.indexed(
                POISONED + 1,
                ContainerHeader.Kind.DATA,
                List.of(new PoisonedContainer.Content(known, ChunkKind.DATA, Packed.compress(known, 1), HONEST)));
        Store.discardIndex(fixture.config());
        store = fixture.open();
        StoreReads.assertReadable(store, HONEST, List.of(known));
    }

    @Test
    void aNodeHasABoundedNumberOfDescriptions() throws IOException {
        StoreFixture.backup(store, OTHER, List.of(text(14)));
        SnapshotSummary small = StoreFixture.summary(1);
        List<String> many = Collections.nCopies(3000, "x".repeat(40));
        byte[] large =
                new SnapshotSummary("host", "test", 1, 2, small.sources(), many, small.counts(), List.of()).encode();
        int stored = 0;
        try {
            for (; stored < 1000; stored++) {
                try (BackupSession session = store.openBackup(HOSTILE, "hostile")) {
                    session.commit(large);
                }
            }
        } catch (StoreFullException e) {
            assertThat(e).hasMessageContaining("retention policy");
        }
        assertThat((long) stored * large.length).isBetween(15L << 20, 16L << 20);
        StoreFixture.backup(store, HONEST, List.of(text(15)));
        assertThat(store.manifests().list(HONEST)).hasSize(1);
    }

    private static final int POISONED = 1;

    /** A container of a hostile node, from a release that let it store what it liked; the store knows of its chunks. */
    private void poison(byte[] known, List<byte[]> neighbours) throws IOException {
        List<PoisonedContainer.Content> contents = new ArrayList<>();
        contents.add(new PoisonedContainer.Content(known, ChunkKind.DATA, PoisonedContainer.oversized(known), HOSTILE));
        for (byte[] each : neighbours) {
            contents.add(new PoisonedContainer.Content(each, ChunkKind.DATA, Packed.compress(each, 1), HOSTILE));
        }
        store.close();
        fixture.indexed(POISONED, ContainerHeader.Kind.DATA, contents);
        store = fixture.open();
    }

    private GarbageCollector.Outcome collect() throws IOException {
        return store.collector().collect(GarbageCollector.Rules.DEFAULT, (what, done, total) -> {}, () -> false);
    }

    /** Frames whose content was spoiled under a right checksum are found by the sample, at the latest after eight rounds. */
    @Test
    void scrubbingSamplesContents() throws IOException {
        byte[] claimed = text(8);
        byte[] other = text(9);
        store.close();
        fixture.indexed(
                POISONED,
                ContainerHeader.Kind.DATA,
                List.of(new PoisonedContainer.Content(claimed, ChunkKind.DATA, Packed.compress(other, 1), HOSTILE)));
        store = fixture.open();
        assertThat(store.scrub()
                        .run(Set.of(POISONED), (what, done, total) -> {}, () -> false)
                        .damaged())
                .containsExactly(POISONED);
    }
}
