package dev.holdfast.agent.remote;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The key of an enrolment under way: {@code enrolment.key} in the state directory, there before the token is used. Where the
 * answer is lost or cannot be stored, the same token is sent again with the same key. Lines: SHA-256 of the token in
 * hexadecimal digits, the private key (PKCS #8) and the public key (X.509), each in Base64.
 */
final class EnrolmentKey {
    private static final String FILE = "enrolment.key";

    private EnrolmentKey() {}

    /**
     * The key that an earlier attempt with this token stored, or a new one, on stable storage.
     *
     * @throws IOException where the state directory cannot be written; the token is unused then
     */
    static KeyPair begin(Path state, String token) throws IOException, GeneralSecurityException {
        String hash = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        KeyPair known = known(state, hash);
        if (known != null) {
            return known;
        }
        KeyPair keys = CertificateRequest.newKeys();
        Base64.Encoder base64 = Base64.getEncoder();
        String text = String.join(
                "\n",
                hash,
                base64.encodeToString(keys.getPrivate().getEncoded()),
                base64.encodeToString(keys.getPublic().getEncoded()),
                "");
        Identity.createDirectory(state);
        Identity.writeSecret(state.resolve(FILE), text.getBytes(StandardCharsets.US_ASCII));
        return keys;
    }

    private static @Nullable KeyPair known(Path state, String hash) throws IOException {
        try {
            List<String> lines = Files.readAllLines(state.resolve(FILE), StandardCharsets.ISO_8859_1);
            if (lines.size() != 3 || !lines.getFirst().equals(hash)) {
                return null;
            }
            KeyFactory factory = KeyFactory.getInstance("EC");
            Base64.Decoder base64 = Base64.getDecoder();
            return new KeyPair(
                    factory.generatePublic(new X509EncodedKeySpec(base64.decode(lines.get(2)))),
                    factory.generatePrivate(new PKCS8EncodedKeySpec(base64.decode(lines.get(1)))));
        } catch (NoSuchFileException | GeneralSecurityException | IllegalArgumentException e) {
            // None, or a damaged one: with a new key the appliance decides about the token anew.
            return null;
        }
    }

    /** The enrolment is done, or refused. */
    static void end(Path state) throws IOException {
        Files.deleteIfExists(state.resolve(FILE));
    }
}
