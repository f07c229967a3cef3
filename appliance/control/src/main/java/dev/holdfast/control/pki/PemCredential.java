package dev.holdfast.control.pki;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;

/**
 * A certificate and its key as an administrator has them in PEM files.
 *
 * @param chain the server's own certificate, then each issuer
 */
record PemCredential(PrivateKey key, List<X509Certificate> chain) {
    private static final int MAX_FILE_BYTES = 256 << 10;
    private static final int MAX_CERTIFICATES = 10;

    PemCredential {
        chain = List.copyOf(chain);
    }

    X509Certificate own() {
        return chain.getFirst();
    }

    /**
     * Reads both.
     *
     * @param key PKCS #8, PKCS #1 or SEC 1, without a password
     */
    static PemCredential read(Path certificate, Path key) throws IOException {
        requirePrivate(key);
        return parse(
                new Pem(Phrase.plain(certificate.toString()), text(certificate)),
                new Pem(Phrase.plain(key.toString()), text(key)));
    }

    /**
     * A text in PEM.
     *
     * @param file what it is called in messages
     */
    record Pem(Phrase file, String text) {
        PhrasedException wrong(Phrase how) {
            return new PhrasedException(how.with("file", file));
        }

        PhrasedException wrong(Phrase how, Exception cause) {
            return new PhrasedException(how.with("file", file).with("reason", cause), cause);
        }
    }

    /** As {@link #read}, of texts. */
    static PemCredential parse(Pem certificate, Pem key) throws IOException {
        return new PemCredential(readKey(key), readChain(certificate));
    }

    private static List<X509Certificate> readChain(Pem file) throws IOException {
        List<X509Certificate> chain = new ArrayList<>();
        for (Object each : objects(file)) {
            // A key in the same file is no error: many tools write both into one.
            if (each instanceof X509CertificateHolder holder) {
                try {
                    chain.add(new JcaX509CertificateConverter().getCertificate(holder));
                } catch (CertificateException e) {
                    throw file.wrong(Phrase.of("pem.unreadable-certificate"), e);
                }
            }
        }
        if (chain.isEmpty() || chain.size() > MAX_CERTIFICATES) {
            throw file.wrong(
                    Phrase.of("pem.certificates").with("found", chain.size()).with("most", MAX_CERTIFICATES));
        }
        return chain;
    }

    private static PrivateKey readKey(Pem file) throws IOException {
        for (Object each : objects(file)) {
            switch (each) {
                case PrivateKeyInfo info -> {
                    return convert(file, info);
                }
                case PEMKeyPair pair -> {
                    return convert(file, pair.getPrivateKeyInfo());
                }
                case PEMEncryptedKeyPair _, PKCS8EncryptedPrivateKeyInfo _ ->
                    throw file.wrong(Phrase.of("pem.password").with("command", "openssl pkey -in KEY -out NEW"));
                default -> {
                    // Parameters of a curve, or a certificate in the same file.
                }
            }
        }
        throw file.wrong(Phrase.of("pem.no-key"));
    }

    private static PrivateKey convert(Pem file, PrivateKeyInfo info) throws IOException {
        ASN1ObjectIdentifier algorithm = info.getPrivateKeyAlgorithm().getAlgorithm();
        String name;
        if (algorithm.equals(PKCSObjectIdentifiers.rsaEncryption)) {
            name = "RSA";
        } else if (algorithm.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            name = "EC";
        } else {
            throw file.wrong(Phrase.of("pem.algorithm").with("algorithm", algorithm.getId()));
        }
        try {
            return KeyFactory.getInstance(name).generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw file.wrong(Phrase.of("pem.unreadable-key"), e);
        }
    }

    private static void requirePrivate(Path file) throws IOException {
        PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
        if (view != null && view.readAttributes().permissions().contains(PosixFilePermission.OTHERS_READ)) {
            throw new PhrasedException(
                    Phrase.of("pem.open-key").with("file", file.toString()).with("command", "chmod 640 " + file));
        }
    }

    private static String text(Path file) throws IOException {
        long size = Files.size(file);
        if (size > MAX_FILE_BYTES) {
            throw new PhrasedException(Phrase.of("pem.too-large")
                    .with("file", file.toString())
                    .with("size", size)
                    .with("most", MAX_FILE_BYTES));
        }
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    private static List<Object> objects(Pem file) throws IOException {
        List<Object> objects = new ArrayList<>();
        try (PEMParser parser = new PEMParser(new StringReader(file.text))) {
            for (Object each = parser.readObject(); each != null; each = parser.readObject()) {
                objects.add(each);
            }
        } catch (IOException | RuntimeException e) {
            throw file.wrong(Phrase.of("pem.unreadable"), e);
        }
        return objects;
    }
}
