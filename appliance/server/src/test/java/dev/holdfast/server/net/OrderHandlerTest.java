package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.Task;
import dev.holdfast.control.db.TaskTable.Line;
import dev.holdfast.control.plan.Orders;
import dev.holdfast.control.plan.Plan;
import dev.holdfast.control.release.ClientPackages;
import dev.holdfast.control.taskspec.TaskState;
import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseSigner;
import dev.holdfast.protocol.snapshot.SnapshotMode;
import dev.holdfast.protocol.snapshot.SourceSnapshots;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Orders to a client's service and its reports, over real connections. */
class OrderHandlerTest {
    private static final int ATTEND = 1000;
    private static final UUID SNAPSHOT = new UUID(1, 2);

    @TempDir
    Path dir;

    private TestAppliance appliance;
    private TestAppliance.TestNode mail;

    @BeforeEach
    void open() throws Exception {
        open(TestAppliance.Setup.STANDARD);
    }

    private void open(TestAppliance.Setup setup) throws Exception {
        Path data = dir.resolve("data-" + setup.hash());
        appliance = new TestAppliance(data, Deadlines.STANDARD, System::nanoTime, setup);
        mail = appliance.enrol("mail");
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

    /** A client's service, ready for orders. */
    private TestAppliance.Connection attend(Long... running) throws Exception {
        TestAppliance.Connection connection = mail.connect();
        connection.send(ATTEND, new Message.Attend(List.of(running)));
        appliance.await(mail.id, true);
        return connection;
    }

    private Task task(long id) throws IOException {
        return appliance.control.tasks().find(id).orElseThrow();
    }

    private long verify() throws IOException {
        return Orders.verify(appliance.control, mail.id, SNAPSHOT, "ann");
    }

    private void plan(Plan.@Nullable Options options) throws IOException {
        Plan plan = new Plan(
                new Plan.What(List.of("/home"), List.of(), false, "", "", 60, options),
                new Plan.When("", "UTC", List.of(), 0, false, 0),
                new Plan.How(0, 0, 0, false, 5));
        appliance.control.plans().put("nightly", plan.json());
    }

    @Test
    void jobIsGivenReportedOnAndEnded() throws Exception {
        try (TestAppliance.Connection service = attend()) {
            long id = verify();
            assertThat(task(id).state()).isEqualTo(TaskState.QUEUED);
            appliance.dispatcher.look();
            assertThat(service.read(ATTEND)).isEqualTo(new Message.Order(id, new Job.Verify(SNAPSHOT)));
            assertThat(task(id).state()).isEqualTo(TaskState.RUNNING);
            service.ask(new Message.Progress(id, "reading", 5, 10, List.of("one", "two")), Message.Done.class);
            assertThat(task(id).step()).isEqualTo("reading");
            assertThat(task(id).done()).isEqualTo(5);
            assertThat(appliance.control.tasks().log(id).stream().map(Line::text))
                    .containsExactly("one", "two");
            service.ask(new Message.Ended(id, Message.Outcome.DONE, "{\"chunks\":7}", ""), Message.Done.class);
            assertThat(task(id).state()).isEqualTo(TaskState.DONE);
            assertThat(task(id).result()).isEqualTo("{\"chunks\":7}");
            // It is over.
            assertRefused(
                    ErrorCode.NOT_FOUND,
                    () -> service.ask(new Message.Ended(id, Message.Outcome.FAILED, "{}", ""), Message.Done.class));
        }
        appliance.await(mail.id, false);
    }

    private void attend(int version, Message.Attend attend, Optional<List<String>> restoresBelow) throws Exception {
        try (TestAppliance.Connection service = mail.connect(version)) {
            service.send(ATTEND, attend);
            appliance.await(mail.id, true);
            assertThat(appliance.control.nodes().restoresBelow(mail.id)).isEqualTo(restoresBelow);
        }
        appliance.await(mail.id, false);
    }

    @Test
    void directoriesOfRestoresAreThoseThatTheLastServiceTold() throws Exception {
        assertThat(appliance.control.nodes().restoresBelow(mail.id)).isEmpty();
        List<String> told = List.of("/restore", "relative", "/srv/a b");
        attend(
                Frames.RESTORE_RIGHTS,
                new Message.Attend(List.of(), told),
                Optional.of(List.of("/restore", "/srv/a b")));
        attend(Frames.RESTORE_RIGHTS, new Message.Attend(List.of(), List.of()), Optional.of(List.of()));
        attend(Frames.RENEWALS, new Message.Attend(List.of()), Optional.empty());
    }

    private Message.Folders folders(long question) {
        return new Message.Folders(question, "", List.of(new Message.Folder("home", false)), "", 0);
    }

    @Test
    void folderQuestionIsAnsweredByTheNodeThatWasAsked() throws Exception {
        assertThat(appliance.folders.ask(mail.id, "/", "")).isEmpty();
        try (TestAppliance.Connection service = attend();
                TestAppliance.Connection other = appliance.enrol("other").connect()) {
            CompletableFuture<Message.Folders> answer =
                    appliance.folders.ask(mail.id, "/", "etc").orElseThrow();
            Message.Order asked = (Message.Order) service.read(ATTEND);
            assertThat(asked.job()).isEqualTo(new Job.Folders("/", "etc"));
            other.ask(folders(asked.task()), Message.Done.class);
            service.ask(folders(asked.task() + 1), Message.Done.class);
            assertThat(answer).isNotDone();
            service.ask(folders(asked.task()), Message.Done.class);
            assertThat(answer).isCompletedWithValue(folders(asked.task()));
            assertThat(appliance.control.orders().open()).isEmpty();
        }
    }

    @Test
    void serviceThatDoesNotAnswerIsNotAskedOverAndOver() throws Exception {
        try (TestAppliance.Connection service = attend()) {
            List<CompletableFuture<Message.Folders>> open = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                open.add(appliance.folders.ask(mail.id, "/", "").orElseThrow());
                assertThat(service.read(ATTEND)).isInstanceOf(Message.Order.class);
            }
            assertThatThrownBy(() -> appliance.folders.ask(mail.id, "/", ""))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("earlier questions");
            open.getFirst().cancel(false);
            assertThat(appliance.folders.ask(mail.id, "/", "")).isPresent();
        }
    }

