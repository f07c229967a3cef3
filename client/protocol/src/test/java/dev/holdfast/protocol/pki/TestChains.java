package dev.holdfast.protocol.pki;

import java.math.BigInteger;
import java.net.Socket;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Good and bad chains of certificates, for both sides of a connection. */
public final class TestChains {
    public static final String VAULT = "6f2f3a52-5f0a-4c1e-9f3b-0d1c2b3a4f5e";
    private static final Duration DAY = Duration.ofDays(1);
    private static final int ROOT_USAGE = KeyUsage.keyCertSign | KeyUsage.cRLSign;

    private TestChains() {}

    /** A certificate with its key. */
    public record Issued(X509Certificate certificate, PrivateKey key) {}

    /**
     * What a peer shows, and whom the other side trusts.
     *
     * @param reason a part of the message that refuses it; empty for a good chain
     */
    public record Chain(
            String name, Issued authority, List<X509Certificate> certificates, PrivateKey key, String reason) {
        @Override
        public String toString() {
            return name;
        }

        public boolean good() {
            return reason.isEmpty();
        }
    }

    /** Makes one certificate; everything can be wrong about it. */
    public static final class Maker {
        private final X500Name subject;
        private final KeyPair keys;
        private Instant from = Instant.now().minus(DAY);
        private Instant to = Instant.now().plus(DAY.multipliedBy(30));
        private String signature = "SHA256withECDSA";
        private final List<Ext> extensions = new ArrayList<>();

        private record Ext(ASN1ObjectIdentifier id, boolean critical, org.bouncycastle.asn1.ASN1Encodable value) {}

        public Maker(String subject) throws Exception {
            this(subject, ec("secp256r1"));
        }

        public Maker(String subject, KeyPair keys) {
            this.subject = new X500Name(subject);
            this.keys = keys;
        }

        public Maker valid(Instant from, Instant to) {
            this.from = from;
            this.to = to;
            return this;
        }

        Maker signedBy(String algorithm) {
            signature = algorithm;
            return this;
        }

        Maker with(ASN1ObjectIdentifier id, boolean critical, org.bouncycastle.asn1.ASN1Encodable value) {
            extensions.add(new Ext(id, critical, value));
            return this;
        }

        Maker ca(int pathLength) {
            return with(Extension.basicConstraints, true, new BasicConstraints(pathLength));
        }

        Maker caOfAnyLength() {
            return with(Extension.basicConstraints, true, new BasicConstraints(true));
        }

        Maker usage(int bits) {
            return with(Extension.keyUsage, true, new KeyUsage(bits));
        }

        public Maker purposes(KeyPurposeId... purposes) {
            return with(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
        }

        /** The usage of every peer. */
        public Maker peer(KeyPurposeId... purposes) {
            return purposes(purposes).usage(KeyUsage.digitalSignature);
        }

        Maker alternative(int type, String name) {
            return with(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName(type, name)));
        }

        Maker onlyBelow(String domain) {
            GeneralSubtree subtree = new GeneralSubtree(new GeneralName(GeneralName.dNSName, domain));
            return with(Extension.nameConstraints, true, new NameConstraints(new GeneralSubtree[] {subtree}, null));
        }

        Issued self() throws Exception {
            return by(subject, keys.getPrivate());
        }

        public Issued by(Issued issuer) throws Exception {
            return by(
                    X500Name.getInstance(
                            issuer.certificate.getSubjectX500Principal().getEncoded()),
                    issuer.key);
        }

