package dev.holdfast.protocol.pki;

import java.io.ByteArrayInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.security.auth.x500.X500Principal;

/**
 * The names in the certificates of an appliance's authority. The authority is {@code CN=Holdfast appliance <vault>}, the
 * appliance {@code CN=Holdfast appliance} with the alternative name {@code urn:holdfast:appliance:<vault>}, and a node
 * {@code CN=node-<id>}.
 */
public final class Certificates {
    /** The subject of every appliance's certificate. */
    public static final String APPLIANCE_SUBJECT = "CN=Holdfast appliance";

    /** The subject of every node's certificate, before the node's number. */
    public static final String NODE_SUBJECT_PREFIX = "CN=node-";

    static final String APPLIANCE_URI_PREFIX = "urn:holdfast:appliance:";

    private static final String AUTHORITY_SUBJECT_PREFIX = APPLIANCE_SUBJECT + " ";
    private static final Pattern NODE_SUBJECT = Pattern.compile(NODE_SUBJECT_PREFIX + "([1-9][0-9]{0,9})");
    private static final int URI_NAME = 6;

    private Certificates() {}

    /** Parses one certificate in DER. */
    public static X509Certificate parse(byte[] der) throws CertificateException {
        ByteArrayInputStream in = new ByteArrayInputStream(der);
        X509Certificate certificate =
                (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        if (in.available() > 0) {
            throw new CertificateException(in.available() + " bytes follow the certificate");
        }
        return certificate;
    }

    /** SHA-256 of the DER certificate in lower-case hexadecimal: what clients pin. */
    public static String fingerprint(X509Certificate certificate) throws CertificateException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /**
     * The number of the node that a certificate names.
     *
     * @throws CertificateException where the subject is not exactly {@code CN=node-<id>}, with the id in decimal, from 1
     *     on, without sign and leading zeros
     */
    public static int nodeId(X509Certificate certificate) throws CertificateException {
        String subject = certificate.getSubjectX500Principal().getName(X500Principal.RFC2253);
        Matcher matcher = NODE_SUBJECT.matcher(subject);
        long id = matcher.matches() ? Long.parseLong(matcher.group(1)) : 0;
        if (id < 1 || id > Integer.MAX_VALUE) {
            throw new CertificateException("the certificate's subject '" + subject + "' does not name a node");
        }
        return (int) id;
    }

    /** The alternative name that tells the appliance of one authority from those of all others. */
    public static Optional<String> applianceUri(X509Certificate authority) {
        String subject = authority.getSubjectX500Principal().getName(X500Principal.RFC2253);
        return subject.startsWith(AUTHORITY_SUBJECT_PREFIX)
                ? Optional.of(APPLIANCE_URI_PREFIX + subject.substring(AUTHORITY_SUBJECT_PREFIX.length()))
                : Optional.empty();
    }

    /** Checks that a certificate's names are those of the peer that its usage is for. */
    static void checkNames(X509Certificate leaf, X509Certificate authority, Usage usage) throws CertificateException {
        switch (usage) {
            case NODE -> nodeId(leaf);
            case APPLIANCE -> {
                String subject = leaf.getSubjectX500Principal().getName(X500Principal.RFC2253);
                if (!subject.equals(APPLIANCE_SUBJECT)) {
                    throw new CertificateException("the certificate's subject '" + subject
                            + "' does not name an appliance; expected '" + APPLIANCE_SUBJECT + "'");
                }
                // Appliances before this rule have no such name.
                String own = applianceUri(authority).orElse("");
                for (String uri : uris(leaf)) {
                    if (uri.startsWith(APPLIANCE_URI_PREFIX) && !uri.equals(own)) {
                        throw new CertificateException(
                                "the certificate names the appliance '" + uri + "', not '" + own + "'");
                    }
                }
            }
        }
    }

    private static List<String> uris(X509Certificate certificate) throws CertificateException {
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        return names == null
                ? List.of()
                : names.stream()
                        .filter(name -> name.get(0).equals(URI_NAME))
                        .map(name -> String.valueOf(name.get(1)))
                        .toList();
    }
}
