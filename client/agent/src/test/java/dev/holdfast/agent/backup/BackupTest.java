package dev.holdfast.agent.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.memory.MemoryAppliance;
import dev.holdfast.agent.memory.TestClient;
import dev.holdfast.agent.memory.TestTree;
import dev.holdfast.agent.remote.Appliance;
import dev.holdfast.agent.remote.ConnectionLostException;
import dev.holdfast.agent.remote.PrivateDedup;
import dev.holdfast.agent.scan.Excludes;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.Problem;
import dev.holdfast.protocol.wire.Message;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Backups to an appliance in memory, over real TLS; what was stored is restored and compared. */
@EnabledOnOs(OS.LINUX)
class BackupTest {
    @TempDir
    Path work;

    private final TestTree trees = new TestTree(4711);
    private MemoryAppliance appliance;
    private TestClient client;
    private Path source;
    private int restores;

    @BeforeEach
    void start() throws Exception {
        appliance = new MemoryAppliance();
        client = new TestClient(appliance, "node", work.resolve("state"));
        source = work.resolve("source");
    }

    @AfterEach
    void stop() throws IOException {
        appliance.close();
    }

    /** Restores a snapshot of the source to a directory of its own, and compares. */
    private void assertRestores(Backup.Result snapshot) throws IOException {
        Path target = work.resolve("target-" + restores++);
        client.restore(snapshot.snapshot(), TestClient.tree(source), target, TestClient.overwriting());
        assertThat(client.warnings).isEmpty();
        TestClient.assertSame(source, target.resolve("source"));
    }

    @Test
    void treeComesBackWithAllMetadata() throws Exception {
        trees.hard(source);
        Backup.Result made = client.backup(source);
        assertThat(client.problems).isEmpty();
        assertThat(made.incremental()).isFalse();
        assertThat(made.summary().counts().files()).isEqualTo(client.stats.files.sum());
        assertRestores(made);
        Path restored = work.resolve("target-0/source");
        assertThat(Files.readAllBytes(restored.resolve("large")))
                .isEqualTo(Files.readAllBytes(source.resolve("large")));
        assertThat(Files.getAttribute(restored.resolve("large"), "unix:ino"))
                .isEqualTo(Files.getAttribute(restored.resolve("deep/er/and/another link"), "unix:ino"));
        assertThat(Files.size(restored.resolve("sparse"))).isEqualTo(20_000_000);
    }

    @Test
    void unchangedFilesAreNotReadAgain() throws Exception {
        trees.hard(source);
        TestTree.settle();
        client.backup(source);
        int before = appliance.chunks();
        Backup.Result again = client.backup(source);
        assertThat(again.incremental()).isTrue();
        assertThat(client.stats.openedFiles.sum()).isZero();
        assertThat(client.stats.readBytes.sum()).isZero();
        assertThat(again.summary().counts().reused()).isGreaterThan(200);
        // Identical pages, but for the one with the directories above the source, which others write to.
        assertThat(appliance.chunks()).isBetween(before, before + 1);
        assertRestores(again);
    }

    @Test
    void changedFileIsFoundAlsoWithTheSameSizeAndTime() throws Exception {
        trees.bulk(source, 3, 300_000);
        TestTree.settle();
        client.backup(source);
        Path changed = source.resolve("bulk-1");
        FileTime time = Files.getLastModifiedTime(changed);
        byte[] content = Files.readAllBytes(changed);
        content[150_000] ^= 1;
        Files.write(changed, content);
        Files.setLastModifiedTime(changed, time);
        Backup.Result again = client.backup(source);
        assertThat(client.stats.openedFiles.sum()).isEqualTo(1);
        assertThat(again.summary().counts().reused()).isEqualTo(2);
        assertRestores(again);
    }

    @Test
    void changedByteOfALargeFileCostsFewChunks() throws Exception {
        trees.bulk(source, 1, 6_000_000);
        client.backup(source);
        long all = client.stats.sentBytes.sum();
        byte[] content = Files.readAllBytes(source.resolve("bulk-0"));
        content[3_000_000] ^= 1;
        Files.write(source.resolve("bulk-0"), content);
        Backup.Result again = client.backup(source);
        assertThat(client.stats.sentBytes.sum()).isPositive().isLessThan(all / 2);
        assertRestores(again);
    }

    @Test
    void removedAndAddedEntriesAreSeen() throws Exception {
        trees.hard(source);
        TestTree.settle();
        client.backup(source);
        Files.delete(source.resolve("deep/small-3"));
        Files.writeString(source.resolve("deep/new"), "new");
        Files.delete(source.resolve("symlink"));
        Files.createSymbolicLink(source.resolve("symlink"), Path.of("elsewhere"));
        // One name fewer, so that the others must not refer to it.
        Files.delete(source.resolve("deep/er/and/another link"));
        assertRestores(client.backup(source));
    }

    @Test
    void brokenBackupIsResumedByTheNext() throws Exception {
        trees.bulk(source, 12, 1_000_000);
        appliance.cutAfter(4, Message.Put.class);
        assertThatThrownBy(() -> client.backup(source)).isInstanceOf(ConnectionLostException.class);
        int stored = appliance.chunks();
        assertThat(stored).isPositive();
        Backup.Result made = client.backup(source);
        // Nothing that the appliance had acknowledged was sent again.
        assertThat(client.stats.sentChunks.sum()).isLessThanOrEqualTo(appliance.chunks() - stored);
        assertRestores(made);
    }

