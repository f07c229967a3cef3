package dev.holdfast.server.pki;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.Vault;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/**
 * The appliance's own certificate authority: the only one its nodes trust, and the only one it trusts. The private key
 * lies encrypted under the vault; the server's key lives in memory only and is new at every start. Immutable.
 */
public final class Authority {
    private static final String CERTIFICATE = "ca.crt";
    private static final String KEY = "ca.key.sealed";
    private static final String KEY_NAME = "authority key";
    private static final Duration AUTHORITY_VALIDITY = Duration.ofDays(365 * 30);
    private static final Duration LEAF_VALIDITY = Duration.ofDays(365 * 5);
    private static final int TOKEN_BYTES = 16;
    private static final int PIN_CHARACTERS = 32;
    private static final String NODE_PREFIX = "CN=node-";

    private final X509Certificate certificate;
    private final PrivateKey key;

    private Authority(X509Certificate certificate, PrivateKey key) {
        this.certificate = certificate;
        this.key = key;
    }

    /** Makes a new authority and stores it. */
    public static Authority create(Path keys, Vault vault) throws IOException {
        try {
            KeyPair pair = newKey();
            X500Name name = new X500Name("CN=Holdfast appliance " + vault.id());
            JcaX509v3CertificateBuilder builder = builder(name, name, pair.getPublic(), AUTHORITY_VALIDITY);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            Authority authority = new Authority(sign(builder, pair.getPrivate()), pair.getPrivate());
            byte[] sealed = vault.sealControl(KEY_NAME, pair.getPrivate().getEncoded());
            AtomicFile.write(keys.resolve(KEY), sealed, true);
            AtomicFile.write(keys.resolve(CERTIFICATE), pem(authority.certificate), false);
            return authority;
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no authority could be made: " + e.getMessage(), e);
        }
    }

    public static Authority load(Path keys, Vault vault) throws IOException {
        try {
            byte[] encoded = vault.openControl(KEY_NAME, Files.readAllBytes(keys.resolve(KEY)));
            PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(encoded));
            return new Authority(loadCertificate(keys), key);
        } catch (GeneralSecurityException e) {
            throw new IOException("the authority in " + keys + " is damaged: " + e.getMessage(), e);
        }
    }

    /** Seals the private key with the vault's newest key. */
    public static void reseal(Path keys, Vault vault) throws IOException {
        byte[] sealed = Files.readAllBytes(keys.resolve(KEY));
        byte[] resealed = vault.resealControl(KEY_NAME, sealed);
        if (resealed != null) {
            AtomicFile.write(keys.resolve(KEY), resealed, true);
        }
    }

    /** The authority's certificate alone, which is no secret. */
    public static X509Certificate loadCertificate(Path keys) throws IOException {
        String pem = Files.readString(keys.resolve(CERTIFICATE), StandardCharsets.US_ASCII);
        byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (GeneralSecurityException e) {
            throw new IOException(keys.resolve(CERTIFICATE) + " is damaged: " + e.getMessage(), e);
        }
    }

    /** SHA-256 of the DER certificate in lower-case hexadecimal: what clients pin. */
    public static String fingerprint(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("certificate without encoding", e);
        }
    }

    public X509Certificate certificate() {
        return certificate;
    }

    /** Signs a node's certificate for the key in its request, whose signature proves that the node has the key. */
    public X509Certificate issue(int nodeId, byte[] request) throws IOException {
        try {
            JcaPKCS10CertificationRequest csr = new JcaPKCS10CertificationRequest(request);
            PublicKey publicKey = csr.getPublicKey();
            if (!csr.isSignatureValid(new JcaContentVerifierProviderBuilder().build(publicKey))) {
                throw FormatException.corrupt("the certificate request is not signed by its own key");
            }
            JcaX509v3CertificateBuilder builder = builder(
                    new X500Name(certificate.getSubjectX500Principal().getName()),
                    new X500Name(NODE_PREFIX + nodeId),
                    publicKey,
                    LEAF_VALIDITY);
            builder.addExtension(
                    Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_clientAuth));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
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

    /** The node that a certificate of this authority is for. */
    public static int nodeId(X509Certificate certificate) throws IOException {
        String subject = certificate.getSubjectX500Principal().getName();
        try {
            return Integer.parseInt(subject.substring(NODE_PREFIX.length()));
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new IOException("'" + subject + "' is no node", e);
        }
    }

    /** A TLS context with a fresh server key; clients may come with a certificate of this authority or without. */
    public SSLContext serverContext() throws IOException {
        try {
            KeyPair pair = newKey();
            JcaX509v3CertificateBuilder builder = builder(
                    new X500Name(certificate.getSubjectX500Principal().getName()),
                    new X500Name("CN=Holdfast appliance"),
                    pair.getPublic(),
                    LEAF_VALIDITY);
            builder.addExtension(
                    Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            List<GeneralName> names = new ArrayList<>();
            names.add(new GeneralName(GeneralName.dNSName, "localhost"));
            names.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
            names.add(new GeneralName(
                    GeneralName.dNSName, InetAddress.getLoopbackAddress().getHostName()));
            builder.addExtension(
                    Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
            X509Certificate leaf = sign(builder, key);

            char[] none = new char[0];
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(null, null);
            keys.setKeyEntry("server", pair.getPrivate(), none, new X509Certificate[] {leaf, certificate});
            KeyManagerFactory keyManagers = KeyManagerFactory.getInstance("PKIX");
            keyManagers.init(keys, none);
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", certificate);
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            context.init(keyManagers.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("no server certificate could be made: " + e.getMessage(), e);
        }
    }

    /**
     * A one-time token for one machine.
     *
     * @param secret what is kept of it, as a hash
     * @param text what the machine is given: it carries half of the authority's fingerprint
     */
    public record Token(String secret, String text, String fingerprint) {}

    public static Token newToken(String fingerprint) {
        byte[] random = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(random);
        String secret = HexFormat.of().formatHex(random);
        return new Token(secret, "hf1." + secret + "." + fingerprint.substring(0, PIN_CHARACTERS), fingerprint);
    }

    /** A signature, SHA-256 with ECDSA, DER; {@link #certificate} verifies it. */
    public byte[] sign(byte[] text) throws IOException {
        try {
            Signature signature = Signature.getInstance("SHA256withECDSA");
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
            X500Name issuer, X500Name subject, PublicKey publicKey, Duration validity) {
        Instant now = Instant.now();
        // A day back, for clients whose clocks run late.
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(120, new SecureRandom()),
                Date.from(now.minus(Duration.ofDays(1))),
                Date.from(now.plus(validity)),
                subject,
                publicKey);
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey key)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    }

    private static byte[] pem(X509Certificate certificate) throws GeneralSecurityException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate.getEncoded());
        return ("-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
