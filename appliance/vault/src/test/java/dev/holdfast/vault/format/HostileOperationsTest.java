package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Codec;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.manifest.PageRef;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.container.PoisonedContainer;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.ingest.DigestMismatchException;
import dev.holdfast.store.ingest.RefusedChunkException;
import dev.holdfast.store.ingest.UnknownChunkException;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.file.FileObjectStore;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.recover.VaultRecovery;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Honest and hostile nodes store the same public contents in any order, many backups open at once, beside collection,
 * upload and scrub: whatever the hostile ones try, every snapshot of an honest one comes back from the appliance and from
 * the vault. {@code -Dholdfast.operations=1000000 -Dholdfast.seed=N} for a long run.
 */
class HostileOperationsTest {
    private static final int OPERATIONS = Integer.getInteger("holdfast.operations", 20_000);
    private static final long SEED = Long.getLong("holdfast.seed", 1);
    private static final int CONTENTS = 500;
    private static final int HONEST = 3;
    private static final int NODES = 6;
    private static final int OPEN = 12;
    private static final int KEPT = 60;
    private static final int MAINTENANCE = 5_000;

    @TempDir
    private Path directory;

    private final Random random = new Random(SEED);
    private final List<byte[]> contents = new ArrayList<>();
    private final List<Backup> open = new ArrayList<>();
    private final List<Kept> kept = new ArrayList<>();
    private final Map<Lie, Integer> told = new EnumMap<>(Lie.class);
    private int committed;

    /** A backup under way. */
    private record Backup(int node, BackupSession session, List<byte[]> files, boolean honest) {}

    private record Kept(StoredSnapshot snapshot, List<byte[]> files) {}

    /** What a hostile node tries with a content that everybody may have. */
    private enum Lie {
        TRAILING_FRAME,
        TRAILING_BYTE,
        TWO_FRAMES,
        TRUNCATED,
        CLAIMS_MORE,
        CLAIMS_LESS,
        RAW_TOO_LONG,
        OTHER_CONTENT,
        NO_PAGE,
        NO_REPORT,
        ROOT,
        FOREIGN_PAGE,
        UNKNOWN_PAGE,
        GARBAGE_SUMMARY
    }

    @Test
    void everyHonestSnapshotComesBackFromApplianceAndVault() throws IOException {
        for (int i = 0; i < CONTENTS; i++) {
            byte[] content = StoreFixture.random(SEED * 1000 + i, 100 + random.nextInt(6_000));
            // Every second one compresses well.
            if (i % 2 == 0) {
                Arrays.fill(content, content.length / 10, content.length, (byte) i);
            }
            contents.add(content);
        }
        try (ObjectStore vault = new FileObjectStore(directory.resolve("vault"))) {
            Office office = Office.open(directory.resolve("office"), vault);
            try {
                for (int done = 1; done <= OPERATIONS; done++) {
                    step(office);
                    if (done % MAINTENANCE == 0) {
                        maintain(office);
                    }
                    if (done % (10 * MAINTENANCE) == 0) {
                        endAll();
                        office.close();
                        office = Office.open(directory.resolve("office"), vault);
                    }
                }
                endAll();
                office.store.archiving().sealOpen();
                assertThat(office.upload().snapshots()).isNotNegative();
                assertThat(office.warnings).as("seed %d", SEED).isEmpty();
                for (Kept each : kept) {
                    VaultContract.assertSame(office.files(each.snapshot), each.files);
                }
                assertThat(office.store
                                .checker()
                                .run(true, (what, done, total) -> {})
                                .findings())
                        .as("seed %d", SEED)
                        .isEmpty();
                assertThat(office.store.damage().take()).isEmpty();
            } finally {
                office.close();
            }
            VaultCheck.Report report = new VaultCheck(vault, (what, done, total) -> {}).run(Office.recoveryKey(), true);
            assertThat(report.findings()).isEmpty();
            VaultRecovery recovery = VaultRecovery.open(vault, Office.recoveryKey(), 0);
            try (Office recovered = Office.forRecovery(directory.resolve("recovered"), vault, recovery)) {
                recovery.takeOver(recovered.journal);
                recovery.fillManifests(recovered.journal, recovered.store.manifests(), (what, done, total) -> {});
                recovery.fillIndex(recovered.journal, recovered.store.archiving(), (what, done, total) -> {});
                recovered.store.recovered(recovered.progress());
                for (Kept each : kept) {
                    VaultContract.assertSame(recovered.files(each.snapshot), each.files);
                }
            }
        }
        assertThat(committed).isPositive();
        assertThat(told).as("each lie was tried").hasSize(Lie.values().length);
        System.out.println(OPERATIONS + " operations, seed " + SEED + ": " + committed + " snapshots, " + kept.size()
                + " compared, lies " + told);
    }

