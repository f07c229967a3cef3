package dev.holdfast.control.pki;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.pki.Certificates;
import dev.holdfast.protocol.pki.KeyRules;
import dev.holdfast.protocol.pki.OutsideValidityException;
import dev.holdfast.protocol.pki.TrustPath;
import dev.holdfast.protocol.pki.Usage;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.jspecify.annotations.Nullable;

/**
 * The appliance's own certificate authority: the only one its nodes trust, and the only one it trusts. The private key
 * lies encrypted under the vault; the server's key lives in memory only and is new at every start. Immutable.
 */
public final class Authority {
    private static final String CERTIFICATE = "ca.crt";
    private static final String KEY = "ca.key.sealed";
    private static final String KEY_NAME = "authority key";
    private static final Duration AUTHORITY_VALIDITY = Duration.ofDays(365 * 30);
    /** Of a node whose client renews its certificate. */
    public static final Duration RENEWED_VALIDITY = Duration.ofDays(365);
    /** Of a node whose client is older than renewals: only an enrolment gives it another. */
    public static final Duration UNRENEWED_VALIDITY = Duration.ofDays(365 * 5);
    /** Some browsers take no certificate for a longer time, whoever issued it. */
    private static final Duration SERVER_VALIDITY = Duration.ofDays(365);

    private static final int SESSION_SECONDS = 3600;
    private static final int MAX_REQUEST_BYTES = 8192;
    private static final String SIGNATURE = "SHA256withECDSA";
    private static final int TOKEN_BYTES = 16;

    private final X509Certificate certificate;
    private final PrivateKey key;
    private final InstantSource clock;

    private Authority(X509Certificate certificate, PrivateKey key, InstantSource clock) {
        this.certificate = certificate;
        this.key = key;
        this.clock = clock;
    }

    /** Makes a new authority and stores it. */
    public static Authority create(Path keys, VaultKeys vault) throws IOException {
        try {
            KeyPair pair = newKey();
            X500Name name = new X500Name(Certificates.APPLIANCE_SUBJECT + " " + vault.id());
            Instant now = Instant.now();
            JcaX509v3CertificateBuilder builder =
                    builder(name, name, pair.getPublic(), now, now.plus(AUTHORITY_VALIDITY));
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            Authority authority =
                    new Authority(sign(builder, pair.getPrivate()), pair.getPrivate(), InstantSource.system());
            byte[] sealed = vault.sealControl(KEY_NAME, pair.getPrivate().getEncoded());
            AtomicFile.write(keys.resolve(KEY), sealed, true);
            AtomicFile.write(keys.resolve(CERTIFICATE), pem(authority.certificate), false);
            return authority;
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no authority could be made: " + e.getMessage(), e);
        }
    }

    public static Authority load(Path keys, VaultKeys vault) throws IOException {
        return load(keys, vault, InstantSource.system());
    }

    /** @param clock by which certificates are issued and checked */
    public static Authority load(Path keys, VaultKeys vault, InstantSource clock) throws IOException {
        try {
            byte[] encoded = vault.openControl(KEY_NAME, Files.readAllBytes(keys.resolve(KEY)));
            PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
            Authority authority = new Authority(loadCertificate(keys), key, clock);
            authority.requireOneKey();
            return authority;
        } catch (GeneralSecurityException e) {
            throw new IOException("the authority in " + keys + " is damaged: " + e.getMessage(), e);
        }
    }

    /** Seals the private key with the vault's newest key. */
    public static void reseal(Path keys, VaultKeys vault) throws IOException {
        byte[] sealed = Files.readAllBytes(keys.resolve(KEY));
        byte[] resealed = vault.resealControl(KEY_NAME, sealed);
        if (resealed != null) {
            AtomicFile.write(keys.resolve(KEY), resealed, true);
        }
    }

