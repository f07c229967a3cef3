package dev.holdfast.control.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.data.DataDirectory;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.pki.TrustPath;
import dev.holdfast.protocol.pki.Usage;
import dev.holdfast.store.envelope.Credential;
import dev.holdfast.store.envelope.VaultKeys;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.RSAKeyGenParameterSpec;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthorityTest {
    @TempDir
    static Path work;

    private static DataDirectory directory;
    private static Credential credential;
    private static VaultKeys vault;
    private static Authority authority;
    private static KeyPair rsa;

    @BeforeAll
    static void make() throws Exception {
        directory =
                DataDirectory.init(work.resolve("data"), "dev", List.of(), null).directory();
        rsa = rsa(3072, 65537);
        credential = Objects.requireNonNull(directory.unattendedKey());
        vault = directory.keyring().unlock(credential);
        authority = Authority.load(directory.keys(), vault);
    }

    @AfterAll
    static void close() {
        vault.close();
        credential.close();
    }

    private static KeyPair keys(String algorithm, AlgorithmParameterSpec parameters) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(parameters);
        return generator.generateKeyPair();
    }

    private static KeyPair ec(String curve) throws Exception {
        return keys("EC", new ECGenParameterSpec(curve));
    }

    private static KeyPair foreign(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", new BouncyCastleProvider());
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static KeyPair rsa(int bits, long exponent) throws Exception {
        return keys("RSA", new RSAKeyGenParameterSpec(bits, BigInteger.valueOf(exponent)));
    }

    private static byte[] request(PublicKey key, PrivateKey signer, String signature) throws Exception {
        JcaContentSignerBuilder builder = new JcaContentSignerBuilder(signature);
        if (!signature.endsWith("RSA")) {
            builder.setProvider(new BouncyCastleProvider());
        }
        return new JcaPKCS10CertificationRequestBuilder(new X500Principal("CN=anything"), key)
                .build(builder.build(signer))
                .getEncoded();
    }

    private static byte[] request(KeyPair keys, String signature) throws Exception {
        return request(keys.getPublic(), keys.getPrivate(), signature);
    }

    @Test
    void goodRequestsAreSignedForNodesOnly() throws Exception {
        Map<String, byte[]> requests = Map.of(
                "P-256", request(ec("secp256r1"), "SHA256withECDSA"),
                "P-384", request(ec("secp384r1"), "SHA384withECDSA"),
                "RSA", request(rsa, "SHA256withRSA"));
        for (var each : requests.entrySet()) {
            X509Certificate node = authority.issue(12, each.getValue());
            assertThat(TrustPath.to(authority.certificate()).check(List.of(node), Usage.NODE))
                    .as(each.getKey())
                    .isEqualTo(authority.certificate());
            assertThatThrownBy(() -> TrustPath.to(authority.certificate()).check(List.of(node), Usage.APPLIANCE))
                    .hasMessageContaining("extended key usage");
            assertThat(Authority.nodeId(node)).isEqualTo(12);
        }
    }

    @Test
    void badRequestsAreRefused() throws Exception {
        KeyPair good = ec("secp256r1");
        BigInteger modulus = ((RSAPublicKey) rsa.getPublic()).getModulus();
        PublicKey costly = KeyFactory.getInstance("RSA")
                .generatePublic(new RSAPublicKeySpec(
                        modulus, BigInteger.ONE.shiftLeft(3000).add(BigInteger.ONE)));
        PublicKey large = KeyFactory.getInstance("RSA")
                .generatePublic(new RSAPublicKeySpec(modulus.shiftLeft(8000), BigInteger.valueOf(65537)));
        Map<String, byte[]> requests = new LinkedHashMap<>();
        requests.put("nothing", new byte[0]);
        requests.put("no request", new byte[] {0x30, 3, 2, 1, 1});
        requests.put(
                "signed by another key",
                request(good.getPublic(), ec("secp256r1").getPrivate(), "SHA256withECDSA"));
        requests.put("P-521", request(ec("secp521r1"), "SHA512withECDSA"));
        requests.put("secp256k1", request(foreign("secp256k1"), "SHA256withECDSA"));
        requests.put("brainpool", request(foreign("brainpoolP256r1"), "SHA256withECDSA"));
        requests.put("P-224", request(foreign("secp224r1"), "SHA256withECDSA"));
        requests.put("RSA of 2048 bits", request(rsa(2048, 65537), "SHA256withRSA"));
        requests.put("RSA with exponent 3", request(rsa(3072, 3), "SHA256withRSA"));
        requests.put("RSA with a costly exponent", request(costly, rsa.getPrivate(), "SHA256withRSA"));
        requests.put("RSA of 11072 bits", request(large, rsa.getPrivate(), "SHA256withRSA"));
        requests.put("SHA-1", request(rsa, "SHA1withRSA"));
        requests.put("Ed25519", request(keys("Ed25519", java.security.spec.NamedParameterSpec.ED25519), "Ed25519"));
        requests.put("too long", java.util.Arrays.copyOf(request(good, "SHA256withECDSA"), 8193));
        byte[] cut = request(good, "SHA256withECDSA");
        requests.put("cut", java.util.Arrays.copyOf(cut, cut.length - 1));
        cut = cut.clone();
        cut[cut.length - 1] ^= 1;
        requests.put("damaged signature", cut);
        for (var each : requests.entrySet()) {
            assertThatThrownBy(() -> authority.issue(1, each.getValue()))
                    .as(each.getKey())
                    .isInstanceOf(FormatException.class);
        }
    }

    @Test
    void requestDecidesNothingButTheKey() throws Exception {
        KeyPair keys = ec("secp256r1");
        ExtensionsGenerator wishes = new ExtensionsGenerator();
        wishes.addExtension(Extension.basicConstraints, true, new BasicConstraints(9));
        wishes.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
        wishes.addExtension(Extension.extendedKeyUsage, true, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        wishes.addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(new GeneralName(GeneralName.dNSName, "appliance")));
        byte[] request = new JcaPKCS10CertificationRequestBuilder(new X500Principal("CN=node-1"), keys.getPublic())
                .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, wishes.generate())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
                .getEncoded();
        X509Certificate node = authority.issue(2, request);
        assertThat(node.getPublicKey()).isEqualTo(keys.getPublic());
        assertThat(Authority.nodeId(node)).isEqualTo(2);
        assertThat(node.getBasicConstraints()).isEqualTo(-1);
        assertThat(node.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
        assertThat(node.getSubjectAlternativeNames()).isNull();
        assertThat(node.getCriticalExtensionOIDs()).containsExactly(Extension.keyUsage.getId());
        assertThat(node.getNonCriticalExtensionOIDs()).containsExactly(Extension.extendedKeyUsage.getId());
    }

    @Test
    void serverCertificateIsRenewedWithWhatItNames() throws Exception {
        KeyPair keys = ec("secp256r1");
        AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
        AtomicReference<ServerNames> names = new AtomicReference<>(new ServerNames(Set.of("one.example"), Set.of()));
        ServerCertificate server = new ServerCertificate(authority, keys, names::get, now::get);
        X509Certificate first = server.getCertificateChain("appliance")[0];
        TrustPath.to(authority.certificate()).check(List.of(server.getCertificateChain("appliance")), Usage.APPLIANCE);
        assertThat(names(first)).containsExactlyInAnyOrder("urn:holdfast:appliance:" + vault.id(), "one.example");
        assertThat(Duration.between(Instant.now(), first.getNotAfter().toInstant())
                        .toDays())
                .as("days that browsers accept")
                .isBetween(300L, 397L);

        names.set(new ServerNames(Set.of("one.example"), Set.of(InetAddress.ofLiteral("192.0.2.1"))));
        assertThat(server.getCertificateChain("appliance")[0]).isEqualTo(first);
        now.set(now.get().plusSeconds(61));
        X509Certificate second = server.getCertificateChain("appliance")[0];
        assertThat(names(second)).contains("192.0.2.1");
        assertThat(second.getPublicKey()).isEqualTo(keys.getPublic());
        now.set(now.get().plusSeconds(61));
        assertThat(server.getCertificateChain("appliance")[0]).isEqualTo(second);
        now.set(now.get().plus(Duration.ofDays(31)));
        X509Certificate third = server.getCertificateChain("appliance")[0];
        assertThat(third).isNotEqualTo(second);
        // The clock was wrong, and is set right.
        now.set(now.get().minus(Duration.ofDays(400)));
        assertThat(server.getCertificateChain("appliance")[0]).isNotEqualTo(third);
    }

    private static List<String> names(X509Certificate certificate) throws Exception {
        return certificate.getSubjectAlternativeNames().stream()
                .map(name -> String.valueOf(name.get(1)))
                .toList();
    }

    @Test
    void namesAreThoseOfTheMachineAndOfTheAdministrator() throws Exception {
        InetSocketAddress all = new InetSocketAddress("0.0.0.0", 8807);
        ServerNames names = new ServerNames.Source(
                        all, List.of("Backup.Example.COM", "büro.example", "192.0.2.9", "2001:db8::9"))
                .names();
        assertThat(names.dnsNames()).contains("localhost", "backup.example.com", "xn--bro-hoa.example");
        assertThat(names.addresses())
                .contains(
                        InetAddress.ofLiteral("127.0.0.1"),
                        InetAddress.ofLiteral("::1"),
                        InetAddress.ofLiteral("192.0.2.9"),
                        InetAddress.ofLiteral("2001:db8::9"))
                .noneMatch(InetAddress::isAnyLocalAddress)
                .noneMatch(InetAddress::isLinkLocalAddress);
        java.net.NetworkInterface.networkInterfaces()
                .flatMap(java.net.NetworkInterface::inetAddresses)
                .filter(address -> !address.isLinkLocalAddress())
                .forEach(address -> assertThat(names.addresses()).contains(address));
        assertThat(new ServerNames.Source(new InetSocketAddress("192.0.2.1", 1), List.of())
                        .names()
                        .addresses())
                .contains(InetAddress.ofLiteral("192.0.2.1"));
        for (String bad : List.of("", "*", "*.example.com", "a b", "a..b", "-a", "a-", "x".repeat(64), "a\nb", "a_b")) {
            assertThatThrownBy(() -> ServerNames.check(bad)).as(bad).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void keyAndCertificateBelongTogether() throws Exception {
        Path mixed = Files.createDirectory(work.resolve("mixed"));
        Authority.create(mixed, vault);
        Authority.load(mixed, vault);
        Files.copy(directory.keys().resolve("ca.crt"), mixed.resolve("ca.crt"), StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> Authority.load(mixed, vault)).hasMessageContaining("do not belong together");
    }

    @Test
    void nodeIsNamedInOneWayOnly() throws Exception {
        assertThat(Certificates.nodeId(authority.issue(Integer.MAX_VALUE, request(ec("secp256r1"), "SHA256withECDSA"))))
                .isEqualTo(Integer.MAX_VALUE);
        assertThatThrownBy(() -> Authority.nodeId(authority.certificate()))
                .hasMessageContaining("does not name a node");
    }
}