    @Test
    void attemptsGoOnAfterALostConnection() throws Exception {
        trees.bulk(source, 6, 1_000_000);
        appliance.cutAfter(2, Message.Put.class);
        List<String> told = new ArrayList<>();
        Backup.Result made = Attempts.run(full -> client.backup(full, source), false, 3, told::add);
        assertThat(told).hasSize(1);
        assertRestores(made);
    }

    @Test
    void chunkThatTheApplianceLostIsSentAgain() throws Exception {
        trees.bulk(source, 3, 400_000);
        TestTree.settle();
        Backup.Result first = client.backup(source);
        appliance.damage(appliance.content(first.snapshot()).keySet().iterator().next());
        List<String> told = new ArrayList<>();
        Backup.Result second = Attempts.run(full -> client.backup(full, source), false, 0, told::add);
        assertThat(told)
                .containsExactly("The appliance lacks data of the previous snapshot; reading every file again.");
        assertRestores(second);
        assertRestores(first);
    }

    @Test
    void streamBecomesOneFile() throws Exception {
        byte[] content = trees.noise(2_000_000);
        Backup.Result made = client.backupStream(new ByteArrayInputStream(content), "dump.sql");
        Path target = work.resolve("out");
        client.restore(made.snapshot(), target);
        assertThat(Files.readAllBytes(target.resolve("dump.sql"))).isEqualTo(content);
    }

    @Test
    void failingStreamMakesNoSnapshot() throws Exception {
        InputStream failing = new InputStream() {
            private int left = 300_000;

            @Override
            public int read() throws IOException {
                if (left-- <= 0) {
                    throw new IOException("the producer failed");
                }
                return 7;
            }
        };
        assertThatThrownBy(() -> client.backupStream(failing, "dump")).hasMessage("the producer failed");
        try (Appliance connected = client.connect()) {
            assertThat(connected.snapshots()).isEmpty();
        }
    }

    @Test
    void excludedEntriesAreLeftOutAndMissingSourcesReported() throws Exception {
        trees.bulk(source, 2, 1000);
        Files.writeString(source.resolve("scratch.tmp"), "scratch");
        client.excludes = new Excludes(List.of("*.tmp"));
        Path missing = work.resolve("missing");
        Backup.Result made = client.backup(source, missing);
        assertThat(client.problems)
                .singleElement()
                .satisfies(problem -> assertThat(problem.kind()).isEqualTo(Problem.Kind.UNREADABLE))
                .satisfies(problem -> assertThat(problem.path()).isEqualTo(TestClient.tree(missing)));
        assertThat(made.summary().counts().problems()).isEqualTo(1);
        Files.delete(source.resolve("scratch.tmp"));
        Path target = work.resolve("out");
        client.restore(made.snapshot(), TestClient.tree(source), target, TestClient.overwriting());
        assertThat(target.resolve("source/scratch.tmp")).doesNotExist();
        assertThat(target.resolve("source/bulk-1")).hasSize(1000);
    }

    @Test
    void tagsAndSourcesAreInTheSummary() throws Exception {
        trees.bulk(source, 1, 10);
        client.tags = List.of("weekly", "before-upgrade");
        client.backup(source);
        try (Appliance connected = client.connect()) {
            assertThat(connected.snapshots()).singleElement().satisfies(each -> {
                assertThat(each.summary().tags()).containsExactly("weekly", "before-upgrade");
                assertThat(each.summary().sources()).containsExactly(TestClient.tree(source));
            });
        }
    }

    @Test
    void privateChunksBeginWithTheSecretAndAreSharedWithNobody() throws Exception {
        trees.bulk(source, 4, 200_000);
        Set<Digest> shared = appliance.content(client.backup(source).snapshot()).keySet();
        PrivateDedup.enable(client.state, false);
        byte[] prefix = PrivateDedup.load(client.state).prefix();
        Backup.Result made = client.backup(source);
        assertThat(appliance.content(made.snapshot())).isNotEmpty().allSatisfy((digest, content) -> {
            assertThat(Arrays.copyOf(content, prefix.length)).isEqualTo(prefix);
            assertThat(shared).doesNotContain(digest);
        });
        assertRestores(made);
    }

    @Test
    void nodeSendsWhatOnlyAnotherNodeStored() throws Exception {
        trees.bulk(source, 2, 500_000);
        Backup.Result first = client.backup(source);
        client = new TestClient(appliance, "other", work.resolve("other"));
        Backup.Result made = client.backup(source);
        assertThat(client.stats.sentBytes.sum()).isGreaterThan(1_000_000);
        assertThat(appliance.content(made.snapshot()).keySet())
                .isEqualTo(appliance.content(first.snapshot()).keySet());
        assertRestores(made);
    }

    @Test
    void closedGateLetsNothingPassUntilItOpens() throws Exception {
        trees.bulk(source, 4, 500_000);
        Pace sending = Pace.unlimited();
        sending.shut(true);
        client.throttle = new Throttle(Pace.unlimited(), sending, 2);
        CountDownLatch asked = new CountDownLatch(1);
        appliance.listen(message -> {
            if (message instanceof Message.Query) {
                asked.countDown();
            }
        });
        CompletableFuture<Backup.Result> made = CompletableFuture.supplyAsync(() -> {
            try {
                return client.backup(source);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
        TestTree.settle();
        assertThat(appliance.count(Message.Put.class)).isZero();
        assertThat(made).isNotDone();
        sending.shut(false);
        assertRestores(made.get(60, TimeUnit.SECONDS));
    }

    @Test
    void rateLimitsOfReadingAndSendingLetEverythingThrough() throws Exception {
        trees.bulk(source, 2, 200_000);
        client.throttle = new Throttle(new Pace(4_000_000), new Pace(4_000_000), 1);
        assertRestores(client.backup(source));
    }
}