    /** The authority's certificate alone, which is no secret. */
    public static X509Certificate loadCertificate(Path keys) throws IOException {
        String pem = Files.readString(keys.resolve(CERTIFICATE), StandardCharsets.US_ASCII);
        try {
            return Certificates.parse(Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", "")));
        } catch (CertificateException | IllegalArgumentException e) {
            throw new IOException(keys.resolve(CERTIFICATE) + " is damaged: " + e.getMessage(), e);
        }
    }

    private void requireOneKey() throws IOException, GeneralSecurityException {
        byte[] probe = new byte[TOKEN_BYTES];
        Signature signature = Signature.getInstance(SIGNATURE);
        signature.initVerify(certificate.getPublicKey());
        signature.update(probe);
        if (!signature.verify(sign(probe))) {
            throw new GeneralSecurityException("its key and its certificate do not belong together");
        }
        certificate.verify(certificate.getPublicKey());
    }

    /** SHA-256 of the DER certificate in lower-case hexadecimal: what clients pin. */
    public static String fingerprint(X509Certificate certificate) {
        try {
            return Certificates.fingerprint(certificate);
        } catch (CertificateException e) {
            throw new IllegalStateException("certificate without encoding", e);
        }
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /**
     * Signs a node's certificate for the key in its request, whose signature proves that the node has the key. Nothing
     * else is taken from the request.
     *
     * @param request PKCS #10, at most {@value #MAX_REQUEST_BYTES} bytes, with a key that {@link KeyRules} accept
     */
    public X509Certificate issue(int nodeId, byte[] request) throws IOException {
        return issue(nodeId, request, RENEWED_VALIDITY);
    }

    /** As {@link #issue(int, byte[])}; no certificate outlives the authority's own. */
    public X509Certificate issue(int nodeId, byte[] request, Duration validity) throws IOException {
        if (request.length > MAX_REQUEST_BYTES) {
            throw FormatException.corrupt("a certificate request of " + request.length + " bytes; at most "
                    + MAX_REQUEST_BYTES + " are accepted");
        }
        try {
            JcaPKCS10CertificationRequest csr = new JcaPKCS10CertificationRequest(request);
            PublicKey publicKey = csr.getPublicKey();
            // Before the signature, whose cost the key decides.
            KeyRules.checkKey(publicKey);
            KeyRules.checkSignature(csr.getSignatureAlgorithm().getAlgorithm().getId());
            if (!csr.isSignatureValid(new JcaContentVerifierProviderBuilder().build(publicKey))) {
                throw FormatException.corrupt("the certificate request is not signed by its own key");
            }
            JcaX509v3CertificateBuilder builder = leaf(
                    new X500Name(Certificates.NODE_SUBJECT_PREFIX + nodeId),
                    publicKey,
                    validity,
                    KeyPurposeId.id_kp_clientAuth);
            return sign(builder, key);
        } catch (FormatException e) {
            throw e;
        } catch (GeneralSecurityException
                | OperatorCreationException
                | PKCSException
                | IOException
                | RuntimeException e) {
            throw FormatException.corrupt("the certificate request is not valid: " + e.getMessage());
        }
    }

    /** SHA-256 of the public key that a request is for, in hexadecimal; {@link #issue} checks the rest of the request. */
    public static String requestedKey(byte[] request) throws IOException {
        if (request.length > MAX_REQUEST_BYTES) {
            throw FormatException.corrupt("a certificate request of " + request.length + " bytes; at most "
                    + MAX_REQUEST_BYTES + " are accepted");
        }
        try {
            byte[] key = new PKCS10CertificationRequest(request)
                    .getSubjectPublicKeyInfo()
                    .getEncoded();
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(key));
        } catch (GeneralSecurityException | IOException | RuntimeException e) {
            throw FormatException.corrupt("the certificate request is not valid: " + e.getMessage());
        }
    }

    /** The node that a certificate of this authority is for. */
    public static int nodeId(X509Certificate certificate) throws IOException {
        try {
            return Certificates.nodeId(certificate);
        } catch (CertificateException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /**
     * A TLS context with a fresh server key, for agents or for browsers. Clients may come with a node's certificate of this
     * authority or without.
     *
     * @param listen the address that the context is for; the certificate names it
     * @param names further names for the certificate, see {@link ServerNames#check}
     */
    public SSLContext serverContext(InetSocketAddress listen, List<String> names) throws IOException {
        return serverContext(listen, names, refused -> {});
    }

    /**
     * The same.
     *
     * @param outside told of nodes whose certificates are not valid now, on the thread of the handshake
     */
    public SSLContext serverContext(
            InetSocketAddress listen, List<String> names, Consumer<OutsideValidityException> outside)
            throws IOException {
        try {
            return context(
                    new ServerCertificate(this, newKey(), new ServerNames.Source(listen, names)::names, clock),
                    outside);
        } catch (GeneralSecurityException e) {
            throw new IOException("no server certificate could be made: " + e.getMessage(), e);
        }
    }

    /**
     * What console and API show.
     *
     * @param keys the directory of keys, where an upload lies
     * @param own from the administrator's files; null where there are none
     */
    public ConsoleCertificate console(
            InetSocketAddress listen, List<String> names, Path keys, VaultKeys vault, @Nullable OwnCertificate own)
            throws IOException {
        try {
            ServerKeyManager otherwise = own != null
                    ? own
                    : new ServerCertificate(this, newKey(), new ServerNames.Source(listen, names)::names, clock);
            return new ConsoleCertificate(keys, vault, otherwise, names, clock);
        } catch (GeneralSecurityException e) {
            throw new IOException("no server certificate could be made: " + e.getMessage(), e);
        }
    }

    /** A TLS context of a listener for console and API. */
    public SSLContext serverContext(ConsoleCertificate shown) throws IOException {
        try {
            return context(shown, refused -> {});
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate of the console cannot be used: " + e.getMessage(), e);
        }
    }

    private SSLContext context(ServerKeyManager server, Consumer<OutsideValidityException> outside)
            throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLSv1.3");
        context.init(
                new KeyManager[] {server},
                new TrustManager[] {TrustPath.to(certificate, clock).trustManager(Usage.NODE, outside)},
                null);
        // A resumed session does not check the chain again; revocation is checked at every request.
        context.getServerSessionContext().setSessionTimeout(SESSION_SECONDS);
        return context;
    }

    X509Certificate issueServer(PublicKey publicKey, ServerNames named) throws IOException {
        try {
            JcaX509v3CertificateBuilder builder = leaf(
                    new X500Name(Certificates.APPLIANCE_SUBJECT),
                    publicKey,
                    SERVER_VALIDITY,
                    KeyPurposeId.id_kp_serverAuth);
            List<GeneralName> names = new ArrayList<>();
            Certificates.applianceUri(certificate)
                    .ifPresent(uri -> names.add(new GeneralName(GeneralName.uniformResourceIdentifier, uri)));
            named.dnsNames().forEach(name -> names.add(new GeneralName(GeneralName.dNSName, name)));
            named.addresses()
                    .forEach(address -> names.add(
                            new GeneralName(GeneralName.iPAddress, new DEROctetString(address.getAddress()))));
            builder.addExtension(
                    Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
            return sign(builder, key);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no server certificate could be made: " + e.getMessage(), e);
        }
    }

    /** A certificate for one of the two purposes there are, which exclude each other. */
    private JcaX509v3CertificateBuilder leaf(
            X500Name subject, PublicKey publicKey, Duration validity, KeyPurposeId purpose) throws CertIOException {
        X500Name issuer =
                X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
        Instant now = clock.instant();
        Instant last = certificate.getNotAfter().toInstant();
        Instant wanted = now.plus(validity);
        JcaX509v3CertificateBuilder builder =
                builder(issuer, subject, publicKey, now, wanted.isBefore(last) ? wanted : last);
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        return builder;
    }

    /**
     * A one-time token for one machine.
     *
     * @param secret what is kept of it, as a hash
     * @param text what the machine is given: it carries half of the authority's fingerprint
     */
    public record Token(String secret, String text, String fingerprint) {}

    public static Token newToken(String fingerprint) {
        return newToken("hf1", fingerprint);
    }

    /** A token that lets a machine restore, and makes no node. */
    public static Token newRestoreToken(String fingerprint) {
        return newToken("hfr1", fingerprint);
    }

    private static Token newToken(String form, String fingerprint) {
        byte[] random = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(random);
        String secret = HexFormat.of().formatHex(random);
        return new Token(
                secret, form + "." + secret + "." + fingerprint.substring(0, TrustPath.HALF_PIN_DIGITS), fingerprint);
    }

    /** A signature, SHA-256 with ECDSA, DER; {@link #certificate} verifies it. */
    public byte[] sign(byte[] text) throws IOException {
        try {
            Signature signature = Signature.getInstance(SIGNATURE);
            signature.initSign(key);
            signature.update(text);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IOException("signing failed: " + e.getMessage(), e);
        }
    }

    private static KeyPair newKey() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private static JcaX509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, PublicKey publicKey, Instant now, Instant ends) {
        // A day back, for clients whose clocks run late.
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(120, new SecureRandom()),
                Date.from(now.minus(Duration.ofDays(1))),
                Date.from(ends),
                subject,
                publicKey);
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(key)));
    }

    private static byte[] pem(X509Certificate certificate) throws GeneralSecurityException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded());
        return ("-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