    @Test
    void clientOfBeforeIsNotAskedForFolders() throws Exception {
        try (TestAppliance.Connection service = mail.connect(Frames.FIGURES)) {
            service.send(ATTEND, new Message.Attend(List.of()));
            appliance.await(mail.id, true);
            assertThatThrownBy(() -> appliance.folders.ask(mail.id, "/", ""))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("upgrade the client");
        }
    }

    @Test
    void runningTaskIsNeverComplete() throws Exception {
        try (TestAppliance.Connection service = mail.connect(Frames.RENEWALS)) {
            service.send(ATTEND, new Message.Attend(List.of()));
            appliance.await(mail.id, true);
            long id = verify();
            appliance.dispatcher.look();
            service.read(ATTEND);
            // As clients of before tell a first backup.
            service.ask(new Message.Progress(id, "bytes seen", 5, 5, List.of()), Message.Done.class);
            assertThat(task(id).done()).isEqualTo(5);
            assertThat(task(id).total()).isZero();
            assertThat(task(id).figures()).isNull();
            service.ask(new Message.Progress(id, "bytes seen", 6, 10, List.of()), Message.Done.class);
            assertThat(task(id).total()).isEqualTo(10);
        }
    }

    @Test
    void figuresAreKeptAndThePathOnlyWhileTheTaskRuns() throws Exception {
        try (TestAppliance.Connection service = attend()) {
            long id = verify();
            appliance.dispatcher.look();
            service.read(ATTEND);
            Message.Figures figures = new Message.Figures(3, 40, -1, "/home/ann/thesis.odt");
            service.ask(new Message.Progress(id, "bytes seen", 40, 100, List.of(), figures), Message.Done.class);
            assertThat(task(id).figures()).isEqualTo(new Task.Figures(3, 40, 0, "/home/ann/thesis.odt"));
            service.ask(new Message.Ended(id, Message.Outcome.DONE, "{}", ""), Message.Done.class);
            assertThat(task(id).figures()).isEqualTo(new Task.Figures(3, 40, 0, ""));
        }
    }

