package dev.holdfast.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.store.Store;
import dev.holdfast.store.StoreFixture;
import dev.holdfast.store.snapshot.BackupSession;
import dev.holdfast.store.snapshot.StoredSnapshot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is shown of the backups of a node, beside what is usual. */
class ChangeHistoryTest {
    @TempDir
    private Path work;

    private static StoredSnapshot backup(Store store, String source, int files, int reused, long sent, long wire)
            throws Exception {
        SnapshotSummary summary = new SnapshotSummary(
                "vm",
                "test",
                1,
                2,
                List.of(TreePath.parse(source)),
                List.of(),
                new SnapshotSummary.Counts(files, 1, 0, files * 1_000_000L, reused, 1, sent, wire, 0),
                List.of());
        try (BackupSession session = store.openBackup(1, "vm1")) {
            StoredSnapshot made = session.commit(summary.encode());
            // Snapshots of one millisecond have no order.
            Thread.sleep(2);
            return made;
        }
    }

    @Test
    void eachBackupStandsBesideThoseBeforeItOfTheSameSources() throws Exception {
        try (Store store = new StoreFixture(work).open()) {
            List<StoredSnapshot> made = new ArrayList<>();
            made.add(backup(store, "/vm", 100, 0, 100_000_000, 40_000_000));
            for (int day = 1; day <= 4; day++) {
                made.add(backup(store, "/vm", 100, 100 - day, day * 1_000_000L, day * 400_000L));
                made.add(backup(store, "/other", 5, 0, 5_000_000, 5_000_000));
            }
            made.add(backup(store, "/vm", 100, 0, 100_000_000, 100_000_000));
            List<ChangeHistory.Run> runs = ChangeHistory.of(made.reversed(), 30);
            assertThat(runs)
                    .extracting(ChangeHistory.Run::snapshot)
                    .containsExactlyElementsOf(
                            made.stream().map(StoredSnapshot::id).toList());
            ChangeHistory.Run attack = runs.getLast();
            assertThat(attack.suspicion()).contains("may have been encrypted");
            assertThat(attack.changed())
                    .isEqualTo(new ChangeHistory.Figure(1, attack.changed().usual()));
            // The first backup, of which everything is new, is not usual.
            assertThat(attack.changed().usual()).isNotNull().satisfies(usual -> {
                assertThat(usual.least()).isEqualTo(0.01, within());
                assertThat(usual.most()).isEqualTo(0.04, within());
                assertThat(usual.median()).isEqualTo(0.03, within());
            });
            assertThat(attack.replaced().value()).isEqualTo(1);
            assertThat(attack.compressed().value()).isEqualTo(1);
            assertThat(attack.compressed().usual())
                    .isNotNull()
                    .satisfies(usual -> assertThat(usual.most()).isEqualTo(0.4, within()));
            assertThat(runs.getFirst().changed().usual()).isNull();
            assertThat(runs.subList(0, runs.size() - 1))
                    .allSatisfy(each -> assertThat(each.suspicion()).isEmpty());
            assertThat(ChangeHistory.of(made, 2)).hasSize(2).last().isEqualTo(attack);
        }
    }

    private static org.assertj.core.data.Offset<Double> within() {
        return org.assertj.core.data.Offset.offset(1e-9);
    }
}
