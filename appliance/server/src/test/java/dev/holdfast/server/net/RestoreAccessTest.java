package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.TokenTable;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.Purpose;
import dev.holdfast.protocol.wire.RemoteException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
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
                .containsOnly("restore of mail");
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
}
