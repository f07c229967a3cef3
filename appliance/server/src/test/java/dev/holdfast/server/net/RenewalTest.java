package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.chunk.Digest;
import dev.holdfast.protocol.hash.HashAlgorithm;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import dev.holdfast.server.net.TestAppliance.Connection;
import dev.holdfast.server.net.TestAppliance.TestNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Certificates that nodes renew over their connections, and copies of state directories with the old ones. */
class RenewalTest {
    private static final UUID INSTANCE = new UUID(4, 2);

    @TempDir
    private Path dir;

    private TestAppliance office;
    private TestNode node;
    private final AtomicLong counter = new AtomicLong();
    /** That the state directories on machines were told to keep. */
    private final Map<String, UUID> instances = new HashMap<>();

    @BeforeEach
    void open() throws Exception {
        office = new TestAppliance(dir, Deadlines.STANDARD);
        node = office.enrol("mail");
    }

    @AfterEach
    void close() throws IOException {
        office.close();
    }

    private static Digest digest(String text) {
        return HashAlgorithm.NEWEST.digest(text.getBytes(StandardCharsets.UTF_8));
    }

    private Connection hold(TestNode with, String machine, long told) throws IOException {
        Connection connection = with.connect();
        try {
            UUID instance = instances.getOrDefault(machine, INSTANCE);
            Message.Hold hold = new Message.Hold(instance, told, digest(machine), digest("boot of " + machine));
            instances.put(machine, connection.ask(hold, Message.Held.class).instance());
            return connection;
        } catch (IOException | RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private Connection hold(TestNode with) throws IOException {
        return hold(with, "original", counter.incrementAndGet());
    }

    /** Connects, and disconnects so that the appliance knows. */
    private void visit(TestNode with, String machine, long told) throws Exception {
        int before = office.listener.connections();
        hold(with, machine, told).close();
        awaitConnections(before);
    }

    private void awaitConnections(int left) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (office.listener.connections() > left && System.nanoTime() < deadline) {
            Thread.sleep(2);
        }
    }

    private String inUse() throws IOException {
        return office.control.nodes().find(node.id).orElseThrow().fingerprint();
    }

    private List<String> audited() throws IOException {
        return office.control.audit().newest(100).stream()
                .filter(each -> each.action().endsWith("certificate"))
                .map(each -> each.actor() + ": " + each.action() + ": " + each.outcome())
                .toList();
    }

    private static void mustBeRefused(ErrorCode code, Connection connection, Message message) {
        assertThatThrownBy(() -> connection.ask(message, Message.Done.class))
                .isInstanceOfSatisfying(
                        RemoteException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    @Test
    void bothCertificatesServeUntilTheRenewedOneIsUsed() throws Exception {
        String first = inUse();
        TestNode renewed;
        try (Connection connection = hold(node)) {
            renewed = office.renew(node, connection);
        }
        assertThat(inUse()).isEqualTo(first);
        try (Connection connection = hold(node)) {
            connection.list();
        }
        assertThat(inUse()).isEqualTo(first);
        try (Connection before = hold(node);
                Connection after = hold(renewed)) {
            assertThat(inUse()).isNotEqualTo(first);
            after.list();
            // What began with the old one goes on, and may open further connections.
            before.list();
            try (Connection beside = node.connect()) {
                beside.list();
            }
        }
        assertThat(audited())
                .containsExactly("node mail: use certificate: allowed", "node mail: renew certificate: allowed");
        assertThat(office.control.nodes().find(node.id).orElseThrow().certificateEndsAt())
                .isBetween(
                        java.time.Instant.now().plus(Duration.ofDays(364)),
                        java.time.Instant.now().plus(Duration.ofDays(366)));
    }

    @Test
    void replacedCertificateGivesNoAccessByItself() throws Exception {
        TestNode renewed;
        try (Connection connection = hold(node)) {
            renewed = office.renew(node, connection);
        }
        hold(renewed).close();
        try (Connection connection = node.connect()) {
            connection.ask(new Message.Ping(), Message.Done.class);
            mustBeRefused(ErrorCode.REVOKED, connection, new Message.ListSnapshots());
            mustBeRefused(ErrorCode.REVOKED, connection, new Message.Renew(new byte[0]));
        }
    }

    @Test
    void olderStateDirectoryOfTheSameMachineGoesOn() throws Exception {
        TestNode renewed;
        try (Connection connection = hold(node)) {
            renewed = office.renew(node, connection);
        }
        String first = inUse();
        hold(renewed).close();
        try (Connection connection = hold(node)) {
            assertThat(inUse()).isEqualTo(first);
            connection.list();
        }
        hold(renewed).close();
        assertThat(inUse()).isNotEqualTo(first);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void copyOfTheStateDirectoryIsRefusedAsBefore(boolean copyHasTheRenewedOne) throws Exception {
        TestNode renewed;
        try (Connection connection = hold(node)) {
            renewed = office.renew(node, connection);
        }
        long copied = counter.get();
        try (Connection original = hold(renewed)) {
            TestNode copy = copyHasTheRenewedOne ? renewed : node;
            try (var talk = new Talk(original)) {
                assertThatThrownBy(() -> hold(copy, "copy", copied))
                        .isInstanceOfSatisfying(
                                RemoteException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FORBIDDEN))
                        .hasMessageContaining("another machine uses this node's identity");
            }
            original.list();
        }
        assertThat(office.control.events().list(true, 10))
                .anySatisfy(each -> assertThat(each.kind()).isEqualTo("identity-copied"));
        hold(renewed).close();
    }

    /** Says something all the time, as a client's pings do. */
    private static final class Talk implements AutoCloseable {
        private volatile boolean over;
        private final Thread thread;

        Talk(Connection connection) {
            thread = Thread.ofVirtual().start(() -> {
                try {
                    while (!over) {
                        connection.ask(new Message.Ping(), Message.Done.class);
                    }
                } catch (IOException e) {
                    // The test fails where it uses the connection next.
                }
            });
        }

        @Override
        public void close() throws Exception {
            over = true;
            thread.join();
        }
    }

    @Test
    void copyThatRenewedLosesTheIdentityToTheOriginal() throws Exception {
        visit(node, "original", counter.incrementAndGet());
        office.control.holders().release(node.id);
        TestNode copy;
        try (Connection connection = hold(node, "copy", 1)) {
            copy = office.renew(node, connection);
        }
        awaitConnections(0);
        visit(copy, "copy", 2);
        assertThat(office.control.holders().release(node.id)).isTrue();
        try (Connection original = hold(node)) {
            original.list();
        }
    }

    @Test
    void enrolmentAndRevocationEndAllCertificates() throws Exception {
        TestNode renewed;
        try (Connection connection = hold(node)) {
            renewed = office.renew(node, connection);
            office.control.tokens().add("again", Duration.ofHours(1), node.id);
            office.control.nodes().enroll("again", "mail", "test", TestAppliance.NODES, id -> "fingerprint");
        }
        for (TestNode each : List.of(node, renewed)) {
            assertThatThrownBy(() -> hold(each)).hasMessageContaining("revoked or was replaced by an enrolment");
        }
        TestNode other = office.enrol("web");
        try (Connection connection = hold(other)) {
            TestNode revoked = office.renew(other, connection);
            office.control.nodes().revoke("web");
            assertThatThrownBy(() -> hold(revoked)).hasMessageContaining("revoked");
        }
    }

    @Test
    void onlyTheHolderRenewsAndNotWithoutEnd() throws Exception {
        try (Connection connection = node.connect()) {
            mustBeRefused(ErrorCode.FORBIDDEN, connection, new Message.Renew(new byte[0]));
        }
        try (Connection stranger = office.stranger()) {
            mustBeRefused(ErrorCode.UNAUTHENTICATED, stranger, new Message.Renew(new byte[0]));
        }
        try (Connection connection = hold(node)) {
            mustBeRefused(ErrorCode.MALFORMED, connection, new Message.Renew(new byte[] {1}));
            for (int i = 0; i < 9; i++) {
                office.renew(node, connection);
            }
            mustBeRefused(ErrorCode.BUSY, connection, new Message.Renew(new byte[0]));
        }
    }

    @Test
    void clientThatDoesNotRenewGetsACertificateForLonger() throws Exception {
        try (TestAppliance old =
                new TestAppliance(dir.resolve("old"), Deadlines.STANDARD, System::nanoTime, TestAppliance.Setup.OLD)) {
            for (int version : List.of(Frames.HASHES, Frames.RENEWALS)) {
                String secret = "token" + version;
                old.control.tokens().add(secret, Duration.ofHours(1), null);
                try (Connection stranger = old.stranger(version)) {
                    Message.Enrolled enrolled = stranger.ask(
                            new Message.Enroll(
                                    "hf1." + secret + ".00",
                                    "node" + version,
                                    "linux",
                                    TestAppliance.certificateRequest(TestAppliance.keyPair())),
                            Message.Enrolled.class);
                    X509Certificate issued = Certificates.parse(enrolled.chain().getFirst());
                    assertThat(Duration.between(
                                            issued.getNotBefore().toInstant(),
                                            issued.getNotAfter().toInstant())
                                    .toDays())
                            .isEqualTo(version < Frames.RENEWALS ? 5 * 365 + 1 : 366);
                }
            }
        }
    }
}
