package dev.holdfast.server.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.TokenTable;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Enrolments over real connections of clients without a certificate. */
class EnrolmentHandlerTest {
    @TempDir
    Path dir;

    private TestAppliance appliance;

    @BeforeEach
    void open() throws Exception {
        appliance = new TestAppliance(dir.resolve("data"), Deadlines.STANDARD);
    }

    @AfterEach
    void close() throws Exception {
        appliance.close();
    }

    private void token(String secret) throws IOException {
        appliance.control.tokens().add(secret, Duration.ofHours(1), null);
    }

    private static Message.Enroll enroll(String secret, String name, KeyPair key) throws Exception {
        return new Message.Enroll("hf1." + secret + ".00", name, "linux", TestAppliance.certificateRequest(key));
    }

    private static void assertRefused(ErrorCode code, TestAppliance.Connection connection, Message.Enroll enroll) {
        assertThatThrownBy(() -> connection.ask(enroll, Message.Enrolled.class))
                .isInstanceOfSatisfying(
                        RemoteException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private List<String> audited() throws IOException {
        return appliance.control.audit().newest(100).stream()
                .filter(each -> each.action().equals("enroll"))
                .map(each -> each.object() + ": " + each.outcome())
                .toList();
    }

    @Test
    void revokedTokenEnrolsNobody() throws Exception {
        String id = appliance
                .control
                .tokens()
                .add("taken", Duration.ofHours(1), new TokenTable.For(null, List.of(), List.of()), "administrator");
        assertThat(appliance.control.tokens().open())
                .singleElement()
                .satisfies(each -> assertThat(each.id()).isEqualTo(id));
        assertThat(appliance.control.tokens().revoke(id)).isTrue();
        assertThat(appliance.control.tokens().revoke(id)).isFalse();
        assertThat(appliance.control.tokens().open()).isEmpty();
        try (TestAppliance.Connection stranger = appliance.stranger()) {
            assertRefused(ErrorCode.TOKEN_REFUSED, stranger, enroll("taken", "mail", TestAppliance.keyPair()));
        }
        assertThat(audited()).containsExactly("mail: refused: this token was revoked; create another");
    }

    @Test
    void tokenGivesTheKeyACertificateOfTheNode() throws Exception {
        token("first");
        KeyPair key = TestAppliance.keyPair();
        try (TestAppliance.Connection stranger = appliance.stranger()) {
            Message.Enrolled enrolled = stranger.ask(enroll("first", " mail ", key), Message.Enrolled.class);
            CertificateFactory x509 = CertificateFactory.getInstance("X.509");
            X509Certificate node = (X509Certificate) x509.generateCertificate(
                    new ByteArrayInputStream(enrolled.chain().getFirst()));
            X509Certificate authority = (X509Certificate) x509.generateCertificate(
                    new ByteArrayInputStream(enrolled.chain().getLast()));
            node.verify(authority.getPublicKey());
            assertThat(node.getPublicKey()).isEqualTo(key.getPublic());
            assertThat(node.getSubjectX500Principal().getName()).isEqualTo("CN=node-" + enrolled.nodeId());
        }
        assertThat(audited()).containsExactly("mail: allowed");
    }

    @Test
    void tokenIsTakenAgainFromTheSameKeyOnly() throws Exception {
        token("once");
        KeyPair key = TestAppliance.keyPair();
        try (TestAppliance.Connection stranger = appliance.stranger()) {
            int first = stranger.ask(enroll("once", "mail", key), Message.Enrolled.class)
                    .nodeId();
            // As after an answer that was lost.
            int again = stranger.ask(enroll("once", "mail", key), Message.Enrolled.class)
                    .nodeId();
            assertThat(again).isEqualTo(first);
            assertRefused(ErrorCode.TOKEN_REFUSED, stranger, enroll("once", "mail", TestAppliance.keyPair()));
        }
        assertThat(audited()).first().asString().startsWith("mail: refused: this token was used already");
    }

    @Test
    void unknownTokensAreRefusedAndThenSlowedDown() throws Exception {
        KeyPair key = TestAppliance.keyPair();
        try (TestAppliance.Connection stranger = appliance.stranger()) {
            for (int i = 0; i < 10; i++) {
                assertRefused(ErrorCode.TOKEN_REFUSED, stranger, enroll("guess" + i, "mail", key));
            }
            assertRefused(ErrorCode.BUSY, stranger, enroll("guess", "mail", key));
            // A token that the appliance knows works beside them.
            token("known");
            stranger.ask(enroll("known", "mail", key), Message.Enrolled.class);
        }
    }

    @Test
    void numberOfNodesIsLimited() throws Exception {
        for (int i = 0; i < TestAppliance.NODES; i++) {
            appliance.enrol("node-" + i);
        }
        token("more");
        KeyPair key = TestAppliance.keyPair();
        try (TestAppliance.Connection stranger = appliance.stranger()) {
            assertRefused(ErrorCode.NODE_LIMIT, stranger, enroll("more", "mail", key));
            appliance.control.nodes().revoke("node-3");
            stranger.ask(enroll("more", "mail", key), Message.Enrolled.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "new\nline", "escape\u001b[31m"})
    void invalidNamesAreRefusedAndLeaveTheToken(String name) throws Exception {
        token("kept");
        KeyPair key = TestAppliance.keyPair();
        try (TestAppliance.Connection stranger = appliance.stranger()) {
            assertRefused(ErrorCode.MALFORMED, stranger, enroll("kept", name, key));
            assertRefused(ErrorCode.MALFORMED, stranger, enroll("kept", "n".repeat(101), key));
            assertRefused(
                    ErrorCode.MALFORMED, stranger, new Message.Enroll("hf1.kept.00", "mail", "linux", new byte[50]));
            stranger.ask(enroll("kept", "mail", key), Message.Enrolled.class);
        }
    }

    @Test
    void tokensOfAnotherFormAreUnknown() throws Exception {
        KeyPair key = TestAppliance.keyPair();
        byte[] request = TestAppliance.certificateRequest(key);
        token("plain");
        try (TestAppliance.Connection stranger = appliance.stranger()) {
            for (String text : List.of("plain", "hf1.plain", "hf1.plain.00.00")) {
                assertRefused(ErrorCode.TOKEN_REFUSED, stranger, new Message.Enroll(text, "mail", "linux", request));
            }
        }
    }
}
