package dev.holdfast.protocol.release;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.holdfast.protocol.bytes.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A signature file. There is one text for each content, which {@link #text} writes: {@link #parse} refuses every other.
 *
 * @param key the signer's key: the first 16 hexadecimal digits of the SHA-256 of its X.509 encoding
 * @param signature Ed25519, of {@link #signedText}, in Base64
 */
public record ReleaseSignature(ReleasePackage about, String key, String signature) {
    /** Of a signature file. */
    public static final int MAX_BYTES = 2048;

    private static final String MAGIC = "holdfast-release-signature";
    private static final int VERSION = 1;
    private static final List<String> FIELDS =
            List.of("product", "version", "architecture", "kind", "size", "sha256", "key", "signature");
    private static final Pattern KEY = Pattern.compile("[0-9a-f]{16}");
    private static final Pattern SIGNATURE = Pattern.compile("[A-Za-z0-9+/]{86}==");

    public ReleaseSignature {
        if (!KEY.matcher(key).matches() || !SIGNATURE.matcher(signature).matches()) {
            throw new IllegalArgumentException("the key or the signature is not valid");
        }
    }

    /** Everything before the signature. The first line keeps it apart from all else that the key may sign. */
    public static String signedText(ReleasePackage about, String key) {
        return MAGIC + " " + VERSION
                + "\nproduct: " + about.product()
                + "\nversion: " + about.version()
                + "\narchitecture: " + about.architecture()
                + "\nkind: " + about.kind().text()
                + "\nsize: " + about.size()
                + "\nsha256: " + about.sha256()
                + "\nkey: " + key + "\n";
    }

    /** The signature file. */
    public String text() {
        return signedText(about, key) + "signature: " + signature + "\n";
    }

    public static ReleaseSignature read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw FormatException.corrupt(file + " is not a signature: it has more than " + MAX_BYTES + " bytes");
            }
            return parse(US_ASCII.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            throw FormatException.corrupt(file + " is not a signature: it is not ASCII text");
        }
    }

    /** Reads a signature file. Nothing of it is proven yet. */
    public static ReleaseSignature parse(String text) throws FormatException {
        String[] lines = text.length() > MAX_BYTES ? new String[0] : text.split("\n", -1);
        if (lines.length == 0 || !lines[0].matches(MAGIC + " [1-9][0-9]{0,3}")) {
            throw FormatException.corrupt("this is not a signature of a Holdfast package; expected '" + MAGIC + " "
                    + VERSION + "' in its first line");
        }
        FormatException.requireVersion(
                "the signature", Integer.parseInt(lines[0].substring(MAGIC.length() + 1)), VERSION);
        if (lines.length != FIELDS.size() + 2) {
            throw FormatException.corrupt("the signature has " + lines.length + " lines rather than "
                    + (FIELDS.size() + 2) + "; it is damaged");
        }
        String[] values = new String[FIELDS.size()];
        for (int i = 0; i < values.length; i++) {
            String name = FIELDS.get(i) + ": ";
            if (!lines[i + 1].startsWith(name)) {
                throw FormatException.corrupt(
                        "line " + (i + 2) + " of the signature does not begin with '" + name + "'");
            }
            values[i] = lines[i + 1].substring(name.length());
        }
        ReleaseSignature read = of(values);
        if (!read.text().equals(text)) {
            throw FormatException.corrupt("the signature is not written as the format says; it is damaged");
        }
        return read;
    }

    private static ReleaseSignature of(String... values) throws FormatException {
        PackageKind kind = PackageKind.of(values[3])
                .orElseThrow(() -> FormatException.corrupt("the kind of package '" + values[3] + "' is unknown"));
        try {
            return new ReleaseSignature(
                    new ReleasePackage(
                            values[0],
                            ReleaseVersion.read(values[1]),
                            values[2],
                            kind,
                            Long.parseLong(values[4]),
                            values[5]),
                    values[6],
                    values[7]);
        } catch (IllegalArgumentException e) {
            throw FormatException.corrupt("the signature is damaged: " + e.getMessage());
        }
    }

    /** Whether this key made it. */
    boolean isBy(PublicKey signer) throws GeneralSecurityException {
        Signature check = Signature.getInstance("Ed25519");
        check.initVerify(signer);
        check.update(signedText(about, key).getBytes(US_ASCII));
        return check.verify(Base64.getDecoder().decode(signature));
    }
}
