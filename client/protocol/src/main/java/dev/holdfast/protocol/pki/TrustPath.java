package dev.holdfast.protocol.pki;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.net.ssl.X509TrustManager;
import javax.security.auth.x500.X500Principal;

/**
 * Decides whether a chain of certificates leads from a peer to the one authority that this side trusts. All connections
 * between nodes and appliances, and the certificate that an enrolment brings, are checked here and nowhere else.
 *
 * <p>A chain is the peer's certificate first, then each issuer, in order; the authority's own certificate may follow as
 * the last. The JDK's PKIX algorithm verifies it (RFC 5280: signatures, names, name constraints, critical extensions),
 * with the authority as a part of the path, so that its own constraints count. What PKIX leaves to the application is
 * checked here: key usage, extended key usage, key sizes, signature algorithms, validity of the authority itself, names of
 * the peer. Revocation is not: the appliance's control database knows it.
 *
 * <p>Immutable and safe for use by several threads.
 */
public final class TrustPath {
    /** Certificates in a chain, with the authority's. */
    public static final int MAX_CERTIFICATES = 4;

    /** Hexadecimal digits of a pin: half a fingerprint, as in a token, and a whole one. */
    public static final int HALF_PIN_DIGITS = 32;

    private static final int MAX_MESSAGE_CHARACTERS = 1000;
    private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);
    private static final String ANY_PURPOSE = "2.5.29.37.0";
    private static final int DIGITAL_SIGNATURE = 0;
    private static final int KEY_CERT_SIGN = 5;
    private static final int CRL_SIGN = 6;
    private static final Pattern PIN = Pattern.compile("(?:[0-9a-f]{32}){1,2}");

    private final Anchor anchor;
    private final List<X509Certificate> known;
    private final InstantSource clock;

    /** Finds the authority that a chain is checked against. */
    private interface Anchor {
        X509Certificate of(List<X509Certificate> chain) throws CertificateException;
    }

    private TrustPath(Anchor anchor, List<X509Certificate> known, InstantSource clock) {
        this.anchor = anchor;
        this.known = known;
        this.clock = clock;
    }

    /** Trust in one authority that is known, by exactly this certificate. */
    public static TrustPath to(X509Certificate authority) {
        return to(authority, InstantSource.system());
    }

    /** As {@link #to(X509Certificate)}, for those who bring their own time. */
    public static TrustPath to(X509Certificate authority, InstantSource clock) {
        return new TrustPath(chain -> authority, List.of(authority), clock);
    }

    /**
     * Trust in the authority with this fingerprint, which the peer must show as the last certificate of its chain.
     *
     * @param fingerprint SHA-256 of the certificate in hexadecimal, colons allowed: whole, or its first half
     * @throws IllegalArgumentException where it is neither
     */
    public static TrustPath toFingerprint(String fingerprint) {
        return toFingerprint(fingerprint, InstantSource.system());
    }

    /** As {@link #toFingerprint(String)}, for those who bring their own time. */
    public static TrustPath toFingerprint(String fingerprint, InstantSource clock) {
        String pin = pin(fingerprint);
        return new TrustPath(
                chain -> {
                    X509Certificate last = chain.getLast();
                    String shown = Certificates.fingerprint(last);
                    if (!shown.startsWith(pin)) {
                        throw new CertificateException("the appliance's authority has fingerprint " + shown
                                + ", not the pinned " + pin + ": this is not the appliance that issued the token");
                    }
                    return last;
                },
                List.of(),
                clock);
    }

    /** The digits of a fingerprint alone, in lower case. */
    public static String pin(String fingerprint) {
        String pin = fingerprint.strip().toLowerCase(Locale.ROOT).replace(":", "");
        if (!PIN.matcher(pin).matches()) {
            throw new IllegalArgumentException("'" + fingerprint + "' is not a SHA-256 fingerprint; expected "
                    + 2 * HALF_PIN_DIGITS + " hexadecimal digits");
        }
        return pin;
    }

    /** For TLS: accepts peers whose chain passes {@link #check}. */
    public X509TrustManager trustManager(Usage peer) {
        return trustManager(peer, refused -> {});
    }

    /**
     * The same.
     *
     * @param outside told of peers whose certificates are not valid now and right otherwise, on the thread of the handshake
     */
    public X509TrustManager trustManager(Usage peer, Consumer<OutsideValidityException> outside) {
        return new PathTrustManager(this, peer, known, outside);
    }

    /**
     * Checks a chain.
     *
     * @param chain as the peer sent it
     * @param usage what the first certificate must be for
     * @return the authority's certificate, which is exactly the one known or pinned
     * @throws CertificateException saying what is wrong with which certificate
     */
    public X509Certificate check(List<X509Certificate> chain, Usage usage) throws CertificateException {
        try {
            return checked(chain, usage);
        } catch (OutsideValidityException e) {
            // Its subject was compared with what it must be.
            throw e;
        } catch (CertificateException e) {
            // Names in certificates are the peer's words, and messages end on terminals and in logs.
            throw new CertificateException(printable(String.valueOf(e.getMessage())), e.getCause());
        }
    }

    private static String printable(String text) {
        String plain = text.replaceAll("[^ -~]", "?");
        return plain.length() <= MAX_MESSAGE_CHARACTERS ? plain : plain.substring(0, MAX_MESSAGE_CHARACTERS) + "...";
    }

    private X509Certificate checked(List<X509Certificate> chain, Usage usage) throws CertificateException {
        if (chain.isEmpty()) {
            throw new CertificateException("the peer sent no certificate");
        }
        if (chain.size() > MAX_CERTIFICATES) {
            throw new CertificateException(
                    "the chain has " + chain.size() + " certificates; at most " + MAX_CERTIFICATES + " are accepted");
        }
        X509Certificate authority = anchor.of(chain);
        List<X509Certificate> path = new ArrayList<>(chain);
        if (!path.getLast().equals(authority)) {
            path.add(authority);
        }
        checkOrder(path);
        for (X509Certificate certificate : path) {
            try {
                KeyRules.checkKey(certificate.getPublicKey());
                KeyRules.checkSignature(certificate.getSigAlgOID());
            } catch (CertificateException e) {
                throw new CertificateException(name(certificate) + ": " + e.getMessage(), e);
            }
        }
        for (int i = 1; i < path.size(); i++) {
            checkIssuer(path.get(i), i - 1, usage);
        }
        checkLeaf(path.getFirst(), usage);
        Instant at;
        try {
            at = checkValidity(path);
        } catch (OutsideValidityException e) {
            // Only of what is right otherwise is it said that it is the time that is wrong.
            validate(path, authority, whenAllAre(path));
            Certificates.checkNames(path.getFirst(), authority, usage);
            throw e;
        }
        validate(path, authority, at);
        Certificates.checkNames(path.getFirst(), authority, usage);
        return authority;
    }

    /** An instant at which all are valid, if there is one. */
    private static Instant whenAllAre(List<X509Certificate> path) {
        return path.stream()
                .map(each -> each.getNotBefore().toInstant())
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** Each certificate is followed by its issuer, and only the last is its own. */
    private static void checkOrder(List<X509Certificate> path) throws CertificateException {
        if (path.size() < 2) {
            throw new CertificateException("the peer sent the authority's certificate in place of its own");
        }
        X509Certificate authority = path.getLast();
        for (int i = 0; i < path.size() - 1; i++) {
            X509Certificate certificate = path.get(i);
            X500Principal issuer = path.get(i + 1).getSubjectX500Principal();
            if (certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal())) {
                throw new CertificateException(
                        name(certificate) + " is self-signed, and is not the authority's certificate");
            }
            if (Arrays.equals(
                    certificate.getPublicKey().getEncoded(),
                    authority.getPublicKey().getEncoded())) {
                throw new CertificateException(
                        name(certificate) + " has the authority's key, but is not its certificate");
            }
            if (!certificate.getIssuerX500Principal().equals(issuer)) {
                throw new CertificateException(name(certificate) + " was issued by '"
                        + certificate.getIssuerX500Principal().getName() + "', but '" + issuer.getName()
                        + "' follows: another authority, or a chain that is out of order");
            }
        }
    }

    /** @param below issuers between this one and the peer's certificate */
    private static void checkIssuer(X509Certificate issuer, int below, Usage usage) throws CertificateException {
        boolean[] bits = issuer.getKeyUsage();
        int pathLength = issuer.getBasicConstraints();
        if (pathLength < 0) {
            throw new CertificateException(name(issuer) + " issued a certificate but is not an authority (CA)");
        }
        if (pathLength < below) {
            throw new CertificateException(name(issuer) + " allows " + pathLength
                    + " authorities below itself, but the path length is " + below);
        }
        if (bits == null || !bits[KEY_CERT_SIGN]) {
            throw new CertificateException(name(issuer) + " may not sign certificates: no key usage keyCertSign");
        }
        List<String> purposes = issuer.getExtendedKeyUsage();
        if (purposes != null && (!purposes.contains(usage.purpose()) || purposes.contains(ANY_PURPOSE))) {
            throw new CertificateException(
                    name(issuer) + " may not issue certificates with extended key usage " + usage.label());
        }
    }

    private static void checkLeaf(X509Certificate leaf, Usage usage) throws CertificateException {
        if (leaf.getBasicConstraints() >= 0) {
            throw new CertificateException(name(leaf) + " is an authority (CA), which cannot be a peer");
        }
        boolean[] bits = leaf.getKeyUsage();
        if (bits == null || !bits[DIGITAL_SIGNATURE] || bits[KEY_CERT_SIGN] || bits[CRL_SIGN]) {
            throw new CertificateException(name(leaf)
                    + " has the wrong key usage: expected digitalSignature, and neither keyCertSign nor cRLSign");
        }
        List<String> purposes = leaf.getExtendedKeyUsage();
        if (purposes == null || !Set.copyOf(purposes).equals(Set.of(usage.purpose()))) {
            throw new CertificateException(name(leaf) + " has the extended key usage "
                    + (purposes == null ? "none" : purposes) + ": expected " + usage.label() + " (" + usage.purpose()
                    + ") and no other");
        }
    }

    /** Returns an instant at which all are valid: now, or a little beside it where clocks differ. */
    private Instant checkValidity(List<X509Certificate> path) throws CertificateException {
        Instant now = clock.instant();
        Instant at = now;
        for (X509Certificate certificate : path) {
            Instant from = certificate.getNotBefore().toInstant();
            Instant to = certificate.getNotAfter().toInstant();
            boolean early = now.isBefore(from.minus(CLOCK_SKEW));
            if (early || now.isAfter(to.plus(CLOCK_SKEW))) {
                String text = name(certificate) + (early ? " is not yet valid" : " has expired")
                        + ": it is valid from " + from + " to " + to + ", and this machine's clock says "
                        + now.truncatedTo(ChronoUnit.SECONDS)
                        + "; if that is wrong, set the clock of this machine";
                throw new OutsideValidityException(printable(text), path.getFirst(), early, from, to, now);
            }
        }
        for (X509Certificate certificate : path) {
            Instant from = certificate.getNotBefore().toInstant();
            at = at.isBefore(from) ? from : at;
        }
        for (X509Certificate certificate : path) {
            Instant to = certificate.getNotAfter().toInstant();
            at = at.isAfter(to) ? to : at;
        }
        return at;
    }

    private static void validate(List<X509Certificate> path, X509Certificate authority, Instant at)
            throws CertificateException {
        try {
            // Name and key alone: the authority's certificate goes through the path as every other, so that PKIX
            // honours
            // its constraints and refuses critical extensions that it does not know.
            TrustAnchor trusted = new TrustAnchor(authority.getSubjectX500Principal(), authority.getPublicKey(), null);
            PKIXParameters parameters = new PKIXParameters(Set.of(trusted));
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(at));
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
        } catch (CertPathValidatorException e) {
            String which = e.getIndex() < 0 ? "the chain" : name(path.get(e.getIndex()));
            throw new CertificateException(which + " does not lead to the trusted authority: " + e.getMessage(), e);
        } catch (CertificateException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new CertificateException("the chain cannot be checked: " + e.getMessage(), e);
        }
    }

    private static String name(X509Certificate certificate) {
        return "the certificate '" + certificate.getSubjectX500Principal().getName() + "'";
    }
}
