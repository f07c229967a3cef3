package dev.holdfast.protocol.pki;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Which keys and signatures certificates may have. */
public final class KeyRules {
    private static final int MIN_RSA_BITS = 3072;
    private static final int MAX_RSA_BITS = 8192;
    private static final BigInteger RSA_EXPONENT = BigInteger.valueOf(65537);
    private static final List<ECParameterSpec> CURVES = List.of(curve("secp256r1"), curve("secp384r1"));
    private static final Map<String, String> SIGNATURES = Map.of(
            "1.2.840.10045.4.3.2", "SHA256withECDSA",
            "1.2.840.10045.4.3.3", "SHA384withECDSA",
            "1.2.840.10045.4.3.4", "SHA512withECDSA",
            "1.2.840.113549.1.1.11", "SHA256withRSA",
            "1.2.840.113549.1.1.12", "SHA384withRSA",
            "1.2.840.113549.1.1.13", "SHA512withRSA");

    private KeyRules() {}

    /**
     * Checks a public key: EC on P-256 or P-384, or RSA of 3072 to 8192 bits with exponent 65537.
     *
     * @throws CertificateException saying what the key is instead
     */
    public static void checkKey(PublicKey key) throws CertificateException {
        String found = switch (key) {
            case ECPublicKey ec
            when ec.getParams() != null ->
                CURVES.stream().anyMatch(curve -> same(curve, ec.getParams()))
                        ? ""
                        : "an EC key on another curve, of "
                                + ec.getParams().getOrder().bitLength() + " bits";
            case RSAPublicKey rsa -> {
                int bits = rsa.getModulus().bitLength();
                yield bits < MIN_RSA_BITS || bits > MAX_RSA_BITS
                        ? "an RSA key of " + bits + " bits"
                        : rsa.getPublicExponent().equals(RSA_EXPONENT)
                                ? ""
                                : "an RSA key with an exponent other than " + RSA_EXPONENT;
            }
            default -> "a key of type " + key.getAlgorithm();
        };
        if (!found.isEmpty()) {
            throw new CertificateException("weak or unsupported key: " + found
                    + "; expected EC on P-256 or P-384, or RSA of " + MIN_RSA_BITS + " to " + MAX_RSA_BITS + " bits");
        }
    }

    /** Checks a signature algorithm: ECDSA or RSA (PKCS #1) with SHA-256, SHA-384 or SHA-512. */
    public static void checkSignature(String oid) throws CertificateException {
        if (!SIGNATURES.containsKey(oid)) {
            throw new CertificateException("weak or unsupported signature algorithm " + oid
                    + "; expected ECDSA or RSA with SHA-256, SHA-384 or SHA-512");
        }
    }

    private static boolean same(ECParameterSpec one, ECParameterSpec other) {
        return one.getCurve().getField().equals(other.getCurve().getField())
                && one.getCurve().getA().equals(other.getCurve().getA())
                && one.getCurve().getB().equals(other.getCurve().getB())
                && one.getGenerator().equals(other.getGenerator())
                && one.getOrder().equals(other.getOrder())
                && one.getCofactor() == other.getCofactor();
    }

    private static ECParameterSpec curve(String name) {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec(name));
            return Objects.requireNonNull(parameters.getParameterSpec(ECParameterSpec.class));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + name, e);
        }
    }
}
