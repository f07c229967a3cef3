package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Job;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Messages that a client must not send, in each state of a connection. */
class UnexpectedMessageTest {
    private static final UUID ID = new UUID(1, 2);

    @TempDir
    static Path dir;

    private static TestAppliance appliance;
    private static TestAppliance.TestNode node;

    @BeforeAll
    static void start() throws Exception {
        // So that no rate is reached.
        appliance = new TestAppliance(dir.resolve("data"), Deadlines.STANDARD, () -> System.nanoTime() * 100);
        node = appliance.enrol("mail");
    }

    @AfterAll
    static void stop() throws Exception {
        appliance.close();
    }

    /** Everything that is not a request. */
    private static List<Message> unexpected() {
        return List.of(
                new Message.Hello(1, 3, "test"),
                new Message.Failure(ErrorCode.CAPACITY, "full"),
                new Message.Done(),
                new Message.Welcome(1, "test", ID, 1 << 20, "node", new byte[] {1, 2}, HashAlgorithm.SHA_256),
                new Message.Enrolled(7, List.of(new byte[] {4})),
                new Message.Held(ID),
                new Message.BackupOpened(5),
                new Message.Known(new byte[] {1}),
                new Message.PackagePart(new byte[] {1}),
                new Message.Stored(10, 9),
                new Message.Committed(ID),
                new Message.Snapshots(List.of(), true),
                new Message.ReadOpened(4, new byte[] {2}),
                new Message.RootPages(List.of()),
                new Message.Places(new long[] {1}),
                new Message.Chunks(List.of(), true),
                new Message.ThawAdvice("text"),
                new Message.Order(1, new Job.Cancel()));
    }

    private static Stream<Class<?>> records(Class<?> type) {
        return type.isRecord()
                ? Stream.of(type)
                : Stream.of(type.getPermittedSubclasses()).flatMap(UnexpectedMessageTest::records);
    }

    private static void assertRefused(TestAppliance.Connection connection, ErrorCode code) throws IOException {
        for (Message message : unexpected()) {
            assertThatThrownBy(() -> connection.ask(message, Message.Done.class))
                    .as(message.getClass().getSimpleName())
                    .isInstanceOfSatisfying(
                            RemoteException.class, e -> assertThat(e.code()).isEqualTo(code));
            // One is refused, the connection goes on.
            connection.ask(new Message.Ping(), Message.Done.class);
        }
    }

    @Test
    void allThatAreNoRequestsAreTried() {
        assertThat(unexpected().stream().<Class<?>>map(Message::getClass).toList())
                .containsExactlyInAnyOrderElementsOf(records(Message.class)
                        .filter(each -> !Message.Request.class.isAssignableFrom(each))
                        .toList());
    }

    @Test
    void nodeIsRefused() throws Exception {
        try (TestAppliance.Connection connection = node.connect()) {
            assertRefused(connection, ErrorCode.MALFORMED);
        }
    }

    @Test
    void nodeWithABackupIsRefusedAndKeepsIt() throws Exception {
        try (TestAppliance.Connection connection = node.connect()) {
            connection.ask(new Message.OpenBackup("/"), Message.BackupOpened.class);
            assertRefused(connection, ErrorCode.MALFORMED);
            connection.ask(new Message.Query(List.of(new Digest(1, 2, 3, 4))), Message.Known.class);
        }
    }

    @Test
    void serviceIsRefusedAndStaysPresent() throws Exception {
        TestAppliance.TestNode service = appliance.enrol("service");
        try (TestAppliance.Connection connection = service.connect()) {
            connection.send(1000, new Message.Attend(List.of()));
            assertRefused(connection, ErrorCode.MALFORMED);
            assertThat(appliance.dispatcher.present(service.id)).isTrue();
        }
    }

    @Test
    void strangerIsRefusedWhateverItSends() throws Exception {
        try (TestAppliance.Connection connection = appliance.stranger()) {
            assertRefused(connection, ErrorCode.UNAUTHENTICATED);
            for (Message request : List.of(
                    new Message.Hold(ID, 1, new Digest(1, 2, 3, 4), new Digest(1, 2, 3, 4)),
                    new Message.OpenBackup("/"),
                    new Message.ListSnapshots(),
                    new Message.OpenRead(ID, "restore /"),
                    new Message.Forget(ID),
                    new Message.Attend(List.of()))) {
                assertThatThrownBy(() -> connection.ask(request, Message.Done.class))
                        .isInstanceOfSatisfying(
                                RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.UNAUTHENTICATED));
            }
        }
    }

    @Test
    void firstMessageMustBeHello() throws Exception {
        for (Message first : List.of(new Message.Ping(), new Message.Done(), new Message.OpenBackup("/"))) {
            assertGreetingRefused(first, ErrorCode.MALFORMED);
        }
    }

    @Test
    void versionsThatHaveNothingInCommonAreRefused() throws Exception {
        assertGreetingRefused(new Message.Hello(Frames.NEWEST_VERSION + 1, 99, "test"), ErrorCode.VERSION);
        assertGreetingRefused(new Message.Hello(0, 0, "test"), ErrorCode.VERSION);
    }

    private static void assertGreetingRefused(Message first, ErrorCode code) throws Exception {
        try (java.net.Socket socket = node.handshake()) {
            Frames.write(socket.getOutputStream(), 0, first);
            InputStream in = socket.getInputStream();
            Frames.Frame answer = Frames.read(in, bytes -> {});
            assertThat(answer).isNotNull();
            assertThat(answer.request()).isZero();
            assertThat(answer.message())
                    .isInstanceOfSatisfying(
                            Message.Failure.class,
                            failure -> assertThat(failure.code()).isEqualTo(code));
            assertThat(Frames.read(in, bytes -> {})).as("closed").isNull();
        }
    }
}
