package dev.holdfast.protocol.release;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Base64;
import java.util.HexFormat;

/** A vendor for tests, with a key of its own. */
public final class ReleaseSigner {
    private final KeyPair pair;

    public ReleaseSigner() throws GeneralSecurityException {
        this.pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }

    /** Makes installations below this directory trust the vendor. */
    public void trustedIn(Path home) throws IOException {
        Path keys = Files.createDirectories(home.resolve("release-keys"));
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(pair.getPublic().getEncoded());
        Files.writeString(
                keys.resolve("vendor.pem"),
                "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PUBLIC KEY-----\n",
                US_ASCII);
    }

    /** Signs a package of the client for amd64. */
    public ReleaseSignature sign(byte[] content, String version, PackageKind kind) throws GeneralSecurityException {
        return sign(new ReleasePackage(
                ReleasePackage.CLIENT,
                new ReleaseVersion(version),
                "amd64",
                kind,
                content.length,
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content))));
    }

    public ReleaseSignature sign(ReleasePackage about) throws GeneralSecurityException {
        String id = ReleaseKeys.id(pair.getPublic());
        Signature signature = Signature.getInstance("Ed25519");
        signature.initSign(pair.getPrivate());
        signature.update(ReleaseSignature.signedText(about, id).getBytes(US_ASCII));
        return new ReleaseSignature(about, id, Base64.getEncoder().encodeToString(signature.sign()));
    }
}
