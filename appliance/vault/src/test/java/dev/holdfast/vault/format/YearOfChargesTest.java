package dev.holdfast.vault.format;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.archive.Archiving;
import dev.holdfast.store.container.FrozenException;
import dev.holdfast.store.disk.LocalDisk;
import dev.holdfast.store.gc.GarbageCollector;
import dev.holdfast.store.snapshot.StoredSnapshot;
import dev.holdfast.vault.check.VaultCheck;
import dev.holdfast.vault.check.VaultRepair;
import dev.holdfast.vault.journal.Journal;
import dev.holdfast.vault.journal.StoredContainer;
import dev.holdfast.vault.object.ObjectStore;
import dev.holdfast.vault.object.StorageClass;
import dev.holdfast.vault.oss.Bill;
import dev.holdfast.vault.oss.OssObjectStore;
import dev.holdfast.vault.oss.OssServer;
import dev.holdfast.vault.recover.VaultRecovery;
import dev.holdfast.vault.remote.Thaw;
import dev.holdfast.vault.upload.Cooling;
import dev.holdfast.vault.upload.Selection;
import dev.holdfast.vault.upload.Throttle;
import dev.holdfast.vault.upload.VaultWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A year of a vault that moves to Archive and of a copy that moves to IA: backups, uploads, cooling, eviction, retention,
 * collection, checks, losses and repairs, restores and thaws, by the clock and the charges of the test server. Nothing may be
 * charged that nobody asked for.
 */
class YearOfChargesTest {
    private static final long SEED = Long.getLong("holdfast.year.seed", 1);
    private static final int DAYS = 365;
    private static final int STEP_DAYS = 3;
    private static final int BACKUP_DAYS = 9;
    private static final int KEEP_DAYS = 120;
    /** 1 KiB stands for 1 GB. */
    private static final double BYTES_PER_GB = 1024;

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final Bill bill = new Bill(Instant.parse("2026-01-01T00:00:00Z"), BYTES_PER_GB);
    private final Map<StoredSnapshot, List<byte[]>> snapshots = new LinkedHashMap<>();
    private final Map<StoredSnapshot, Instant> taken = new LinkedHashMap<>();
    private final Set<String> lost = new HashSet<>();
    private final Set<String> repaired = new HashSet<>();
    private OssServer server;
    private Office office;
    private Journal copyJournal;
    private int thaws;
    private int collected;
    private int checks;

    private final VaultWriter.Guard guard = new VaultWriter.Guard() {
        @Override
        public boolean mustStay(int node, UUID snapshot) {
            return false;
        }

        @Override
        public long lockedFor(UUID snapshot) {
            return 0;
        }

        @Override
        public long now() {
            return bill.now().toEpochMilli();
        }
    };

    @Test
    void nothingIsChargedThatNobodyAskedFor() throws Exception {
        try (OssServer opened = new OssServer(directory.resolve("bucket"));
                ObjectStore first = new OssObjectStore(opened.location("office"), opened.admit("LTAItest", ""));
                ObjectStore copy = new OssObjectStore(opened.location("dr"), opened.admit("LTAIcopy", ""));
                Office own = Office.open(directory.resolve("office"), first, bill::now);
                Journal second = new Journal(directory.resolve("copy.db"))) {
            server = opened;
            office = own;
            copyJournal = second;
            opened.charges(bill);
            for (int day = 0; day < DAYS; day += STEP_DAYS) {
                bill.advance(Duration.ofDays(STEP_DAYS));
                step(day / STEP_DAYS, first, copy);
            }
            System.out.println("A year of charges in CNY, seed " + SEED + ", 1 KiB stands for 1 GB: " + taken.size()
                    + " backups, " + snapshots.size() + " snapshots left, " + collected + " containers collected, "
                    + repaired.size() + " lost objects repaired, " + thaws + " restores that needed a thaw, " + checks
                    + " checks");
            System.out.println(bill.table());
            System.out.println("Retrieval by what asked for it: " + bill.causes(Bill.Kind.RETRIEVAL));
            assertThat(bill.causes(Bill.Kind.EARLY_DELETION)).isEmpty();
            assertThat(bill.causes(Bill.Kind.RETRIEVAL)).containsOnlyKeys("thaw");
            server.timesStored().forEach((key, times) -> {
                if (key.contains("/c/")) {
                    assertThat(times).as(key).isEqualTo(lost.contains(key) ? 2 : 1);
                }
            });
            assertThat(repaired).isNotEmpty().isEqualTo(lost);
            assertThat(thaws).isPositive();
            assertThat(collected).isPositive();
            for (Bill.Kind each : List.of(Bill.Kind.STANDARD, Bill.Kind.IA, Bill.Kind.ARCHIVE)) {
                assertThat(bill.sum(each)).as(each.toString()).isPositive();
            }
            for (StoredSnapshot each : snapshots.keySet()) {
                restore(each, first);
            }
        }
    }

    private void step(int step, ObjectStore first, ObjectStore copy) throws Exception {
        if (step % (BACKUP_DAYS / STEP_DAYS) == 0) {
            backup();
            retention();
        }
        bill.cause("upload");
        upload(first, office.journal);
        upload(copy, copyJournal);
        bill.cause("cooling");
        new Cooling(first, office.journal)
                .run(List.of(new Cooling.Rule(Duration.ofDays(30), StorageClass.ARCHIVE)), guard.now(), () -> false);
        new Cooling(copy, copyJournal)
                .run(List.of(new Cooling.Rule(Duration.ofDays(30), StorageClass.INFREQUENT)), guard.now(), () -> false);
        switch (step % 10) {
            case 3 -> evict();
            case 5 -> collect();
            case 6 -> loseAndRepair(first, copy);
            case 8 -> restore(List.copyOf(snapshots.keySet()).get(random.nextInt(snapshots.size())), first);
            case 9 -> {
                bill.cause("check");
                check(first);
                check(copy);
            }
            default -> {}
        }
    }