    private byte[] content() {
        return contents.get(random.nextInt(contents.size()));
    }

    private void step(Office office) throws IOException {
        if (open.size() < OPEN) {
            int node = 1 + random.nextInt(NODES);
            BackupSession session = office.store.openBackup(node, "node-" + node);
            open.add(new Backup(node, session, new ArrayList<>(), node <= HONEST));
            return;
        }
        Backup backup = open.get(random.nextInt(open.size()));
        int dice = random.nextInt(100);
        if (dice < 4 || backup.files.size() > 40) {
            end(office, backup, dice == 0);
        } else if (backup.honest || dice < 40) {
            store(backup);
        } else {
            lie(backup, Lie.values()[random.nextInt(Lie.values().length)]);
        }
    }

    /** As a client does: asks first, sends what is unknown; a hostile one packs as badly as it may. */
    private void store(Backup backup) throws IOException {
        byte[] file = content();
        boolean known = backup.session.known(List.of(HashAlgorithm.NEWEST.digest(file)))[0];
        if (!known || random.nextInt(10) == 0) {
            Packed packed = switch (random.nextInt(3)) {
                case 0 -> Packed.raw(file);
                case 1 -> new Packed(Codec.INCOMPRESSIBLE, file.length, file);
                default -> Packed.compress(file, random.nextInt(6) - 2);
            };
            put(backup, ChunkKind.DATA, HashAlgorithm.NEWEST.digest(file), packed);
        }
        backup.files.add(file);
    }

    /** Over the wire's codec, which is the first to refuse. */
    private static void put(Backup backup, ChunkKind kind, Digest digest, Packed packed) throws IOException {
        byte[] frame = Frames.encode(1, new Message.Put(List.of(new Message.Upload(kind, digest, packed))))
                .toByteArray();
        Frames.Frame read = Objects.requireNonNull(Frames.read(new ByteArrayInputStream(frame), bytes -> {}));
        for (Message.Upload each : ((Message.Put) read.message()).chunks()) {
            backup.session.put(each.kind(), each.digest(), each.packed());
        }
    }

