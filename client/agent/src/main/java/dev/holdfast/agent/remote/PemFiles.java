package dev.holdfast.agent.remote;

import dev.holdfast.protocol.pki.Certificates;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keys and certificates of this node as PEM. */
final class PemFiles {
    private static final String KEY = "PRIVATE KEY";
    private static final String CERTIFICATE = "CERTIFICATE";
    private static final int LINE_CHARACTERS = 64;

    private PemFiles() {}

    static byte[] encode(PrivateKey key) {
        return encode(KEY, key.getEncoded());
    }

    static byte[] encode(X509Certificate certificate) throws IOException {
        try {
            return encode(CERTIFICATE, certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new IOException(e);
        }
    }

    private static byte[] encode(String label, byte[] der) {
        String body = Base64.getMimeEncoder(LINE_CHARACTERS, new byte[] {'\n'}).encodeToString(der);
        return ("-----BEGIN " + label + "-----\n" + body + "\n-----END " + label + "-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** @param file that has a private key, and perhaps a certificate */
    static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der(file, KEY)));
    }

    /** @param file that has a certificate, and perhaps a private key */
    static X509Certificate certificate(Path file) throws IOException, GeneralSecurityException {
        return Certificates.parse(der(file, CERTIFICATE));
    }

    /** What a file has under a label. */
    private static byte[] der(Path file, String label) throws IOException {
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        Matcher matcher = Pattern.compile("-----BEGIN " + label + "-----([^-]*)-----END " + label + "-----")
                .matcher(text);
        try {
            if (matcher.find()) {
                return Base64.getMimeDecoder().decode(matcher.group(1));
            }
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged; enrol again", e);
        }
        throw new IOException(file + " is damaged; enrol again");
    }
}