    /** Some files stay, some are new: containers die in part, and as a whole later. */
    private void backup() throws IOException {
        List<byte[]> files = new ArrayList<>();
        int generation = taken.size();
        for (int i = 0; i < 8; i++) {
            int changed = generation - (generation + i) % (i + 1);
            files.add(StoreFixture.random(1000L * (i + 1) + changed, 20_000));
        }
        StoredSnapshot made = StoreFixture.backup(office.store, 1, files);
        snapshots.put(made, files);
        taken.put(made, bill.now());
    }

    private void retention() throws IOException {
        for (StoredSnapshot each : List.copyOf(snapshots.keySet())) {
            if (Duration.between(taken.get(each), bill.now()).toDays() > KEEP_DAYS) {
                copyJournal.snapshots().forgotten(each.id());
                office.forget(each);
                snapshots.remove(each);
            }
        }
    }

    private void upload(ObjectStore to, Journal about) throws IOException {
        VaultWriter.Options options = new VaultWriter.Options(4, StorageClass.STANDARD, Throttle.NONE, guard);
        try (VaultWriter writer = new VaultWriter(
                to,
                office.keys,
                () -> office.keyring,
                about,
                office.store.archiving(),
                office.store.manifests(),
                new LocalDisk(),
                () -> "control data".getBytes(StandardCharsets.UTF_8),
                options)) {
            writer.run(Selection.ALL, office.writing());
        }
    }

    /** All but the newest few. */
    private void evict() throws IOException {
        List<Archiving.Local> local = office.store.archiving().local();
        for (Archiving.Local each : local.subList(0, Math.max(0, local.size() - 4))) {
            if (office.journal.containers().find(each.number()).isPresent()
                    && copyJournal.containers().find(each.number()).isPresent()) {
                office.store.archiving().evict(each.number());
            }
        }
    }

    private void collect() throws IOException {
        bill.cause("collection");
        Set<Integer> before = new HashSet<>(office.journal.containers().numbers());
        office.store.collector().collect(new GarbageCollector.Rules(50, 0), (what, done, total) -> {}, () -> false);
        for (int number : before) {
            if (!office.store.archiving().knows(number)) {
                copyJournal.containers().dropped(number);
                collected++;
            }
        }
    }

    private List<VaultCheck.Finding> check(ObjectStore vault) throws IOException {
        checks++;
        VaultCheck.Report report = new VaultCheck(vault, (what, done, total) -> {}, false).run();
        assertThat(report.findings()).isEmpty();
        return report.findings();
    }

    /** An object of a container that is still on a volume goes; nothing that is whole is stored again. */
    private void loseAndRepair(ObjectStore first, ObjectStore copy) throws IOException {
        List<Archiving.Local> local = office.store.archiving().local().stream()
                .filter(each -> known(each.number()))
                .toList();
        if (local.isEmpty()) {
            return;
        }
        StoredContainer chosen = office.journal
                .containers()
                .find(local.get(random.nextInt(local.size())).number())
                .orElseThrow();
        String key = "office/" + ObjectKind.CONTAINER.key(chosen.id());
        if (!lost.add(key)) {
            return;
        }
        StorageClass kept =
                office.journal.containers().storageClass(chosen.number()).orElseThrow();
        server.lose(key);
        bill.cause("repair");
        VaultCheck.Report report = new VaultCheck(first, (what, done, total) -> {}, false).run();
        assertThat(report.findings()).hasSize(1);
        VaultRepair repair = new VaultRepair(
                first,
                office.keys,
                (kind, id) -> Optional.of(office.store.archiving().file(chosen.number())),
                List.of(copy),
                new VaultRepair.Classes() {
                    @Override
                    public StorageClass of(UUID container) {
                        return kept;
                    }

                    @Override
                    public void stored(UUID container) throws IOException {
                        office.journal.containers().classChanged(container, kept, guard.now());
                    }
                },
                false);
        repair.repair(report, office.journal.root(), each -> {});
        assertThat(first.head(ObjectKind.CONTAINER.key(chosen.id())).storageClass())
                .isEqualTo(kept);
        repaired.add(key);
        check(first);
    }

    private boolean known(int number) {
        try {
            return office.journal
                    .containers()
                    .find(number)
                    .filter(each -> each.ordinal() != null)
                    .isPresent();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void restore(StoredSnapshot snapshot, ObjectStore first) throws IOException {
        bill.cause("restore");
        try {
            VaultContract.assertSame(office.files(snapshot), snapshots.get(snapshot));
        } catch (FrozenException e) {
            bill.cause("thaw");
            thaws++;
            BitSet listed = VaultRecovery.rest(first, office.keys, office.journal, each -> {})
                    .containersOf(snapshot.id());
            Thaw thaw = new Thaw(first, office.journal);
            for (Thaw.Plan plan = thaw.request(listed, this::onVolume, 1);
                    !plan.ready();
                    plan = thaw.request(listed, this::onVolume, 1)) {
                bill.advance(Duration.ofMinutes(1));
            }
            bill.cause("restore");
            VaultContract.assertSame(office.files(snapshot), snapshots.get(snapshot));
        }
    }

    private boolean onVolume(int number) {
        try {
            return office.store.archiving().isOnVolume(number);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