    private void lie(Backup backup, Lie lie) throws IOException {
        byte[] file = content();
        Digest digest = HashAlgorithm.NEWEST.digest(file);
        byte[] frame = Packed.compress(contents.get(0), 1).payload();
        byte[] own = Packed.compress(file, 1).codec() == Codec.ZSTD
                ? Packed.compress(file, 1).payload()
                : frame;
        told.merge(lie, 1, Integer::sum);
        try {
            switch (lie) {
                case TRAILING_FRAME -> put(backup, ChunkKind.DATA, digest, PoisonedContainer.oversized(file));
                case TRAILING_BYTE -> zstd(backup, digest, file.length, Arrays.copyOf(own, own.length + 1));
                case TWO_FRAMES -> {
                    byte[] twice = Arrays.copyOf(own, 2 * own.length);
                    System.arraycopy(own, 0, twice, own.length, own.length);
                    zstd(backup, digest, 2 * file.length, twice);
                }
                case TRUNCATED -> zstd(backup, digest, file.length, Arrays.copyOf(own, own.length - 1));
                case CLAIMS_MORE -> zstd(backup, digest, file.length + 1, own);
                case CLAIMS_LESS -> zstd(backup, digest, file.length - 1, own);
                case RAW_TOO_LONG ->
                    put(
                            backup,
                            ChunkKind.DATA,
                            digest,
                            new Packed(Codec.INCOMPRESSIBLE, file.length, Arrays.copyOf(file, file.length + 3)));
                case OTHER_CONTENT ->
                    put(
                            backup,
                            ChunkKind.DATA,
                            HashAlgorithm.NEWEST.digest(new byte[] {1, 2, 3}),
                            Packed.compress(file, 1));
                case NO_PAGE -> put(backup, ChunkKind.PAGE, digest, Packed.raw(file));
                case NO_REPORT -> put(backup, ChunkKind.REPORT, digest, Packed.raw(file));
                case ROOT -> put(backup, ChunkKind.ROOT, digest, Packed.raw(file));
                case FOREIGN_PAGE -> foreignPage(backup);
                case UNKNOWN_PAGE -> {
                    byte[] page = StoreFixture.page(List.of(StoreFixture.random(random.nextLong(), 10)));
                    put(backup, ChunkKind.PAGE, HashAlgorithm.NEWEST.digest(page), Packed.raw(page));
                }
                case GARBAGE_SUMMARY -> backup.session.commit(file);
            }
        } catch (FormatException | RefusedChunkException | UnknownChunkException | DigestMismatchException e) {
            return;
        }
        fail("seed " + SEED + ": " + lie + " was accepted");
    }

    private static void zstd(Backup backup, Digest digest, int length, byte[] payload) throws IOException {
        put(backup, ChunkKind.DATA, digest, new Packed(Codec.ZSTD, length, payload));
    }

    /** The page of an honest node's snapshot, stored as if it were a file, then listed as a page. */
    private void foreignPage(Backup backup) throws IOException {
        byte[] unique = StoreFixture.random(random.nextLong(), 50);
        byte[] page = StoreFixture.page(
                List.of(kept.isEmpty() ? unique : kept.getLast().files.getFirst(), unique));
        put(backup, ChunkKind.DATA, HashAlgorithm.NEWEST.digest(page), Packed.raw(page));
        backup.session.addPages(List.of(
                new PageRef(TreePath.parse("/f00000"), false, HashAlgorithm.NEWEST.digest(page), page.length, 2)));
    }

    private void end(Office office, Backup backup, boolean breakOff) throws IOException {
        open.remove(backup);
        try (BackupSession session = backup.session) {
            if (breakOff || backup.files.isEmpty()) {
                return;
            }
            StoredSnapshot snapshot = StoreFixture.commitKnown(session, backup.files);
            committed++;
            if (backup.honest) {
                kept.add(new Kept(snapshot, List.copyOf(backup.files)));
            }
        }
        while (kept.size() > KEPT) {
            office.forget(kept.remove(random.nextInt(kept.size())).snapshot);
        }
    }

    private void endAll() throws IOException {
        for (Backup each : open) {
            each.session.close();
        }
        open.clear();
    }

    private void maintain(Office office) throws IOException {
        Map<Integer, Integer> hostile = new HashMap<>();
        for (StoredSnapshot each : office.store.manifests().list()) {
            if (each.node() > HONEST && hostile.merge(each.node(), 1, Integer::sum) > 5) {
                office.forget(each);
            }
        }
        switch (random.nextInt(3)) {
            case 0 -> office.upload();
            case 1 ->
                assertThat(office.store
                                .collector()
                                .collect(new GarbageCollector.Rules(80, 0), (what, done, total) -> {}, () -> false)
                                .warnings())
                        .isEmpty();
            default ->
                assertThat(office.store
                                .scrub()
                                .run(0, Integer.MAX_VALUE, (what, done, total) -> {}, () -> false)
                                .damaged())
                        .isEmpty();
        }
        Kept any = kept.get(random.nextInt(kept.size()));
        VaultContract.assertSame(office.files(any.snapshot), any.files);
    }
}
