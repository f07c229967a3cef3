package dev.holdfast.agent.upgrade;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseRefusedException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The file of a package, compared with what its signature says of it. */
public final class PackageContent {
    private static final int BUFFER_BYTES = 1 << 16;

    private PackageContent() {}

    /** @throws ReleaseRefusedException where the file is not the one that was signed */
    public static void verify(Path file, ReleasePackage about) throws IOException {
        long size = Files.size(file);
        if (size != about.size()) {
            throw new ReleaseRefusedException(Phrase.of("client.package-size")
                    .with("file", file.toString())
                    .with("size", size)
                    .with("signed", about.size()));
        }
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
        }
        String actual = HexFormat.of().formatHex(digest.digest());
        if (!actual.equals(about.sha256())) {
            throw new ReleaseRefusedException(Phrase.of("client.package-content")
                    .with("file", file.toString())
                    .with("actual", actual)
                    .with("signed", about.sha256()));
        }
    }
}
