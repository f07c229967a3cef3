package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.Node;
import dev.holdfast.control.db.NodeCertificate;
import dev.holdfast.control.db.TokenTable;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Machines that enrol to restore, over real connections, beside the nodes whose snapshots they read. */
class RestoreAccessTest {
    @TempDir
    Path dir;

    private TestAppliance appliance;
    private TestAppliance.TestNode mail;
    private TestAppliance.TestNode web;
    private TestAppliance.TestNode other;
    private TestAppliance.Backup ofMail;
    private TestAppliance.Backup ofWeb;
    private TestAppliance.Backup ofOther;
    private String token;
    private TestAppliance.TestNode rescue;

    @BeforeEach
    void open() throws Exception {
        appliance = new TestAppliance(dir.resolve("data"), Deadlines.STANDARD);
        mail = appliance.enrol("mail");
        web = appliance.enrol("web");
        other = appliance.enrol("other");
        ofMail = mail.backup(5000, 1, 2, 3);
        ofWeb = web.backup(5000, 3, 4, 5);
        ofOther = other.backup(5000, 6);
        token = appliance
                .control
                .tokens()
                .add(
                        "rescue",
                        Duration.ofHours(1),
                        new TokenTable.For(null, List.of(), List.of(mail.id, web.id)),
                        "ann");
        rescue = appliance.enrolBy("rescue", "new-machine");
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

    /** Times are stored in milliseconds. */
    private static void nextMillisecond() {
        long now = System.currentTimeMillis();
        while (System.currentTimeMillis() <= now) {
            Thread.onSpinWait();
        }
    }

    @Test
    void readsTheSnapshotsOfItsNodesAndNoOthers() throws Exception {
        try (TestAppliance.Connection connection = rescue.connect()) {
            assertThat(connection.list())
                    .extracting(Message.SnapshotInfo::id)
                    .containsExactlyInAnyOrder(ofMail.snapshot(), ofWeb.snapshot());
            rescue.restore(connection, ofMail, Purpose.RESTORE);
            rescue.restore(connection, ofWeb, Purpose.RESTORE);
            assertRefused(
                    ErrorCode.NOT_FOUND,
                    () -> connection.ask(
                            Message.OpenRead.of(ofOther.snapshot(), Purpose.RESTORE, "/"), Message.ReadOpened.class));
            assertThat(connection.get(ofOther.chunks())).allMatch(answer -> answer.packed() == null);
        }
        assertThat(appliance.control.taskHistory().list(100))
                .filteredOn(each -> each.kind().equals("restore"))
                .extracting(each -> each.node())
                .containsExactlyInAnyOrder("mail", "web");
        assertThat(appliance.control.audit().newest(100))
                .filteredOn(each -> each.action().startsWith("read: "))
                .extracting(each -> each.actor())
                .containsOnly("restore of mail, web");
    }

    @Test
    void doesNothingElse() throws Exception {
        try (TestAppliance.Connection connection = rescue.connect()) {
            KeyPair key = TestAppliance.keyPair();
            for (Message each : List.of(
                    new Message.OpenBackup("x"),
                    new Message.Attend(List.of()),
                    new Message.Renew(TestAppliance.certificateRequest(key)))) {
                assertRefused(ErrorCode.FORBIDDEN, () -> connection.ask(each, Message.Response.class));
            }
        }
    }

    @Test
    void leavesTheNodesAsTheyAre() throws Exception {
        var before = appliance.control.nodes().find(mail.id).orElseThrow();
        try (TestAppliance.Connection connection = rescue.connect();
                TestAppliance.Connection live = mail.connect()) {
            assertThat(connection.list()).isNotEmpty();
            assertThat(live.list()).hasSize(1);
        }
        var after = appliance.control.nodes().find(mail.id).orElseThrow();
        assertThat(after.fingerprint()).isEqualTo(before.fingerprint());
        assertThat(after.platform()).isEqualTo(before.platform());
        assertThat(appliance.control.nodes().list()).hasSize(3);
    }

    @Test
    void endsWithItsTokenAlsoOnAnOpenConnection() throws Exception {
        try (TestAppliance.Connection connection = rescue.connect()) {
            assertThat(connection.list()).hasSize(2);
            assertThat(appliance.control.tokens().open()).singleElement().satisfies(each -> {
                assertThat(each.used()).isTrue();
                assertThat(each.restores()).containsExactly("mail", "web");
            });
            assertThat(appliance.control.tokens().revoke(token)).isTrue();
            assertThat(appliance.control.tokens().open()).isEmpty();
            // What the appliance answered a moment ago counts for 50 ms.
            assertRefused(ErrorCode.REVOKED, () -> {
                for (int i = 0; i < 1_000_000; i++) {
                    connection.list();
                }
            });
        }
        assertRefused(ErrorCode.REVOKED, () -> rescue.connect().close());
    }

    @Test
    void revocationOfANodeEndsAccessToItAndANewTokenGivesItAgain() throws Exception {
        nextMillisecond();
        assertThat(appliance.control.nodes().revoke("mail")).isTrue();
        try (TestAppliance.Connection connection = rescue.connect()) {
            assertThat(connection.list()).extracting(Message.SnapshotInfo::id).containsExactly(ofWeb.snapshot());
            assertThat(connection.get(List.of(ofMail.chunks().getFirst()))).allMatch(answer -> answer.packed() == null);
        }
        nextMillisecond();
        appliance
                .control
                .tokens()
                .add("again", Duration.ofHours(1), new TokenTable.For(null, List.of(), List.of(mail.id)), "ann");
        try (TestAppliance.Connection connection =
                appliance.enrolBy("again", "new-machine").connect()) {
            assertThat(connection.list()).extracting(Message.SnapshotInfo::id).containsExactly(ofMail.snapshot());
        }
        assertThat(appliance.control.nodes().find(mail.id).orElseThrow().active())
                .isFalse();
    }

    @Test
    void tokenServesOneMachine() throws Exception {
        assertRefused(ErrorCode.TOKEN_REFUSED, () -> appliance.enrolBy("rescue", "another"));
    }

    private String enrol(KeyPair key, String secret) throws Exception {
        try (TestAppliance.Connection stranger = appliance.stranger()) {
            Message.Enrolled answer = stranger.ask(
                    new Message.Enroll(
                            "hf1." + secret + ".00", "machine", "linux", TestAppliance.certificateRequest(key)),
                    Message.Enrolled.class);
            return Authority.fingerprint(Certificates.parse(answer.chain().getFirst()));
        }
    }

    private List<Integer> readable(String fingerprint) throws Exception {
        return appliance.control.restoreAccess().nodes(fingerprint).stream()
                .map(Node::id)
                .toList();
    }

    @Test
    void tokenThatWasMadeBeforeARevocationDoesNotGiveAccessAfterIt() throws Exception {
        appliance
                .control
                .tokens()
                .add("both", Duration.ofHours(1), new TokenTable.For(null, List.of(), List.of(mail.id, web.id)), "ann");
        appliance
                .control
                .tokens()
                .add("mail", Duration.ofHours(1), new TokenTable.For(null, List.of(), List.of(mail.id)), "ann");
        nextMillisecond();
        assertThat(appliance.control.nodes().revoke("mail")).isTrue();
        nextMillisecond();
        assertThat(readable(enrol(TestAppliance.keyPair(), "both"))).containsExactly(web.id);
        assertRefused(ErrorCode.TOKEN_REFUSED, () -> enrol(TestAppliance.keyPair(), "mail"));
    }

    @Test
    void repeatedEnrolmentDoesNotUndoARevocation() throws Exception {
        appliance
                .control
                .tokens()
                .add("both", Duration.ofHours(1), new TokenTable.For(null, List.of(), List.of(mail.id, web.id)), "ann");
        KeyPair key = TestAppliance.keyPair();
        String first = enrol(key, "both");
        assertThat(readable(first)).containsExactly(mail.id, web.id);
        nextMillisecond();
        assertThat(appliance.control.nodes().revoke("mail")).isTrue();
        nextMillisecond();
        String second = enrol(key, "both");
        assertThat(readable(second)).containsExactly(web.id);
        assertThat(readable(first)).isEmpty();
    }

    @Test
    void repeatedEnrolmentDoesNotMakeTheAccessLonger() throws Exception {
        appliance
                .control
                .tokens()
                .add("mail", Duration.ofHours(1), new TokenTable.For(null, List.of(), List.of(mail.id)), "ann");
        Instant ends = Instant.ofEpochMilli(System.currentTimeMillis()).plus(Duration.ofDays(7));
        for (int i = 0; i < 3; i++) {
            NodeCertificate issued = new NodeCertificate("f" + i, ends.plusSeconds(i));
            appliance.control.nodes().enroll("mail", "key", "machine", "linux", 10, id -> issued);
        }
        assertThat(readable("f0")).isEmpty();
        assertThat(readable("f2")).containsExactly(mail.id);
        assertThat(appliance.control.tokens().open())
                .filteredOn(each -> each.restores().equals(List.of("mail")))
                .extracting(TokenTable.Open::expiresAt)
                .containsExactly(ends);
    }

    @Test
    void takesNoConnectionsOfTheNode() throws Exception {
        List<TestAppliance.Connection> open = new ArrayList<>();
        try {
            assertRefused(ErrorCode.BUSY, () -> {
                for (int i = 0; i < 1000; i++) {
                    open.add(rescue.connect());
                }
            });
            try (TestAppliance.Connection live = mail.connect()) {
                assertThat(live.list()).hasSize(1);
            }
        } finally {
            for (TestAppliance.Connection each : open) {
                each.close();
            }
        }
    }
}
