package dev.holdfast.control.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the audit log ended with at some moment, signed with the key of the appliance's authority. As text it is one word, so
 * that it is found again in a log, a journal or a mail:
 *
 * <pre>
 * HFAUDIT1:id:hash:at:start:kind:signature
 *
 * id         of the last entry, decimal; 0 where there was none
 * hash       of the last entry, 64 hexadecimal digits; empty for id 0, and for entries older than the chain
 * at         when the head was signed, ms since 1970
 * start      id of the first entry that has a hash
 * kind       head, or restored: the database was replaced by an older copy that ended with this entry
 * signature  Base64 of SHA-256 with ECDSA (DER) over the text before its colon
 * </pre>
 */
public record AuditHead(long id, String hash, long at, long start, Kind kind, String signature) {
    /** What a head says besides where the log ends. */
    public enum Kind {
        HEAD,
        /** What earlier heads say of later entries was lost when the database was replaced by an older copy. */
        RESTORED
    }

    static final String MAGIC = "HFAUDIT1";
    /** DER's tag of what an ECDSA signature is. With a key of 256 bits it is shorter than 128 bytes. */
    private static final int SEQUENCE = 0x30;

    private static final Pattern TEXT = Pattern.compile(MAGIC
            + ":(\\d{1,18}):([0-9a-f]{64}|):(\\d{1,18}):(\\d{1,18}):(head|restored):([A-Za-z0-9+/]{1,200}={0,2})");

    /** Signs with the authority's key. */
    public interface Signer {
        /** SHA-256 with ECDSA, DER. */
        byte[] sign(byte[] text) throws IOException;
    }

    static AuditHead sign(long id, String hash, long at, long start, Kind kind, Signer signer) throws IOException {
        AuditHead unsigned = new AuditHead(id, hash, at, start, kind, "");
        return new AuditHead(
                id, hash, at, start, kind, Base64.getEncoder().encodeToString(signer.sign(unsigned.signedBytes())));
    }

    private byte[] signedBytes() {
        return String.join(
                        ":",
                        MAGIC,
                        Long.toString(id),
                        hash,
                        Long.toString(at),
                        Long.toString(start),
                        kind.name().toLowerCase(Locale.ROOT))
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** The word that stands for it in a text. */
    public String text() {
        return new String(signedBytes(), StandardCharsets.US_ASCII) + ":" + signature;
    }

    /** All heads that a text has, in their order; whether their signatures fit is not looked at. */
    public static List<AuditHead> find(String text) {
        List<AuditHead> found = new ArrayList<>();
        Matcher matcher = TEXT.matcher(text);
        while (matcher.find()) {
            found.add(of(matcher));
        }
        return found;
    }

    /** The head that a text is; empty where it is anything else, or a head whose signature was cut off. */
    static Optional<AuditHead> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches() ? Optional.of(of(matcher)).filter(head -> whole(head.signature)) : Optional.empty();
    }

    private static AuditHead of(Matcher matcher) {
        return new AuditHead(
                Long.parseLong(matcher.group(1)),
                matcher.group(2),
                Long.parseLong(matcher.group(3)),
                Long.parseLong(matcher.group(4)),
                Kind.valueOf(matcher.group(5).toUpperCase(Locale.ROOT)),
                matcher.group(6));
    }

    /** Whether a signature is as long as its first bytes say; whose it is stays open. */
    static boolean whole(String signature) {
        byte[] der = decoded(signature);
        return signature.length() % 4 == 0 && der.length > 2 && der[0] == SEQUENCE && der[1] == der.length - 2;
    }

    /** No bytes where a signature is no Base64. */
    static byte[] decoded(String signature) {
        try {
            return Base64.getDecoder().decode(signature);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    boolean signedBy(X509Certificate authority) {
        return verify(signedBytes(), decoded(signature), authority);
    }

    static boolean verify(byte[] text, byte[] signature, X509Certificate authority) {
        try {
            Signature verifier = Signature.getInstance("SHA256withECDSA");
            verifier.initVerify(authority.getPublicKey());
            verifier.update(text);
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
