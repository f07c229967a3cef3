package dev.holdfast.protocol.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.protocol.pki.TestChains.Chain;
import dev.holdfast.protocol.pki.TestChains.Issued;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class TrustPathTest {
    static Stream<Arguments> chains() throws Exception {
        return Stream.concat(
                TestChains.all(Usage.APPLIANCE).stream().map(chain -> Arguments.of(Usage.APPLIANCE, chain)),
                TestChains.all(Usage.NODE).stream().map(chain -> Arguments.of(Usage.NODE, chain)));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("chains")
    void badChainIsRefusedForItsReason(Usage usage, Chain chain) throws Exception {
        X509Certificate authority = chain.authority().certificate();
        TrustPath path = TrustPath.to(authority);
        TrustPath pinned = TrustPath.toFingerprint(Certificates.fingerprint(authority));
        if (chain.good()) {
            assertThat(path.check(chain.certificates(), usage)).isEqualTo(authority);
            if (chain.certificates().getLast().equals(authority)) {
                assertThat(pinned.check(chain.certificates(), usage)).isEqualTo(authority);
            }
            return;
        }
        assertThatThrownBy(() -> path.check(chain.certificates(), usage))
                .isInstanceOf(CertificateException.class)
                .hasMessageContaining(chain.reason());
        assertThatThrownBy(() -> pinned.check(chain.certificates(), usage)).isInstanceOf(CertificateException.class);
    }

    @ParameterizedTest
    @EnumSource
    void emptyChainIsRefused(Usage usage) throws Exception {
        TrustPath path = TrustPath.to(TestChains.authority().certificate());
        assertThatThrownBy(() -> path.check(List.of(), usage)).hasMessageContaining("no certificate");
        X509ExtendedTrustManager manager = (X509ExtendedTrustManager) path.trustManager(usage);
        for (X509Certificate[] none : new X509Certificate[][] {null, {}}) {
            if (usage == Usage.APPLIANCE) {
                assertThatThrownBy(() -> manager.checkServerTrusted(none, "EC")).hasMessageContaining("no certificate");
            } else {
                assertThatThrownBy(() -> manager.checkClientTrusted(none, "EC")).hasMessageContaining("no certificate");
            }
        }
    }

    @Test
    void pinIsWholeFingerprintOrItsFirstHalf() throws Exception {
        Issued authority = TestChains.authority();
        Issued peer = TestChains.peer(authority, Usage.APPLIANCE);
        List<X509Certificate> chain = List.of(peer.certificate(), authority.certificate());
        String full = Certificates.fingerprint(authority.certificate());
        for (String pin : List.of(
                full,
                full.substring(0, 32),
                full.toUpperCase(java.util.Locale.ROOT),
                full.replaceAll("..(?!$)", "$0:"))) {
            assertThat(TrustPath.toFingerprint(pin).check(chain, Usage.APPLIANCE))
                    .isEqualTo(authority.certificate());
        }
        for (String pin :
                List.of("", "0", full.substring(1), full.substring(0, 31), full + "00", "x" + full.substring(1))) {
            assertThatThrownBy(() -> TrustPath.toFingerprint(pin)).isInstanceOf(IllegalArgumentException.class);
        }
        String other = Certificates.fingerprint(TestChains.authority().certificate());
        assertThatThrownBy(() -> TrustPath.toFingerprint(other).check(chain, Usage.APPLIANCE))
                .hasMessageContaining("not the pinned");
        // The pin is of the authority, not of the peer.
        assertThatThrownBy(() -> TrustPath.toFingerprint(Certificates.fingerprint(peer.certificate()))
                        .check(chain, Usage.APPLIANCE))
                .hasMessageContaining("not the pinned");
    }

    @Test
    void peersTextCannotSteerATerminal() throws Exception {
        Issued authority = TestChains.authority();
        String name = ("OU=" + "x".repeat(60) + ",").repeat(80) + "CN=\u001b[2Jevil\n\u009b1m\u202etxt";
        X509Certificate peer = new TestChains.Maker(name)
                .peer(TestChains.purpose(Usage.NODE))
                .by(authority)
                .certificate();
        assertThatThrownBy(() -> TrustPath.to(authority.certificate()).check(List.of(peer), Usage.NODE))
                .hasMessageContaining("evil")
                .satisfies(e -> assertThat(e.getMessage()).matches("[ -~]{1,1003}"));
    }

    @Test
    void clockThatIsWrongIsNamed() throws Exception {
        Issued authority = TestChains.authority();
        X509Certificate peer = TestChains.peer(authority, Usage.NODE).certificate();
        var from = peer.getNotBefore().toInstant();
        var to = peer.getNotAfter().toInstant();
        Duration skew = Duration.ofMinutes(4);
        for (var near : List.of(from.minus(skew), from, to, to.plus(skew))) {
            assertThat(TrustPath.to(authority.certificate(), InstantSource.fixed(near))
                            .check(List.of(peer), Usage.NODE))
                    .isEqualTo(authority.certificate());
        }
        for (var far : List.of(from.minus(skew.multipliedBy(2)), to.plus(skew.multipliedBy(2)))) {
            assertThatThrownBy(() -> TrustPath.to(authority.certificate(), InstantSource.fixed(far))
                            .check(List.of(peer), Usage.NODE))
                    .hasMessageContaining("valid from " + from + " to " + to)
                    .hasMessageContaining("this machine's clock says")
                    .hasMessageContaining("set the clock")
                    .isInstanceOfSatisfying(OutsideValidityException.class, e -> {
                        assertThat(e.peer()).isEqualTo(peer);
                        assertThat(e.early()).isEqualTo(far.isBefore(from));
                        assertThat(e.now()).isEqualTo(far);
                    });
            // The time is not what is wrong with a certificate of another authority.
            X509Certificate foreign =
                    TestChains.peer(TestChains.authority(), Usage.NODE).certificate();
            assertThatThrownBy(() -> TrustPath.to(authority.certificate(), InstantSource.fixed(far))
                            .check(List.of(foreign), Usage.NODE))
                    .isNotInstanceOf(OutsideValidityException.class);
        }
    }

    @Test
    void trustManagerChecksItsSideAndPromisesNoHostNames() throws Exception {
        Issued authority = TestChains.authority();
        X509Certificate[] node = {TestChains.peer(authority, Usage.NODE).certificate()};
        X509Certificate[] appliance = {
            TestChains.peer(authority, Usage.APPLIANCE).certificate()
        };
        X509ExtendedTrustManager nodes =
                (X509ExtendedTrustManager) TrustPath.to(authority.certificate()).trustManager(Usage.NODE);
        nodes.checkClientTrusted(node, "EC");
        assertThatThrownBy(() -> nodes.checkServerTrusted(appliance, "EC")).hasMessageContaining("does not expect");
        assertThatThrownBy(() -> nodes.checkServerTrusted(node, "EC")).hasMessageContaining("does not expect");
        X509ExtendedTrustManager appliances =
                (X509ExtendedTrustManager) TrustPath.to(authority.certificate()).trustManager(Usage.APPLIANCE);
        assertThatThrownBy(() -> appliances.checkClientTrusted(node, "EC")).hasMessageContaining("does not expect");
        SSLEngine engine = SSLContext.getDefault().createSSLEngine("localhost", 443);
        appliances.checkServerTrusted(appliance, "EC", engine);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        assertThatThrownBy(() -> appliances.checkServerTrusted(appliance, "EC", engine))
                .hasMessageContaining("host names are not checked");
    }
}