    @Test
    void cancellationIsSentOnce() throws Exception {
        try (TestAppliance.Connection service = attend()) {
            long id = verify();
            appliance.dispatcher.look();
            service.read(ATTEND);
            assertThat(appliance.control.tasks().cancel(id)).isTrue();
            appliance.dispatcher.look();
            appliance.dispatcher.look();
            assertThat(service.read(ATTEND)).isEqualTo(new Message.Order(id, new Job.Cancel()));
            // The next frame is the answer, not a second cancellation.
            service.ask(new Message.Ended(id, Message.Outcome.CANCELLED, "{}", "told to end"), Message.Done.class);
            assertThat(task(id).state()).isEqualTo(TaskState.CANCELLED);
            assertThat(task(id).reason()).isEqualTo("told to end");
        }
    }

    @Test
    void packageIsSentToTheNodeThatUpgrades() throws Exception {
        byte[] content = {1, 2, 3, 4, 5};
        ReleaseSignature signature = new ReleaseSigner().sign(content, "1.2.0", PackageKind.DEB);
        ReleasePackage about = signature.about();
        ClientPackages packages = new ClientPackages(dir.resolve("data-" + TestAppliance.Setup.STANDARD.hash()));
        packages.offer(signature);
        packages.append(about.sha256(), 0, content);
        Digest name = Digest.fromBytes(HexFormat.of().parseHex(about.sha256()));
        TestAppliance.TestNode web = appliance.enrol("web");
        try (TestAppliance.Connection service = attend();
                TestAppliance.Connection foreign = web.connect()) {
            long verification = verify();
            appliance.dispatcher.look();
            service.read(ATTEND);
            assertRefused(ErrorCode.FORBIDDEN, () -> fetch(service, verification, name, 0, 5));
            service.ask(new Message.Ended(verification, Message.Outcome.DONE, "{}", ""), Message.Done.class);
            long id = Orders.upgrade(appliance.control, mail.id, about.version(), "ann");
            appliance.dispatcher.look();
            assertThat(service.read(ATTEND))
                    .isEqualTo(new Message.Order(id, new Job.Upgrade("1.2.0", List.of(signature.text()))));
            assertThat(fetch(service, id, name, 0, 3)).containsExactly(1, 2, 3);
            assertThat(fetch(service, id, name, 3, 256)).containsExactly(4, 5);
            assertRefused(ErrorCode.NOT_FOUND, () -> fetch(foreign, id, name, 0, 5));
            assertRefused(ErrorCode.NOT_FOUND, () -> fetch(service, id, new Digest(1, 2, 3, 4), 0, 5));
            // It still is what it was.
            service.ask(new Message.Ended(id, Message.Outcome.DONE, "{}", ""), Message.Done.class);
            assertThat(task(id).state()).isEqualTo(TaskState.FAILED);
            assertRefused(ErrorCode.NOT_FOUND, () -> fetch(service, id, name, 0, 5));
        }
    }

    private static byte[] fetch(TestAppliance.Connection node, long task, Digest name, long offset, int length)
            throws Exception {
        return node.ask(new Message.FetchPackage(task, name, offset, length), Message.PackagePart.class)
                .bytes();
    }

    @Test
    void orderOfAnotherNodeIsNotFound() throws Exception {
        TestAppliance.TestNode web = appliance.enrol("web");
        try (TestAppliance.Connection service = attend();
                TestAppliance.Connection foreign = web.connect()) {
            long id = verify();
            appliance.dispatcher.look();
            service.read(ATTEND);
            assertRefused(
                    ErrorCode.NOT_FOUND,
                    () -> foreign.ask(new Message.Progress(id, "mine", 1, 2, List.of()), Message.Done.class));
            assertRefused(
                    ErrorCode.NOT_FOUND,
                    () -> foreign.ask(new Message.Ended(id, Message.Outcome.DONE, "{}", ""), Message.Done.class));
            assertThat(task(id).state()).isEqualTo(TaskState.RUNNING);
        }
    }

    @Test
    void orderThatTheServiceNoLongerKnowsIsBrokenAndOneThatEndedIsCancelled() throws Exception {
        long id = verify();
        try (TestAppliance.Connection service = attend()) {
            appliance.dispatcher.look();
            service.read(ATTEND);
        }
        appliance.await(mail.id, false);
        try (TestAppliance.Connection again = attend()) {
            assertThat(task(id).state()).isEqualTo(TaskState.BROKEN);
            again.ask(new Message.Ping(), Message.Done.class);
        }
        appliance.await(mail.id, false);
        try (TestAppliance.Connection late = attend(id)) {
            assertThat(late.read(ATTEND)).isEqualTo(new Message.Order(id, new Job.Cancel()));
        }
    }

