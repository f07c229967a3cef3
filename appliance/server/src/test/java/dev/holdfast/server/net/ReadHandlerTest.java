package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.Task;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Reading snapshots over real connections, from a real store. */
class ReadHandlerTest {
    @TempDir
    Path dir;

    private TestAppliance appliance;
    private TestAppliance.TestNode mail;
    private TestAppliance.TestNode web;
    private TestAppliance.Backup backup;

    @BeforeEach
    void open() throws Exception {
        appliance = new TestAppliance(dir.resolve("data"), Deadlines.STANDARD);
        mail = appliance.enrol("mail");
        web = appliance.enrol("web");
        backup = mail.backup(5000, 1, 2, 3);
    }

    @AfterEach
    void close() throws Exception {
        appliance.close();
    }

    private static void assertRefused(ErrorCode code, Executable request) {
        assertThatThrownBy(request::execute)
                .isInstanceOfSatisfying(
                        RemoteException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private Message.ReadOpened openRead(TestAppliance.Connection connection, Purpose purpose, String detail)
            throws IOException {
        return connection.ask(Message.OpenRead.of(backup.snapshot(), purpose, detail), Message.ReadOpened.class);
    }

    private List<Task> reads() throws IOException {
        return appliance.control.taskHistory().list(100).stream()
                .filter(each ->
                        !each.kind().equals("backup") && each.requestedBy().isEmpty())
                .toList();
    }

    private List<String> audited(String action) throws IOException {
        return appliance.control.audit().newest(100).stream()
                .filter(each -> each.action().startsWith(action))
                .map(each -> each.actor() + ", " + each.action() + ", " + each.outcome())
                .toList();
    }

    @Test
    void snapshotOfAnotherNodeIsNotThere() throws Exception {
        try (TestAppliance.Connection foreign = web.connect()) {
            assertThat(foreign.list()).isEmpty();
            assertRefused(ErrorCode.NOT_FOUND, () -> openRead(foreign, Purpose.RESTORE, "/"));
            assertRefused(
                    ErrorCode.NOT_FOUND,
                    () -> foreign.ask(new Message.ReadRoot(backup.snapshot(), 0, 1), Message.RootPages.class));
            assertRefused(
                    ErrorCode.NOT_FOUND,
                    () -> foreign.ask(new Message.AskThaw(backup.snapshot()), Message.ThawAdvice.class));
            assertThat(foreign.ask(new Message.Plan(backup.chunks()), Message.Places.class)
                            .places())
                    .containsOnly(-1);
            assertThat(foreign.get(backup.chunks()))
                    .hasSize(3)
                    .allMatch(
                            answer -> answer.packed() == null && answer.damage().endsWith("is not in the store"));
        }
        assertThat(audited("read")).containsExactly("node web, read, refused: not found");
        assertThat(reads()).isEmpty();
    }

    @Test
    void orderLetsAnotherNodeRestoreWhileItRuns() throws Exception {
        long order =
                Orders.restore(appliance.control, web.id, backup.snapshot(), List.of(), "/tmp/back", "never", "ann");
        try (TestAppliance.Connection other = web.connect()) {
            assertRefused(ErrorCode.NOT_FOUND, () -> openRead(other, Purpose.ORDERED_RESTORE, "/"));
            assertThat(appliance.control.tasks().start(order)).isTrue();
            web.restore(other, backup, Purpose.ORDERED_RESTORE);
            other.ask(new Message.Ended(order, Message.Outcome.DONE, "{}", ""), Message.Done.class);
            // Pages of a snapshot that is open stay readable; chunks, and the snapshot anew, do not.
            assertThat(other.get(backup.chunks())).allMatch(answer -> answer.packed() == null);
            assertRefused(ErrorCode.NOT_FOUND, () -> openRead(other, Purpose.ORDERED_RESTORE, "/"));
        }
        assertThat(reads()).isEmpty();
    }

    @Test
    void restoresAndVerificationsThatPeopleAskForAreTasks() throws Exception {
        try (TestAppliance.Connection connection = mail.connect()) {
            openRead(connection, Purpose.LIST, "/");
            openRead(connection, Purpose.ORDERED_RESTORE, "/");
            openRead(connection, Purpose.ORDERED_VERIFY, "");
            openRead(connection, Purpose.DRILL, "");
            connection.ask(new Message.OpenRead(backup.snapshot(), "steal"), Message.ReadOpened.class);
            assertThat(reads()).isEmpty();
            openRead(connection, Purpose.RESTORE, "/home");
            // Once for a snapshot and a connection.
            openRead(connection, Purpose.VERIFY, "");
            connection.get(backup.chunks());
            assertThat(reads()).extracting(Task::state).containsExactly(TaskState.RUNNING);
        }
        awaitNoConnection();
        Task task = reads().getFirst();
        assertThat(task.state()).isEqualTo(TaskState.DONE);
        assertThat(task.kind()).isEqualTo("restore");
        assertThat(task.description()).isEqualTo("restore /home");
        assertThat(task.chunks()).isEqualTo(3);
    }

    @Test
    void openingIsAuditedWithItsPurpose() throws Exception {
        try (TestAppliance.Connection connection = mail.connect()) {
            openRead(connection, Purpose.RESTORE, "/home");
        }
        assertThat(audited("read")).containsExactly("node mail, read: restore /home, allowed");
    }

    private void awaitNoConnection() throws InterruptedException {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (appliance.listener.connections() > 0 && System.nanoTime() < deadline) {
            Thread.sleep(10);
        }
        assertThat(appliance.listener.connections()).isZero();
    }

    @Test
    void pagesAreReadOfSnapshotsThatAreOpen() throws Exception {
        try (TestAppliance.Connection connection = mail.connect()) {
            Message.ReadRoot root = new Message.ReadRoot(backup.snapshot(), 0, 512);
            assertRefused(ErrorCode.NOT_FOUND, () -> connection.ask(root, Message.RootPages.class));
            int pages = openRead(connection, Purpose.LIST, "/").pages();
            assertThat(connection.ask(root, Message.RootPages.class).pages()).hasSize(pages);
            assertRefused(
                    ErrorCode.MALFORMED,
                    () -> connection.ask(new Message.ReadRoot(backup.snapshot(), -1, 1), Message.RootPages.class));
            assertThat(connection
                            .ask(new Message.ReadRoot(backup.snapshot(), pages, 1), Message.RootPages.class)
                            .pages())
                    .isEmpty();
        }
    }

    @Test
    void chunksOfARequestAreLimitedAndDifferent() throws Exception {
        List<Digest> many =
                IntStream.range(0, 4097).mapToObj(i -> new Digest(i, 0, 0, 0)).toList();
        try (TestAppliance.Connection connection = mail.connect()) {
            assertRefused(ErrorCode.MALFORMED, () -> connection.get(many));
            Digest chunk = backup.chunks().getFirst();
            assertRefused(ErrorCode.MALFORMED, () -> connection.get(List.of(chunk, chunk)));
            assertThat(connection.get(backup.chunks())).allMatch(answer -> answer.packed() != null);
        }
    }

    @Test
    void noNodeDeletesSnapshots() throws Exception {
        try (TestAppliance.Connection connection = mail.connect()) {
            assertRefused(
                    ErrorCode.FORBIDDEN,
                    () -> connection.ask(new Message.Forget(backup.snapshot()), Message.Done.class));
            assertRefused(
                    ErrorCode.FORBIDDEN, () -> connection.ask(new Message.Forget(new UUID(1, 2)), Message.Done.class));
            assertThat(connection.list()).hasSize(1);
        }
        assertThat(audited("forget")).isNotEmpty().allMatch(each -> each.startsWith("node mail, forget, refused"));
        mail.restore(backup);
    }
}
