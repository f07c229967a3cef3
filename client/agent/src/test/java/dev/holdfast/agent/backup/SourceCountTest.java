package dev.holdfast.agent.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.agent.fs.Platform;
import dev.holdfast.agent.memory.MemoryAppliance;
import dev.holdfast.agent.memory.TestClient;
import dev.holdfast.agent.memory.TestTree;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.RemoteManifest;
import dev.holdfast.agent.restore.RestoreStats;
import dev.holdfast.agent.restore.WantedBytes;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.agent.scan.Sources;
import dev.holdfast.protocol.manifest.SnapshotSummary;
import dev.holdfast.protocol.wire.Purpose;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is expected of a backup or restore, and what they count as done, are the same in the end. */
@EnabledOnOs(OS.LINUX)
class SourceCountTest {
    @TempDir
    Path work;

    private static Sources sources(Path path) throws Exception {
        return Sources.find(Platform.current(), List.of(TestClient.bytes(path)), List.of());
    }

    @Test
    void countIsWhatASnapshotHolds() throws Exception {
        Path tree = new TestTree(7).hard(work.resolve("tree"));
        try (MemoryAppliance memory = new MemoryAppliance()) {
            TestClient client = new TestClient(memory, "node", work.resolve("state"));
            Backup.Result made = client.backup(tree);
            SnapshotSummary.Counts counts = made.summary().counts();
            SourceCount count = SourceCount.beside(Pace.unlimited());
            assertThat(count.run(Platform.current(), sources(tree), new Excludes(List.of()), false))
                    .isEqualTo(counts.bytes());
            assertThat(client.stats.seenBytes()).isEqualTo(counts.bytes());
            client.backup(tree);
            assertThat(client.stats.seenBytes()).as("taken over").isEqualTo(counts.bytes());
            assertThat(client.stats.figures().path()).startsWith(tree.toString());
            try (Appliance appliance = client.connect()) {
                RemoteManifest manifest = appliance.open(made.snapshot(), Purpose.RESTORE);
                assertThat(WantedBytes.count(manifest, List.of(TestClient.tree(tree))))
                        .isEqualTo(counts.bytes());
                assertThat(WantedBytes.count(manifest, List.of(TestClient.tree(tree.resolve("zeros")))))
                        .isEqualTo(2_500_000);
            }
            Path target = work.resolve("target");
            assertThat(client.restore(made.snapshot(), target).handledBytes()).isEqualTo(counts.bytes());
            RestoreStats again = client.restore(made.snapshot(), target);
            assertThat(again.bytes.sum()).isZero();
            assertThat(again.handledBytes()).as("found in place").isEqualTo(counts.bytes());
        }
    }

    @Test
    void leavesOutWhatTheBackupLeavesOut() throws Exception {
        Path tree = new TestTree(7).bulk(work.resolve("tree"), 3, 1000);
        Excludes excludes = new Excludes(new Excludes.Settings(List.of("bulk-1"), List.of(), false, List.of(), 0));
        SourceCount count = new SourceCount();
        assertThat(count.run(Platform.current(), sources(tree), excludes.again(), false))
                .isEqualTo(2000);
        assertThat(count.files()).isEqualTo(2);
        assertThat(excludes.remarks()).as("the rules of the backup itself").hasSize(1);
    }
}
