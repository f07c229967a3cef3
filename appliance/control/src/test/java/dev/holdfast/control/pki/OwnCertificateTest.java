package dev.holdfast.control.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.task.ApiCertificateWatch;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates for console and API that an administrator has from elsewhere. */
class OwnCertificateTest {
    private static final Duration VALIDITY = Duration.ofDays(90);

    private static KeyPair root;
    private static KeyPair ec;
    private static KeyPair rsa;

    @TempDir
    private Path work;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-02T10:00:00Z"));
    private Path certificate;
    private Path key;

    @BeforeAll
    static void keys() throws Exception {
        root = ec("secp384r1");
        ec = ec("secp256r1");
        rsa = rsa(2048);
    }

    @BeforeEach
    void files() {
        certificate = work.resolve("server.pem");
        key = work.resolve("server.key");
    }

    private static KeyPair ec(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static KeyPair rsa(int bits) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        return generator.generateKeyPair();
    }

    /** A certificate to be made; everything can be wrong about it. */
    private final class Maker {
        private final String subject;
        private final KeyPair keys;
        private Instant from = now.get().minus(Duration.ofDays(1));
        private List<String> dns = List.of("backup.example.com", "*.office.example.com");
        private KeyPurposeId purpose = KeyPurposeId.id_kp_serverAuth;
        private boolean authority;

        Maker(String subject, KeyPair keys) {
            this.subject = subject;
            this.keys = keys;
        }

        Maker from(Instant moment) {
            from = moment;
            return this;
        }

        Maker dns(String... names) {
            dns = List.of(names);
            return this;
        }

        Maker purpose(KeyPurposeId other) {
            purpose = other;
            return this;
        }

        Maker authority() {
            authority = true;
            dns = List.of();
            return this;
        }

