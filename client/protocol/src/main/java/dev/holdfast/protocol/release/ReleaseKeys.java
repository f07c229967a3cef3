package dev.holdfast.protocol.release;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/** The public keys whose signatures an installation trusts. Immutable. */
public final class ReleaseKeys {
    private static final int MAX_KEYS = 16;
    private static final int MAX_FILE_BYTES = 4096;
    private static final int ID_BYTES = 8;

    private final Path directory;
    private final Map<String, PublicKey> keys;

    private ReleaseKeys(Path directory, Map<String, PublicKey> keys) {
        this.directory = directory;
        this.keys = Map.copyOf(keys);
    }

    /** The identifier that signatures have for a key. */
    public static String id(PublicKey key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getEncoded());
            return HexFormat.of().formatHex(hash, 0, ID_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * The keys in a directory: files {@code *.pem}, each with one Ed25519 key ({@code openssl pkey -pubout}). None where there
     * is no such directory.
     *
     * @throws IOException where a file has no such key: to leave it out would trust fewer keys than somebody meant
     */
    public static ReleaseKeys load(Path directory) throws IOException {
        Map<String, PublicKey> keys = new HashMap<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*.pem")) {
                for (Path each : files) {
                    PublicKey key = read(each);
                    keys.put(id(key), key);
                    if (keys.size() > MAX_KEYS) {
                        throw new IOException(directory + " has more than " + MAX_KEYS + " release keys");
                    }
                }
            }
        }
        return new ReleaseKeys(directory, keys);
    }

    private static PublicKey read(Path file) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_FILE_BYTES);
        }
        String body = new String(bytes, US_ASCII)
                .replaceAll("-----(BEGIN|END) PUBLIC KEY-----", "")
                .strip();
        try {
            return KeyFactory.getInstance("Ed25519")
                    .generatePublic(
                            new X509EncodedKeySpec(Base64.getMimeDecoder().decode(body)));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(
                    file + " is not an Ed25519 public key in PEM form; install the client's package again", e);
        }
    }

    public boolean isEmpty() {
        return keys.isEmpty();
    }

    /** @throws ReleaseRefusedException where none of these keys made the signature */
    public void verify(ReleaseSignature signature) throws ReleaseRefusedException {
        String what = signature.about().label();
        if (keys.isEmpty()) {
            throw new ReleaseRefusedException(Phrase.of("release.no-key")
                    .with("directory", directory.toString())
                    .with("what", what));
        }
        PublicKey signer = keys.get(signature.key());
        if (signer == null) {
            throw new ReleaseRefusedException(Phrase.of("release.key-unknown")
                    .with("what", what)
                    .with("key", signature.key())
                    .with("trusted", String.join(", ", keys.keySet()))
                    .with("directory", directory.toString()));
        }
        try {
            if (signature.isBy(signer)) {
                return;
            }
        } catch (GeneralSecurityException e) {
            throw new ReleaseRefusedException(
                    Phrase.of("release.unverifiable").with("what", what).with("reason", e));
        }
        throw new ReleaseRefusedException(Phrase.of("release.wrong-signature").with("what", what));
    }
}
