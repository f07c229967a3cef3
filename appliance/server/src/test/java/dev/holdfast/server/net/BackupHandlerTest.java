package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.Task;
import dev.holdfast.control.taskspec.TaskSpec;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.chunk.ChunkKind;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.chunk.Packed;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.store.StoreFixture;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Backups over real connections, into a real store. */
class BackupHandlerTest {
    @TempDir
    Path dir;

    private TestAppliance appliance;

    @AfterEach
    void close() throws Exception {
        appliance.close();
    }

    private TestAppliance.TestNode start(TestAppliance.Setup setup) throws Exception {
        appliance = new TestAppliance(dir.resolve("data"), Deadlines.STANDARD, System::nanoTime, setup);
        return appliance.enrol("mail");
    }

    private TestAppliance.TestNode start() throws Exception {
        return start(TestAppliance.Setup.STANDARD);
    }

    private static Message.Upload upload(int seed) {
        byte[] bytes = StoreFixture.random(seed, 20_000);
        return new Message.Upload(ChunkKind.DATA, HashAlgorithm.NEWEST.digest(bytes), Packed.raw(bytes));
    }

    private static Digest digest(int seed) {
        return upload(seed).digest();
    }

    private static void assertRefused(ErrorCode code, Executable request) {
        assertThatThrownBy(request::execute)
                .isInstanceOfSatisfying(
                        RemoteException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private static byte known(TestAppliance.Connection connection, int... seeds) throws IOException {
        List<Digest> digests = java.util.Arrays.stream(seeds)
                .mapToObj(BackupHandlerTest::digest)
                .toList();
        return connection.ask(new Message.Query(digests), Message.Known.class).bitmap()[0];
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
            Thread.sleep(10);
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private Task onlyTask() throws IOException {
        List<Task> tasks = appliance.control.taskHistory().list(10);
        assertThat(tasks).hasSize(1);
        return tasks.getFirst();
    }

    @Test
    void knownChunksAreThoseOfTheNodeItself() throws Exception {
        TestAppliance.TestNode mail = start();
        TestAppliance.TestNode web = appliance.enrol("web");
        try (TestAppliance.Connection first = mail.connect();
                TestAppliance.Connection other = web.connect()) {
            first.ask(new Message.OpenBackup("/"), Message.BackupOpened.class);
            other.ask(new Message.OpenBackup("/"), Message.BackupOpened.class);
            assertThat(known(first, 1, 2, 3)).isZero();
            first.ask(new Message.Put(List.of(upload(1), upload(3))), Message.Stored.class);
            assertThat(known(first, 1, 2, 3)).isEqualTo((byte) 0b101);
            assertThat(known(other, 1, 2, 3)).isZero();
        }
    }

    @Test
    void backupThatBreaksOffLeavesNoSnapshotAndItsChunksForTheNext() throws Exception {
        TestAppliance.TestNode mail = start();
        try (TestAppliance.Connection broken = mail.connect()) {
            broken.ask(new Message.OpenBackup("/home"), Message.BackupOpened.class);
            broken.ask(new Message.Put(List.of(upload(1))), Message.Stored.class);
            assertThat(onlyTask().state()).isEqualTo(TaskState.RUNNING);
            // In the middle of a frame.
            broken.socket.getOutputStream().write(new byte[] {0, 0, 1, 0, 21});
        }
        await(() -> appliance.sessions.count() == 0 && appliance.listener.connections() == 0);
        Task task = onlyTask();
        assertThat(task.state()).isEqualTo(TaskState.BROKEN);
        assertThat(task.snapshot()).isNull();
        assertThat(task.description()).isEqualTo("/home");
        assertThat(appliance.listener.limits().ingest.heldBytes()).isZero();
        try (TestAppliance.Connection next = mail.connect()) {
            assertThat(next.list()).isEmpty();
            next.ask(new Message.OpenBackup("/home"), Message.BackupOpened.class);
            assertThat(known(next, 1, 2)).isEqualTo((byte) 1);
        }
    }

    @Test
    void committedBackupIsATaskDoneAndAudited() throws Exception {
        TestAppliance.TestNode mail = start();
        TestAppliance.Backup backup = mail.backup(5000, 1, 2);
        assertThat(onlyTask().state()).isEqualTo(TaskState.DONE);
        assertThat(onlyTask().snapshot()).isEqualTo(backup.snapshot().toString());
        assertThat(appliance.control.audit().newest(1).getFirst().outcome()).isEqualTo("committed");
        mail.restore(backup);
    }

    @Test
    void furtherConnectionsOfTheSameNodeJoin() throws Exception {
        TestAppliance.TestNode mail = start();
        TestAppliance.TestNode web = appliance.enrol("web");
        try (TestAppliance.Connection first = mail.connect();
                TestAppliance.Connection second = mail.connect();
                TestAppliance.Connection foreign = web.connect()) {
            long session = first.ask(new Message.OpenBackup("/"), Message.BackupOpened.class)
                    .session();
            assertRefused(ErrorCode.NOT_FOUND, () -> foreign.ask(new Message.JoinBackup(session), Message.Done.class));
            assertRefused(
                    ErrorCode.NOT_FOUND, () -> second.ask(new Message.JoinBackup(session + 1), Message.Done.class));
            second.ask(new Message.JoinBackup(session), Message.Done.class);
            second.ask(new Message.Put(List.of(upload(1))), Message.Stored.class);
            assertThat(known(first, 1)).isEqualTo((byte) 1);
        }
        assertThat(appliance.control.taskHistory().list(10)).hasSize(1);
    }

    @Test
    void requestsOfABackupNeedOne() throws Exception {
        TestAppliance.TestNode mail = start();
        try (TestAppliance.Connection connection = mail.connect()) {
            for (Message request : List.of(
                    new Message.Query(List.of(digest(1))),
                    new Message.Put(List.of(upload(1))),
                    new Message.RootPart(List.of()),
                    new Message.Commit(TestAppliance.summary(0).encode()))) {
                assertThatThrownBy(() -> connection.ask(request, Message.Done.class))
                        .hasMessage("no backup is open on this connection");
            }
        }
    }

    @Test
    void fullApplianceRefusesBackupsAndStillRestores() throws Exception {
        TestAppliance.TestNode mail = start(new TestAppliance.Setup(1 << 20, false, HashAlgorithm.NEWEST));
        TestAppliance.Backup backup = mail.backup(20_000, 1);
        try (TestAppliance.Connection connection = mail.connect()) {
            connection.ask(new Message.OpenBackup("/"), Message.BackupOpened.class);
            assertRefused(ErrorCode.CAPACITY, () -> {
                for (int seed = 2; seed < 200; seed++) {
                    connection.ask(new Message.Put(List.of(upload(seed))), Message.Stored.class);
                }
            });
            // The connection goes on.
            assertThat(known(connection, 1)).isIn((byte) 0, (byte) 1);
            connection.ask(new Message.Ping(), Message.Done.class);
        }
        mail.restore(backup);
    }

    @Test
    void recoveredApplianceThatReadsOnlyRefusesBackups() throws Exception {
        TestAppliance.TestNode mail = start(new TestAppliance.Setup(0, true, HashAlgorithm.NEWEST));
        try (TestAppliance.Connection connection = mail.connect()) {
            assertRefused(
                    ErrorCode.READ_ONLY, () -> connection.ask(new Message.OpenBackup("/"), Message.BackupOpened.class));
            assertThat(connection.list()).isEmpty();
        }
        assertThat(appliance.control.taskHistory().list(10)).isEmpty();
        assertThat(appliance.sessions.count()).isZero();
    }

    @Test
    void suspendedNodeIsRefusedOnAllItsConnections() throws Exception {
        TestAppliance.TestNode mail = start();
        try (TestAppliance.Connection open = mail.connect();
                TestAppliance.Connection next = mail.connect()) {
            open.ask(new Message.OpenBackup("/"), Message.BackupOpened.class);
            byte[] bytes = {1, 2, 3};
            Packed unreadable = new Packed(dev.holdfast.protocol.chunk.Codec.ZSTD, 100, bytes);
            Message.Upload bad = new Message.Upload(ChunkKind.DATA, HashAlgorithm.NEWEST.digest(bytes), unreadable);
            assertThatThrownBy(() -> open.ask(new Message.Put(List.of(upload(1), bad)), Message.Stored.class))
                    .isInstanceOf(RemoteException.class);
            assertRefused(ErrorCode.FORBIDDEN, () -> known(open, 1));
            assertRefused(ErrorCode.FORBIDDEN, () -> next.ask(new Message.OpenBackup("/"), Message.BackupOpened.class));
            appliance.control.suspensions().resume(mail.id);
            next.ask(new Message.OpenBackup("/"), Message.BackupOpened.class);
            // What was right about the request with the bad chunk was kept.
            assertThat(known(next, 1)).isEqualTo((byte) 1);
        }
    }

    @Test
    void onlyABackupOfThisNodeIsOpenedByOrder() throws Exception {
        TestAppliance.TestNode mail = start();
        long verify = appliance
                .control
                .orders()
                .add(mail.id, null, new TaskSpec.Verify(new UUID(1, 2)), "snapshot x", 1, "ann");
        assertThat(appliance.control.tasks().start(verify)).isTrue();
        try (TestAppliance.Connection connection = mail.connect()) {
            for (long order : new long[] {verify, verify + 1, -1}) {
                assertRefused(
                        ErrorCode.NOT_FOUND,
                        () -> connection.ask(new Message.OpenOrdered(order), Message.BackupOpened.class));
            }
        }
    }
}