        X509Certificate by(String issuer, KeyPair signer) throws Exception {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    new X500Name(issuer),
                    new BigInteger(100, new SecureRandom()),
                    Date.from(from),
                    Date.from(from.plus(VALIDITY)),
                    new X500Name(subject),
                    keys.getPublic());
            if (authority) {
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            } else {
                builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
            }
            if (!dns.isEmpty()) {
                builder.addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(dns.stream()
                                .map(name -> new GeneralName(
                                        Character.isDigit(name.charAt(0)) ? GeneralName.iPAddress : GeneralName.dNSName,
                                        name))
                                .toArray(GeneralName[]::new)));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer.getPrivate())));
        }

        X509Certificate by() throws Exception {
            return by("CN=root", root);
        }
    }

    private Maker server(KeyPair keys) {
        return new Maker("CN=backup", keys);
    }

    private X509Certificate rootCertificate() throws Exception {
        return new Maker("CN=root", root).authority().by();
    }

    private static void write(Path file, Object... objects) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
            for (Object each : objects) {
                pem.writeObject(each instanceof ECPrivateKey ec ? sec1(ec) : each);
            }
        }
        // As a whole, with another inode, as tools that renew certificates do.
        Path temporary = file.resolveSibling("new");
        Files.writeString(temporary, text.toString());
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r-----"));
        Files.move(temporary, file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    /** As OpenSSL writes it, with its curve. */
    private static PemObject sec1(ECPrivateKey ec) throws IOException {
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(ec.getEncoded());
        return new PemObject(
                "EC PRIVATE KEY",
                new org.bouncycastle.asn1.sec.ECPrivateKey(
                                ec.getParams().getOrder().bitLength(),
                                ec.getS(),
                                info.getPrivateKeyAlgorithm().getParameters())
                        .getEncoded());
    }

    private static BigInteger secret(PrivateKey key) {
        return key instanceof ECPrivateKey ec ? ec.getS() : ((RSAPrivateKey) key).getPrivateExponent();
    }

    private OwnCertificate load(String... names) throws IOException {
        return new OwnCertificate(certificate, key, List.of(names), now::get);
    }

    private void mustBeRefused(String why, String... names) {
        assertThatThrownBy(() -> load(names)).isInstanceOf(IOException.class).hasMessageContaining(why);
    }

    @Test
    void keysOfAllFormsAreRead() throws Exception {
        for (KeyPair keys : List.of(ec, rsa)) {
            write(certificate, server(keys).by(), rootCertificate());
            for (Object form : List.of(keys.getPrivate(), new JcaPKCS8Generator(keys.getPrivate(), null))) {
                write(key, form);
                OwnCertificate own = load("backup.example.com", "x.office.example.com");
                String alias = own.chooseEngineServerAlias(keys.getPublic().getAlgorithm(), null, null);
                assertThat(secret(own.getPrivateKey(alias))).isEqualTo(secret(keys.getPrivate()));
                assertThat(own.getCertificateChain(alias)).hasSize(2);
                assertThat(own.chooseEngineServerAlias("EdDSA", null, null)).isNull();
            }
        }
    }

    @Test
    void addressesAreNames() throws Exception {
        write(certificate, server(ec).dns("192.0.2.7", "backup.example.com").by());
        write(key, ec.getPrivate());
        load("192.0.2.7", "Backup.Example.COM");
        mustBeRefused("is not for 192.0.2.8 (--name), but for", "192.0.2.8");
    }

    @Test
    void whatBrowsersWouldRefuseIsRefusedInWords() throws Exception {
        write(key, ec.getPrivate());
        write(certificate, server(rsa).by());
        mustBeRefused("the key does not belong to the certificate 'CN=backup'");
        write(certificate, rootCertificate(), server(ec).by());
        mustBeRefused("the server's own certificate comes first");
        write(certificate, server(ec).by(), server(rsa).by());
        mustBeRefused("did not issue it; order the file");
        write(certificate, server(ec).by("CN=root", ec), rootCertificate());
        mustBeRefused("is not signed by the certificate 'CN=root'");
        write(certificate, server(ec).from(now.get().minus(Duration.ofDays(91))).by());
        mustBeRefused("ended on 2026-");
        write(certificate, server(ec).from(now.get().plus(Duration.ofDays(1))).by());
        mustBeRefused("is not valid before 2026-11-03");
        write(certificate, server(ec).purpose(KeyPurposeId.id_kp_clientAuth).by());
        mustBeRefused("no extended key usage serverAuth");
        write(certificate, server(ec).dns().by());
        mustBeRefused("has no alternative name");
        write(certificate, server(ec).by());
        mustBeRefused("is not for a.b.office.example.com (--name)", "a.b.office.example.com");
        mustBeRefused("is not for office.example.com (--name)", "office.example.com");
        KeyPair weak = rsa(1024);
        write(certificate, server(weak).by());
        write(key, weak.getPrivate());
        mustBeRefused("too weak");
    }

    @Test
    void filesThatAreNoneAreNamed() throws Exception {
        write(certificate, server(ec).by());
        assertThatThrownBy(() -> load()).hasMessageContaining("server.key");
        write(key, ec.getPublic());
        mustBeRefused("server.key has no private key in PEM");
        StringWriter text = new StringWriter();
        try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
            pem.writeObject(
                    ec.getPrivate(),
                    new JcePEMEncryptorBuilder("AES-128-CBC")
                            .setProvider(new BouncyCastleProvider())
                            .build("secret".toCharArray()));
        }
        Files.writeString(key, text.toString());
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        mustBeRefused("is a key with a password");
        write(key, ec.getPrivate());
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        mustBeRefused("chmod 640");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        Files.writeString(certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        mustBeRefused("server.pem cannot be read as PEM");
        Files.writeString(certificate, "nothing");
        mustBeRefused("server.pem has 0 certificates");
        Files.write(certificate, new byte[300_000]);
        mustBeRefused("at most 262144 are read");
    }

    private static List<String> open(ControlDb control) throws IOException {
        return control.events().list(true, 100).stream()
                .map(each -> each.severity() + " " + each.kind())
                .toList();
    }

    @Test
    void filesThatChangeAreTakenOverAndWrongOnesAreAnEvent() throws Exception {
        write(certificate, server(ec).by());
        write(key, ec.getPrivate());
        OwnCertificate own = load();
        String first = own.chooseEngineServerAlias("EC", null, null);
        X509Certificate shown = own.getCertificateChain(first)[0];
        try (ControlDb control = new ControlDb(work.resolve("control.db"), now::get)) {
            ApiCertificateWatch watch = new ApiCertificateWatch(control, own, now::get);
            watch.begin();
            watch.look();
            assertThat(open(control)).isEmpty();
            now.set(own.endsAt().minus(Duration.ofDays(20)));
            watch.look();
            assertThat(open(control)).containsExactly("WARNING api-certificate-expires");

            // The certificate first, then its key: what is between is nobody's fault.
            write(certificate, server(rsa).from(now.get()).by());
            watch.look();
            assertThat(own.getCertificateChain(own.chooseEngineServerAlias("EC", null, null))[0])
                    .isEqualTo(shown);
            write(key, rsa.getPrivate());
            watch.look();
            assertThat(open(control)).isEmpty();
            assertThat(own.chooseEngineServerAlias("EC", null, null)).isNull();
            assertThat(own.chooseEngineServerAlias("RSA", null, null)).isNotEqualTo(first);
            // A handshake that began before.
            assertThat(own.getCertificateChain(first)[0]).isEqualTo(shown);
            assertThat(secret(own.getPrivateKey(first))).isEqualTo(secret(ec.getPrivate()));
            assertThat(control.audit().newest(1).getFirst().action()).isEqualTo("use api certificate");

            X509Certificate good = own.getCertificateChain(own.chooseEngineServerAlias("RSA", null, null))[0];
            write(certificate, server(ec).from(now.get()).by());
            watch.look();
            watch.look();
            watch.look();
            assertThat(open(control)).containsExactly("ALERT api-certificate-refused");
            Events.Event told = control.events().list(true, 1).getFirst();
            assertThat(told.message()).contains("the key does not belong", "stays in use until");
            assertThat(own.getCertificateChain(own.chooseEngineServerAlias("RSA", null, null))[0])
                    .isEqualTo(good);
            Files.delete(certificate);
            watch.look();
            watch.look();
            assertThat(open(control)).containsExactly("ALERT api-certificate-refused");
            write(certificate, good);
            watch.look();
            assertThat(open(control)).isEmpty();
            now.set(own.endsAt().plus(Duration.ofHours(1)));
            watch.look();
            assertThat(open(control)).containsExactly("ALERT api-certificate-expires");
        }
    }
}