        Issued by(X500Name issuer, PrivateKey key) throws Exception {
            var builder = new JcaX509v3CertificateBuilder(
                    issuer,
                    new BigInteger(100, new SecureRandom()).setBit(1),
                    Date.from(from),
                    Date.from(to),
                    subject,
                    keys.getPublic());
            for (Ext extension : extensions) {
                builder.addExtension(extension.id, extension.critical, extension.value);
            }
            X509Certificate made = new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(signature).build(key)));
            return new Issued(Certificates.parse(made.getEncoded()), keys.getPrivate());
        }
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

    private static Maker root() throws Exception {
        return new Maker("CN=Holdfast appliance " + VAULT);
    }

    private static Maker intermediate(String name) throws Exception {
        return new Maker("CN=" + name).usage(KeyUsage.keyCertSign);
    }

    public static KeyPurposeId purpose(Usage usage) {
        return usage == Usage.NODE ? KeyPurposeId.id_kp_clientAuth : KeyPurposeId.id_kp_serverAuth;
    }

    public static String subject(Usage usage) {
        return usage == Usage.NODE ? "CN=node-1" : "CN=Holdfast appliance";
    }

    /** An authority as appliances make it. */
    public static Issued authority() throws Exception {
        return root().ca(0).usage(ROOT_USAGE).self();
    }

    /** A certificate as authorities issue it. */
    public static Issued peer(Issued authority, Usage usage) throws Exception {
        return new Maker(subject(usage)).peer(purpose(usage)).by(authority);
    }

    /** All chains for one side. The good ones are among them, so that no rule can refuse everything unnoticed. */
    public static List<Chain> all(Usage usage) throws Exception {
        return new Corpus(usage).chains;
    }

    private static final class Corpus {
        final List<Chain> chains = new ArrayList<>();
        private final Usage usage;
        private final KeyPurposeId purpose;
        private final KeyPurposeId otherPurpose;
        private final String subject;
        private final Issued shallow = authority();
        private final Issued deep = root().caOfAnyLength().usage(ROOT_USAGE).self();

        Corpus(Usage usage) throws Exception {
            this.usage = usage;
            purpose = purpose(usage);
            otherPurpose = purpose(usage == Usage.NODE ? Usage.APPLIANCE : Usage.NODE);
            subject = subject(usage);
            good();
            leaves();
            names();
            issuers();
            authorities();
            orders();
        }

        private Maker leaf() throws Exception {
            return new Maker(subject).peer(purpose);
        }

        private void add(String name, Issued authority, String reason, Issued peer, Issued... further) {
            List<X509Certificate> certificates = new ArrayList<>(List.of(peer.certificate));
            for (Issued each : further) {
                certificates.add(each.certificate);
            }
            chains.add(new Chain(name, authority, certificates, peer.key, reason));
        }

        private void good() throws Exception {
            Issued peer = leaf().by(shallow);
            add("good", shallow, "", peer, shallow);
            add("good, without the authority", shallow, "", peer);
            Issued below = intermediate("below").ca(0).by(deep);
            Issued far = leaf().by(below);
            add("good, by an intermediate authority", deep, "", far, below, deep);
            add("good, by an intermediate authority, without the authority", deep, "", far, below);
        }

        private void leaves() throws Exception {
            Instant now = Instant.now();
            Duration hour = Duration.ofHours(1);
            add(
                    "expired",
                    shallow,
                    "has expired",
                    leaf().valid(now.minus(DAY), now.minus(hour)).by(shallow),
                    shallow);
            add(
                    "not yet valid",
                    shallow,
                    "is not yet valid",
                    leaf().valid(now.plus(hour), now.plus(DAY)).by(shallow),
                    shallow);
            for (var wrong : List.of(
                    List.of(KeyPurposeId.id_kp_codeSigning),
                    List.of(otherPurpose),
                    List.of(purpose, otherPurpose),
                    List.of(KeyPurposeId.anyExtendedKeyUsage),
                    List.of(purpose, KeyPurposeId.anyExtendedKeyUsage))) {
                add(
                        "extended key usage " + wrong,
                        shallow,
                        "has the extended key usage",
                        new Maker(subject)
                                .peer(wrong.toArray(KeyPurposeId[]::new))
                                .by(shallow),
                        shallow);
            }
            add(
                    "no extended key usage",
                    shallow,
                    "has the extended key usage none",
                    new Maker(subject).usage(KeyUsage.digitalSignature).by(shallow),
                    shallow);
            for (int bits : new int[] {
                KeyUsage.keyAgreement,
                KeyUsage.digitalSignature | KeyUsage.keyCertSign,
                KeyUsage.digitalSignature | KeyUsage.cRLSign
            }) {
                add(
                        "key usage " + bits,
                        shallow,
                        "has the wrong key usage",
                        new Maker(subject).purposes(purpose).usage(bits).by(shallow),
                        shallow);
            }
            add(
                    "no key usage",
                    shallow,
                    "has the wrong key usage",
                    new Maker(subject).purposes(purpose).by(shallow),
                    shallow);
            add("an authority as peer", shallow, "is an authority", leaf().ca(0).by(shallow), shallow);
            add(
                    "weak key",
                    shallow,
                    "an RSA key of 2048 bits",
                    new Maker(subject, rsa(2048)).peer(purpose).by(shallow),
                    shallow);
            add(
                    "curve that is not accepted",
                    shallow,
                    "an EC key on another curve",
                    new Maker(subject, ec("secp521r1")).peer(purpose).by(shallow),
                    shallow);
            add(
                    "SHA-1 signature",
                    shallow,
                    "weak or unsupported signature algorithm",
                    leaf().signedBy("SHA1withECDSA").by(shallow),
                    shallow);
            add(
                    "unknown critical extension",
                    shallow,
                    "does not lead to the trusted authority",
                    leaf().with(new ASN1ObjectIdentifier("1.3.6.1.4.1.99999.1"), true, DERNull.INSTANCE)
                            .by(shallow),
                    shallow);
            add("self-signed", shallow, "is self-signed", leaf().self());
        }

        private void names() throws Exception {
            List<String> wrong = usage == Usage.NODE
                    ? List.of(
                            "CN=Holdfast appliance",
                            "CN=node-0",
                            "CN=node-01",
                            "CN=node--1",
                            "CN=node-\\+1",
                            "CN=node-1x",
                            "CN=node-2147483648",
                            "CN=node-1,O=x",
                            "O=x,CN=node-1",
                            "CN=node-1+OU=x",
                            "OU=node-1",
                            "CN=Node-1")
                    : List.of(
                            "CN=node-1",
                            "CN=Holdfast appliance 2",
                            "CN=Holdfast appliance,O=x",
                            "CN=other",
                            "CN=localhost");
            for (String name : wrong) {
                add(
                        "wrong name " + name,
                        shallow,
                        "does not name a",
                        new Maker(name).peer(purpose).by(shallow),
                        shallow);
            }
            if (usage == Usage.APPLIANCE) {
                add(
                        "another appliance's name",
                        shallow,
                        "names the appliance",
                        leaf().alternative(GeneralName.uniformResourceIdentifier, "urn:holdfast:appliance:other")
                                .by(shallow),
                        shallow);
            }
            String other = usage == Usage.NODE ? "CN=Holdfast appliance" : "CN=node-1";
            add(
                    "the other side's certificate",
                    shallow,
                    "has the extended key usage",
                    new Maker(other).peer(otherPurpose).by(shallow),
                    shallow);
            Issued constrained =
                    intermediate("constrained").ca(0).onlyBelow("example.com").by(deep);
            add(
                    "outside of an intermediate authority's name constraints",
                    deep,
                    "does not lead to the trusted authority",
                    leaf().alternative(GeneralName.dNSName, "evil.test").by(constrained),
                    constrained,
                    deep);
        }

        private void issuers() throws Exception {
            Issued node =
                    new Maker("CN=node-2").peer(KeyPurposeId.id_kp_clientAuth).by(shallow);
            add("signed with a node's key", shallow, "is not an authority", leaf().by(node), node, shallow);
            add(
                    "signed with a node's key, without the authority",
                    shallow,
                    "is not an authority",
                    leaf().by(node),
                    node);
            X500Name authorityName = X500Name.getInstance(
                    shallow.certificate.getSubjectX500Principal().getEncoded());
            add(
                    "signed with a node's key in the authority's name",
                    shallow,
                    "does not lead to the trusted authority",
                    leaf().by(authorityName, node.key),
                    shallow);
            Issued appliance = peer(shallow, Usage.APPLIANCE);
            add(
                    "signed with an appliance's server key",
                    shallow,
                    usage == Usage.NODE ? "is not an authority" : "is self-signed",
                    leaf().by(appliance),
                    appliance,
                    shallow);
            Issued bare = intermediate("bare").by(deep);
            add("intermediate without CA bit", deep, "is not an authority", leaf().by(bare), bare, deep);
            Issued denied = intermediate("denied")
                    .with(Extension.basicConstraints, true, new BasicConstraints(false))
                    .by(deep);
            add("intermediate with CA bit false", deep, "is not an authority", leaf().by(denied), denied, deep);
            Issued mute = new Maker("CN=mute").ca(0).usage(KeyUsage.cRLSign).by(deep);
            add("intermediate without keyCertSign", deep, "no key usage keyCertSign", leaf().by(mute), mute, deep);
            Issued silent = new Maker("CN=silent").ca(0).by(deep);
            add("intermediate without key usage", deep, "no key usage keyCertSign", leaf().by(silent), silent, deep);
            Issued tooDeep = intermediate("too deep").ca(0).by(shallow);
            add("path length of the authority exceeded", shallow, "path length", leaf().by(tooDeep), tooDeep, shallow);
            Issued first = intermediate("first").ca(0).by(deep);
            Issued second = intermediate("second").ca(0).by(first);
            add("path length exceeded", deep, "path length", leaf().by(second), second, first, deep);
            Issued foreign =
                    intermediate("foreign").ca(0).purposes(otherPurpose).by(deep);
            add(
                    "intermediate for the other usage",
                    deep,
                    "may not issue certificates",
                    leaf().by(foreign),
                    foreign,
                    deep);
            Issued any = intermediate("any")
                    .ca(0)
                    .purposes(purpose, KeyPurposeId.anyExtendedKeyUsage)
                    .by(deep);
            add("intermediate for any usage", deep, "may not issue certificates", leaf().by(any), any, deep);
            Instant now = Instant.now();
            Issued late = intermediate("late")
                    .ca(0)
                    .valid(now.minus(DAY), now.minusSeconds(3600))
                    .by(deep);
            add("expired intermediate", deep, "has expired", leaf().by(late), late, deep);
            Issued weak = intermediate("weak").ca(0).signedBy("SHA1withECDSA").by(deep);
            add(
                    "intermediate with SHA-1 signature",
                    deep,
                    "weak or unsupported signature",
                    leaf().by(weak),
                    weak,
                    deep);
            Issued strange = intermediate("strange")
                    .ca(0)
                    .with(new ASN1ObjectIdentifier("1.3.6.1.4.1.99999.1"), true, DERNull.INSTANCE)
                    .by(deep);
            add(
                    "intermediate with unknown critical extension",
                    deep,
                    "does not lead to the trusted authority",
                    leaf().by(strange),
                    strange,
                    deep);
        }

        private void authorities() throws Exception {
            Issued other = authority();
            add("another authority of the same name", shallow, "does not lead to the trusted", leaf().by(other));
            add("another authority of the same name, shown", shallow, "is self-signed", leaf().by(other), other);
            Issued named = new Maker("CN=Other").ca(0).usage(ROOT_USAGE).self();
            add("another authority", shallow, "another authority", leaf().by(named));
            KeyPair keys = new KeyPair(shallow.certificate.getPublicKey(), shallow.key);
            Issued twin = new Maker("CN=Holdfast appliance " + VAULT, keys)
                    .ca(0)
                    .usage(ROOT_USAGE)
                    .self();
            add("the authority's key in another certificate", shallow, "is self-signed", leaf().by(twin), twin);
            Issued cross = new Maker("CN=cross", keys).ca(0).usage(ROOT_USAGE).by(deep);
            add("the authority's key under another name", shallow, "has the authority's key", leaf().by(cross), cross);
            add("the authority itself", shallow, "in place of its own", shallow);
            Issued mute = root().ca(0).usage(KeyUsage.cRLSign).self();
            add("authority without keyCertSign", mute, "no key usage keyCertSign", leaf().by(mute), mute);
            Issued no = root().usage(ROOT_USAGE).self();
            add("authority without CA bit", no, "is not an authority", leaf().by(no), no);
            Issued constrained =
                    root().ca(0).usage(ROOT_USAGE).onlyBelow("example.com").self();
            add(
                    "outside of the authority's name constraints",
                    constrained,
                    "does not lead to the trusted authority",
                    leaf().alternative(GeneralName.dNSName, "evil.test").by(constrained),
                    constrained);
            Instant now = Instant.now();
            Issued old = root().ca(0)
                    .usage(ROOT_USAGE)
                    .valid(now.minus(DAY), now.minusSeconds(3600))
                    .self();
            add("expired authority", old, "has expired", leaf().by(old), old);
        }

        private void orders() throws Exception {
            Issued below = intermediate("below").ca(0).by(deep);
            Issued peer = leaf().by(below);
            add("out of order", deep, "out of order", peer, deep, below);
            add("garbage in the chain", shallow, "out of order", leaf().by(shallow), below, shallow);
            add("garbage behind the authority", shallow, "is self-signed", leaf().by(shallow), shallow, below);
            add("the authority twice", shallow, "is self-signed", leaf().by(shallow), shallow, shallow);
            Issued again = leaf().by(shallow);
            add("the peer twice", shallow, "out of order", again, again);
            Issued first = intermediate("1").ca(2).by(deep);
            Issued second = intermediate("2").ca(1).by(first);
            Issued third = intermediate("3").ca(0).by(second);
            add("long chain", deep, "certificates; at most", leaf().by(third), third, second, first, deep);
            List<Issued> many = new ArrayList<>();
            Issued issuer = deep;
            for (int i = 0; i < 60; i++) {
                issuer = intermediate("many " + i).caOfAnyLength().by(issuer);
                many.addFirst(issuer);
            }
            add("very long chain", deep, "certificates; at most", leaf().by(issuer), many.toArray(Issued[]::new));
        }
    }

    /** Shows one chain, whatever the other side asks for. */
    public static final class FixedKey extends X509ExtendedKeyManager {
        private final PrivateKey key;
        private final X509Certificate[] chain;

        public FixedKey(PrivateKey key, List<X509Certificate> chain) {
            this.key = key;
            this.chain = chain.toArray(X509Certificate[]::new);
        }

        private String alias(String... types) {
            return List.of(types).contains(key.getAlgorithm()) ? "fixed" : null;
        }

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return alias(types);
        }

        @Override
        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return alias(type);
        }

        @Override
        public String chooseEngineServerAlias(String type, Principal[] issuers, SSLEngine engine) {
            return alias(type);
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return new String[] {"fixed"};
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return new String[] {"fixed"};
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return chain.clone();
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key;
        }
    }

    /** Trusts every peer, as attackers do. */
    public static final class AnyPeer extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
