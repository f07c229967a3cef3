package dev.holdfast.control.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of the audit log that was not there when the control database was replaced or recovered, signed with the key of the
 * appliance's authority: only such files may be missing. One word of text:
 *
 * <pre>
 * HFMISSING1:first:last:at:signature
 *
 * first, last  entries of the file, decimal
 * at           when it was signed, ms since 1970
 * signature    Base64 of SHA-256 with ECDSA (DER) over the text before its colon
 * </pre>
 */
record MissingSegment(long first, long last, long at, String signature) {
    private static final String MAGIC = "HFMISSING1";
    private static final Pattern TEXT =
            Pattern.compile(MAGIC + ":(\\d{1,18}):(\\d{1,18}):(\\d{1,18}):([A-Za-z0-9+/]{1,200}={0,2})");

    static MissingSegment sign(long first, long last, long at, AuditHead.Signer signer) throws IOException {
        MissingSegment unsigned = new MissingSegment(first, last, at, "");
        return new MissingSegment(
                first, last, at, Base64.getEncoder().encodeToString(signer.sign(unsigned.signedBytes())));
    }

    /** Empty where a text is anything else, or was cut off. */
    static Optional<MissingSegment> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches() && AuditHead.whole(matcher.group(4))
                ? Optional.of(new MissingSegment(
                        Long.parseLong(matcher.group(1)),
                        Long.parseLong(matcher.group(2)),
                        Long.parseLong(matcher.group(3)),
                        matcher.group(4)))
                : Optional.empty();
    }

    private byte[] signedBytes() {
        return (MAGIC + ":" + first + ":" + last + ":" + at).getBytes(StandardCharsets.US_ASCII);
    }

    String text() {
        return new String(signedBytes(), StandardCharsets.US_ASCII) + ":" + signature;
    }

    boolean signedBy(X509Certificate authority) {
        return AuditHead.verify(signedBytes(), AuditHead.decoded(signature), authority);
    }
}
