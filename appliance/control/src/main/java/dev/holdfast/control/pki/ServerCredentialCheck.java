package dev.holdfast.control.pki;

import dev.holdfast.protocol.phrase.Phrase;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/** Whether browsers can accept a certificate that an administrator gave: what they would refuse is refused here, in words. */
final class ServerCredentialCheck {
    private static final int DNS_NAME = 2;
    private static final int ADDRESS = 7;
    private static final int LEAST_RSA_BITS = 2048;
    private static final int LEAST_EC_BITS = 256;
    private static final String SERVER_PURPOSE = "1.3.6.1.5.5.7.3.1";
    private static final String ANY_PURPOSE = "2.5.29.37.0";

    private ServerCredentialCheck() {}

    /**
     * Checks the key, the order of the chain, validity and names.
     *
     * @param names that the certificate must be for
     * @throws CertificateException that says what is wrong and what is expected
     */
    static void check(PemCredential credential, List<String> names, Instant now) throws CertificateException {
        X509Certificate own = credential.own();
        checkStrength(own.getPublicKey());
        checkKey(credential);
        checkChain(credential.chain());
        for (X509Certificate each : credential.chain()) {
            if (now.isBefore(each.getNotBefore().toInstant())) {
                throw new RefusedCertificateException(Phrase.of("server-certificate.early")
                        .with("subject", subject(each))
                        .with("at", each.getNotBefore().toInstant()));
            }
            if (now.isAfter(each.getNotAfter().toInstant())) {
                throw new RefusedCertificateException(Phrase.of("server-certificate.ended")
                        .with("subject", subject(each))
                        .with("at", each.getNotAfter().toInstant()));
            }
        }
        List<String> purposes = own.getExtendedKeyUsage();
        if (purposes != null && !purposes.contains(SERVER_PURPOSE) && !purposes.contains(ANY_PURPOSE)) {
            throw new RefusedCertificateException(
                    Phrase.of("server-certificate.purpose").with("subject", subject(own)));
        }
        checkNames(own, names);
    }

    private static void checkStrength(PublicKey key) throws CertificateException {
        boolean strong = switch (key) {
            case RSAPublicKey rsa -> rsa.getModulus().bitLength() >= LEAST_RSA_BITS;
            case ECPublicKey ec -> ec.getParams().getOrder().bitLength() >= LEAST_EC_BITS;
            default -> false;
        };
        if (!strong) {
            throw new RefusedCertificateException(Phrase.of("server-certificate.weak")
                    .with("rsa", LEAST_RSA_BITS)
                    .with("ecdsa", LEAST_EC_BITS));
        }
    }

    private static void checkKey(PemCredential credential) throws CertificateException {
        PublicKey of = credential.own().getPublicKey();
        String algorithm = of.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(credential.key());
            byte[] probe = new byte[16];
            signature.update(probe);
            byte[] made = signature.sign();
            signature.initVerify(of);
            signature.update(probe);
            if (signature.verify(made)) {
                return;
            }
        } catch (GeneralSecurityException e) {
            throw new RefusedCertificateException(
                    Phrase.of("server-certificate.other-key-because")
                            .with("subject", subject(credential.own()))
                            .with("reason", e),
                    e);
        }
        throw new RefusedCertificateException(
                Phrase.of("server-certificate.other-key").with("subject", subject(credential.own())));
    }

    private static void checkChain(List<X509Certificate> chain) throws CertificateException {
        for (int i = 1; i < chain.size(); i++) {
            X509Certificate issuer = chain.get(i);
            try {
                if (!chain.get(i - 1).getIssuerX500Principal().equals(issuer.getSubjectX500Principal())
                        || issuer.getBasicConstraints() < 0) {
                    throw new RefusedCertificateException(Phrase.of("server-certificate.order")
                            .with("issuer", subject(issuer))
                            .with("subject", subject(chain.get(i - 1))));
                }
                chain.get(i - 1).verify(issuer.getPublicKey());
            } catch (CertificateException e) {
                throw e;
            } catch (GeneralSecurityException e) {
                throw new RefusedCertificateException(
                        Phrase.of("server-certificate.not-signed")
                                .with("subject", subject(chain.get(i - 1)))
                                .with("issuer", subject(issuer)),
                        e);
            }
        }
    }

    private static void checkNames(X509Certificate own, List<String> names) throws CertificateException {
        List<String> certified = certified(own);
        if (certified.isEmpty()) {
            throw new RefusedCertificateException(
                    Phrase.of("server-certificate.no-name").with("subject", subject(own)));
        }
        for (String each : names) {
            if (certified.stream().noneMatch(name -> covers(name, each))) {
                throw new RefusedCertificateException(Phrase.of("server-certificate.other-name")
                        .with("subject", subject(own))
                        .with("name", each)
                        .with("names", String.join(", ", certified)));
            }
        }
    }

    private static List<String> certified(X509Certificate own) throws CertificateException {
        List<String> found = new ArrayList<>();
        Collection<List<?>> all = own.getSubjectAlternativeNames();
        for (List<?> each : all == null ? List.<List<?>>of() : all) {
            if (each.get(0).equals(DNS_NAME) || each.get(0).equals(ADDRESS)) {
                found.add(String.valueOf(each.get(1)).toLowerCase(Locale.ROOT));
            }
        }
        return found;
    }

    /** A wildcard stands for one label. */
    private static boolean covers(String certified, String wanted) {
        try {
            InetAddress address = InetAddress.ofLiteral(wanted);
            return !certified.startsWith("*") && isAddress(certified, address);
        } catch (IllegalArgumentException e) {
            String name = ServerNames.ascii(wanted);
            return certified.startsWith("*.")
                    ? name.indexOf('.') > 0 && name.substring(name.indexOf('.')).equals(certified.substring(1))
                    : certified.equals(name);
        }
    }

    private static boolean isAddress(String certified, InetAddress address) {
        try {
            return InetAddress.ofLiteral(certified).equals(address);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String subject(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }
}
