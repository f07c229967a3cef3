package dev.holdfast.protocol.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.pki.TestChains;
import dev.holdfast.protocol.pki.TestChains.Issued;
import dev.holdfast.protocol.pki.Usage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.Random;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections over TLS, whose both sides show certificates. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TlsTest {
    @TempDir
    Path dir;

    private final byte[] content = new byte[3 << 20];
    private final MemoryExport disk = new MemoryExport(content, false, false, (act, offset, length) -> {});
    private Issued authority;
    private SSLContext serverSide;
    private SSLContext clientSide;

    @BeforeEach
    void make() throws Exception {
        new Random(1).nextBytes(content);
        authority = TestChains.authority();
        serverSide = context(TestChains.peer(authority, Usage.APPLIANCE), authority);
        clientSide = context(TestChains.peer(authority, Usage.NODE), authority);
    }

    private static SSLContext context(Issued peer, Issued authority) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        if (peer != null) {
            store.setKeyEntry("key", peer.key(), new char[0], new Certificate[] {peer.certificate()});
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
        keys.init(store, new char[0]);
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", authority.certificate());
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private NbdServer server() throws IOException {
        return NbdServer.listen(
                NbdAddress.unix(dir.resolve("s")),
                NbdExports.single("disk", () -> disk),
                NbdServerSettings.DEFAULT.withTls(serverSide));
    }

    private static NbdClientOptions with(SSLContext context) {
        return NbdClientOptions.of("disk").withContexts(Numbers.BASE_ALLOCATION).withTls(context, null);
    }

    @Test
    void dataPassesBothWays() throws Exception {
        try (NbdServer server = server();
                NbdClient client = NbdClient.connect(server.address(), with(clientSide))) {
            ByteBuffer target = ByteBuffer.allocate(content.length);
            client.read(0, target);
            assertThat(Arrays.equals(target.array(), content)).isTrue();
            byte[] data = new byte[1_000_001];
            new Random(2).nextBytes(data);
            client.write(17, ByteBuffer.wrap(data));
            assertThat(Arrays.mismatch(content, 17, 17 + data.length, data, 0, data.length))
                    .isEqualTo(-1);
            assertThat(client.blockStatus(Numbers.BASE_ALLOCATION, 0, 100)).hasSize(1);
        }
        assertThat(disk.closed).hasValue(1);
    }

    @Test
    void clientWithoutCertificateGetsNothing() throws Exception {
        try (NbdServer server = server()) {
            assertThatThrownBy(() -> NbdClient.connect(server.address(), with(context(null, authority))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("NBD server at");
        }
        assertThat(disk.closed).hasValue(0);
    }

    @Test
    void clientOfAnotherAuthorityGetsNothing() throws Exception {
        Issued other = TestChains.authority();
        SSLContext stranger = context(TestChains.peer(other, Usage.NODE), authority);
        try (NbdServer server = server()) {
            assertThatThrownBy(() -> NbdClient.connect(server.address(), with(stranger)))
                    .isInstanceOf(IOException.class);
        }
        assertThat(disk.closed).hasValue(0);
    }

    @Test
    void serverOfAnotherAuthorityIsRefused() throws Exception {
        Issued other = TestChains.authority();
        try (NbdServer server = server()) {
            SSLContext distrusting = context(TestChains.peer(authority, Usage.NODE), other);
            assertThatThrownBy(() -> NbdClient.connect(server.address(), with(distrusting)))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void serverWhoseNameIsWrongIsRefused() throws Exception {
        try (NbdServer server = server()) {
            assertThatThrownBy(() -> NbdClient.connect(
                            server.address(), NbdClientOptions.of("disk").withTls(clientSide, "backup.example")))
                    .hasMessageContaining("backup.example");
        }
    }

    @Test
    void nothingElseIsAnsweredBeforeTls() throws Exception {
        try (NbdServer server = server();
                RawPeer peer = new RawPeer(server.address()).greet(3)) {
            for (int option : new int[] {Numbers.OPT_LIST, Numbers.OPT_GO, Numbers.OPT_STRUCTURED_REPLY, 99}) {
                peer.option(option, new byte[0]).mustReply(Numbers.REP_ERR_TLS_REQD);
            }
            peer.option(Numbers.OPT_EXPORT_NAME, "disk".getBytes()).mustEnd();
        }
        try (NbdServer server = server()) {
            assertThatThrownBy(() -> NbdClient.connect(server.address(), NbdClientOptions.of("disk")))
                    .hasMessageContaining("requires TLS");
        }
        assertThat(disk.closed).hasValue(0);
    }

    /** Whoever sits between client and server could otherwise put options in front of the client's. */
    @Test
    void bytesBehindTheRequestForTlsEndTheConnection() throws Exception {
        try (NbdServer server = server();
                RawPeer peer = new RawPeer(server.address()).greet(3)) {
            peer.out.write(RawPeer.bytes(to -> {
                to.write(RawPeer.optionBytes(Numbers.OPT_STARTTLS, new byte[0]));
                to.write(RawPeer.optionBytes(Numbers.OPT_LIST, new byte[0]));
            }));
            peer.mustEnd();
        }
    }

    @Test
    void clientThatNeedsTlsTakesNothingElse() throws Exception {
        try (NbdServer server = NbdServer.listen(
                NbdAddress.unix(dir.resolve("s")), NbdExports.single("disk", () -> disk), NbdServerSettings.DEFAULT)) {
            assertThatThrownBy(() -> NbdClient.connect(server.address(), with(clientSide)))
                    .hasMessageContaining("does not use TLS");
        }
    }
}
