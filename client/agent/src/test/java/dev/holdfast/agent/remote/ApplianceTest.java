package dev.holdfast.agent.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.agent.browse.Contents;
import dev.holdfast.agent.browse.Verification;
import dev.holdfast.agent.memory.MemoryAppliance;
import dev.holdfast.agent.memory.TestClient;
import dev.holdfast.agent.memory.TestTree;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.manifest.TreePath;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the client asks of an appliance, over real TLS: enrolment, the list of snapshots, reading, verification. */
@EnabledOnOs(OS.LINUX)
class ApplianceTest {
    @TempDir
    Path work;

    private MemoryAppliance appliance;
    private TestClient client;
    private Path source;

    @BeforeEach
    void start() throws Exception {
        appliance = new MemoryAppliance();
        client = new TestClient(appliance, "node", work.resolve("state"));
        source = new TestTree(12).bulk(work.resolve("source"), 6, 300_000);
    }

    @AfterEach
    void stop() throws IOException {
        appliance.close();
    }

    private static void assertRefused(ErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        RemoteException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void enrolmentMakesANodeThatOnlyItsOwnerCanRead() throws Exception {
        assertThat(Identity.load(client.state)).isEqualTo(client.identity);
        assertThat(Files.getPosixFilePermissions(client.state.resolve("node.key")))
                .hasSize(2);
        try (Appliance connected = client.connect()) {
            assertThat(connected.control().welcome().node()).isEqualTo("node");
            assertThat(connected.snapshots()).isEmpty();
        }
    }

    @Test
    void unknownTokenIsRefusedAndLeavesNothing() throws Exception {
        Path state = work.resolve("stranger");
        String token = appliance.token().replace("0123", "3210");
        assertRefused(ErrorCode.TOKEN_REFUSED, () -> Enrolment.enroll(appliance.endpoint(), token, null, "x", state));
        assertThat(state).doesNotExist();
    }

    @Test
    void nodeOfAnotherApplianceIsNotTrusted() throws Exception {
        try (MemoryAppliance other = new MemoryAppliance()) {
            client.identity.movedTo(other.endpoint()).save(client.state);
            assertRefused(ErrorCode.UNAUTHENTICATED, () -> client.connect().close());
        }
    }

    @Test
    void revokedNodeIsToldSo() throws Exception {
        appliance.revoke(client.identity.nodeId());
        assertRefused(ErrorCode.REVOKED, () -> client.backup(source));
    }

    @Test
    void snapshotsAreFoundByLatestAndByShortIds() throws Exception {
        UUID first = client.backup(source).snapshot();
        UUID second = client.backup(source).snapshot();
        try (Appliance connected = client.connect()) {
            assertThat(connected.snapshots()).extracting(Appliance.Listed::id).containsExactly(first, second);
            assertThat(connected.find("latest").id()).isEqualTo(second);
            assertThat(connected.find(first.toString().substring(0, 8)).id()).isEqualTo(first);
            assertRefused(ErrorCode.NOT_FOUND, () -> connected.find("ffffffff-no"));
        }
    }

    @Test
    void snapshotOfAnotherNodeIsNotFound() throws Exception {
        UUID snapshot = client.backup(source).snapshot();
        TestClient other = new TestClient(appliance, "other", work.resolve("other"));
        try (Appliance connected = other.connect()) {
            assertThat(connected.snapshots()).isEmpty();
            assertRefused(ErrorCode.NOT_FOUND, () -> connected.open(snapshot, Purpose.LIST));
        }
    }

    @Test
    void onlySnapshotsMadeHereCountAsOwn() throws Exception {
        UUID own = client.backup(source).snapshot();
        OwnSnapshots snapshots = new OwnSnapshots(client.state);
        try (Appliance connected = client.connect()) {
            assertThat(snapshots.made(connected.open(own, Purpose.RESTORE))).isTrue();
            assertThat(new OwnSnapshots(work).made(connected.open(own, Purpose.RESTORE)))
                    .isFalse();
        }
        assertThat(snapshots.lists(UUID.randomUUID())).isFalse();
    }

    @Test
    void entriesAreListedAndReadWithoutARestore() throws Exception {
        UUID snapshot = client.backup(source).snapshot();
        try (Appliance connected = client.connect()) {
            Contents contents = new Contents(connected, connected.open(snapshot, Purpose.CAT));
            List<TreePath> listed = new ArrayList<>();
            contents.list(TestClient.tree(source), true, (path, node) -> listed.add(path));
            assertThat(listed).contains(TestClient.tree(source.resolve("bulk-3")));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            contents.cat(TestClient.tree(source.resolve("bulk-3")), out);
            assertThat(out.toByteArray()).isEqualTo(Files.readAllBytes(source.resolve("bulk-3")));
        }
    }

    @Test
    void verificationNamesTheFilesOfADamagedChunk() throws Exception {
        UUID snapshot = client.backup(source).snapshot();
        assertThat(verify(snapshot).damaged()).isZero();
        assertThat(verify(snapshot).files()).isEqualTo(6);
        Digest chunk = appliance.content(snapshot).keySet().iterator().next();
        appliance.damage(chunk);
        assertThat(verify(snapshot).damaged()).isEqualTo(1);
        assertThat(damaged).containsExactly(TestClient.tree(source.resolve("bulk-0")));
    }

    private final List<TreePath> damaged = new ArrayList<>();

    private Verification.Result verify(UUID snapshot) throws IOException {
        try (Appliance connected = client.connect()) {
            Verification.Reporter reporter = new Verification.Reporter() {
                @Override
                public void damaged(TreePath path, String what) {
                    damaged.add(path);
                }

                @Override
                public void progress(long files, long bytes) {
                    assertThat(files).isNotNegative();
                }
            };
            return new Verification(connected, connected.open(snapshot, Purpose.VERIFY), reporter).run();
        }
    }

    @Test
    void lostConnectionFailsAllRequestsUnderWay() throws Exception {
        try (Appliance connected = client.connect()) {
            CountDownLatch sent = new CountDownLatch(1);
            appliance.listen(message -> {
                if (message instanceof Message.OpenRead) {
                    awaitSafely(sent);
                    appliance.cut();
                }
            });
            CompletableFuture<Message> one = connected.control().send(new Message.OpenRead(UUID.randomUUID(), "first"));
            CompletableFuture<Message> two = connected.control().send(new Message.ListSnapshots());
            sent.countDown();
            for (CompletableFuture<Message> each : List.of(one, two)) {
                assertThatThrownBy(() -> Connection.await(each)).isInstanceOf(ConnectionLostException.class);
            }
            assertThatThrownBy(connected::snapshots).isInstanceOf(ConnectionLostException.class);
        }
    }

    private static void awaitSafely(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void applianceThatIsNotThereIsTold() throws Exception {
        appliance.close();
        assertThatThrownBy(() -> client.connect().close())
                .isInstanceOf(ConnectionLostException.class)
                .hasMessageContaining("cannot reach the appliance at");
    }
}
