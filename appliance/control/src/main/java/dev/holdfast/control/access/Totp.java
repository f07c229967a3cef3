package dev.holdfast.control.access;

import com.eatthepath.otp.TimeBasedOneTimePasswordGenerator;
import java.security.InvalidKeyException;
import java.security.SecureRandom;
import java.time.Instant;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.util.encoders.Base32;

/** Codes of an authenticator app: RFC 6238, SHA-1, six digits, thirty seconds, which is what all of them know. */
final class Totp {
    private static final int SECRET_BYTES = 20;
    private static final long STEP_SECONDS = 30;
    private static final TimeBasedOneTimePasswordGenerator GENERATOR = new TimeBasedOneTimePasswordGenerator();

    private Totp() {}

    static byte[] newSecret() {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        return secret;
    }

    /** What a QR code for the app holds. */
    static String uri(String user, byte[] secret) {
        return "otpauth://totp/Holdfast:" + java.net.URLEncoder.encode(user, java.nio.charset.StandardCharsets.UTF_8)
                + "?secret=" + Base32.toBase32String(secret).replace("=", "") + "&issuer=Holdfast";
    }

    /**
     * The step of a code that is right now, a step ago or in a step; 0 for one that is wrong or not newer than the last that
     * was used.
     */
    static long step(byte[] secret, String code, Instant now, long lastUsed) {
        if (!code.matches("[0-9]{6}")) {
            return 0;
        }
        long current = now.getEpochSecond() / STEP_SECONDS;
        for (long step = current - 1; step <= current + 1; step++) {
            try {
                String right = GENERATOR.generateOneTimePasswordString(
                        new SecretKeySpec(secret, GENERATOR.getAlgorithm()),
                        Instant.ofEpochSecond(step * STEP_SECONDS));
                boolean equal = java.security.MessageDigest.isEqual(
                        right.getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                        code.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
                if (equal && step > lastUsed) {
                    return step;
                }
            } catch (InvalidKeyException e) {
                throw new IllegalStateException("a secret of the appliance's own making", e);
            }
        }
        return 0;
    }
}