    @Test
    void connectionAttendsOnce() throws Exception {
        try (TestAppliance.Connection service = attend()) {
            assertRefused(ErrorCode.MALFORMED, () -> service.ask(new Message.Attend(List.of()), Message.Order.class));
            service.ask(new Message.Ping(), Message.Done.class);
        }
    }

    @Test
    void backupWithOptionsIsNotSentToAClientThatCannotReadIt() throws Exception {
        appliance.close();
        open(TestAppliance.Setup.OLD);
        plan(new Plan.Options(List.of(), List.of(), false, List.of(), 0, List.of("weekly"), "", "", null, null, null));
        for (int version = 1; version <= 2; version++) {
            long id = Orders.backup(appliance.control, mail.id, "nightly", false, "ann");
            try (TestAppliance.Connection service = mail.connect(version)) {
                service.send(ATTEND, new Message.Attend(List.of()));
                appliance.await(mail.id, true);
                appliance.dispatcher.look();
                if (version == 1) {
                    assertThat(task(id).state()).isEqualTo(TaskState.FAILED);
                    assertThat(task(id).reason()).contains("update the client");
                } else {
                    Message.Order order = (Message.Order) service.read(ATTEND);
                    assertThat(((Job.Backup) order.job()).options().tags()).containsExactly("weekly");
                }
            }
            appliance.await(mail.id, false);
        }
    }

    @Test
    void backupFromSourceSnapshotsIsNotSentToAClientThatTakesNone() throws Exception {
        plan(new Plan.Options(List.of(), List.of(), false, List.of(), 0, List.of(), "", "", null, "lvm", 30));
        for (int version : new int[] {Frames.DISKS, Frames.SOURCE_SNAPSHOTS}) {
            long id = Orders.backup(appliance.control, mail.id, "nightly", false, "ann");
            try (TestAppliance.Connection service = mail.connect(version)) {
                service.send(ATTEND, new Message.Attend(List.of()));
                appliance.await(mail.id, true);
                appliance.dispatcher.look();
                if (version == Frames.DISKS) {
                    assertThat(task(id).state()).isEqualTo(TaskState.FAILED);
                    assertThat(task(id).reason()).contains("update the client");
                } else {
                    Message.Order order = (Message.Order) service.read(ATTEND);
                    assertThat(((Job.Backup) order.job()).options().snapshots())
                            .isEqualTo(new SourceSnapshots(SnapshotMode.LVM, 30));
                }
            }
            appliance.await(mail.id, false);
        }
    }

    @Test
    void orderedBackupIsDoneWhenItsSnapshotHasArrived() throws Exception {
        plan(null);
        try (TestAppliance.Connection service = attend();
                TestAppliance.Connection backup = mail.connect()) {
            long id = Orders.backup(appliance.control, mail.id, "nightly", false, "ann");
            appliance.dispatcher.look();
            service.read(ATTEND);
            TestAppliance.Backup made = mail.backup(backup, new Message.OpenOrdered(id), 0, false, 5000, 1);
            assertThat(task(id).state()).isEqualTo(TaskState.RUNNING);
            service.ask(new Message.Ended(id, Message.Outcome.DONE, "{}", ""), Message.Done.class);
            assertThat(task(id).state()).isEqualTo(TaskState.DONE);
            assertThat(task(id).snapshot()).isEqualTo(made.snapshot().toString());
        }
    }

    @Test
    void orderedBackupWithoutASnapshotHasFailed() throws Exception {
        plan(null);
        try (TestAppliance.Connection service = attend()) {
            long id = Orders.backup(appliance.control, mail.id, "nightly", false, "ann");
            appliance.dispatcher.look();
            service.read(ATTEND);
            service.ask(new Message.OpenOrdered(id), Message.BackupOpened.class);
            service.ask(new Message.Ended(id, Message.Outcome.DONE, "{}", ""), Message.Done.class);
            assertThat(task(id).state()).isEqualTo(TaskState.FAILED);
        }
    }
}
