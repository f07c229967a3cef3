package dev.holdfast.agent.install;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.cli.Release;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.release.PackageKind;
import dev.holdfast.protocol.release.ReleaseKeys;
import dev.holdfast.protocol.release.ReleasePackage;
import dev.holdfast.protocol.release.ReleaseRefusedException;
import dev.holdfast.protocol.release.ReleaseSignature;
import dev.holdfast.protocol.release.ReleaseVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * This client's installation.
 *
 * @param home the directory of the launcher
 * @param origin what the build of the package noted there; null for a source tree, and wherever no package was installed
 */
public record Installation(Path home, @Nullable Origin origin) {
    /** Of a client that no package installed. */
    private static final ReleaseVersion SOURCE = new ReleaseVersion(Release.NUMBER);

    private static final String FILE = "client.release";
    private static final int MAX_BYTES = 1024;
    private static final String MAGIC = "holdfast-client-installation 1";
    private static final List<String> FIELDS = List.of("version: ", "architecture: ", "kind: ");

    private static final Installation CURRENT = ofProcess();

    /** A package that was installed. */
    public record Origin(ReleaseVersion version, String architecture, PackageKind kind) {}

    /** That of this process. */
    public static Installation current() {
        return CURRENT;
    }

    private static Installation ofProcess() {
        String launcher = System.getProperty("holdfast.launcher", "");
        Path home = launcher.isEmpty() ? null : Path.of(launcher).getParent();
        if (home == null) {
            return new Installation(Path.of(""), null);
        }
        try {
            return read(home);
        } catch (IOException e) {
            // Backups do not depend on it.
            return new Installation(home, null);
        }
    }

    /** @throws FormatException where the note of the build is damaged */
    public static Installation read(Path home) throws IOException {
        Path file = home.resolve(FILE);
        if (!Files.exists(file)) {
            return new Installation(home, null);
        }
        String text;
        try (InputStream in = Files.newInputStream(file)) {
            text = new String(in.readNBytes(MAX_BYTES), US_ASCII);
        }
        List<String> lines = text.lines().toList();
        boolean good = lines.size() == FIELDS.size() + 1 && lines.getFirst().equals(MAGIC);
        for (int i = 0; good && i < FIELDS.size(); i++) {
            good = lines.get(i + 1).startsWith(FIELDS.get(i));
        }
        if (!good) {
            throw FormatException.corrupt(file + " is damaged; install the client's package again");
        }
        List<String> values = lines.stream()
                .skip(1)
                .map(line -> line.substring(line.indexOf(' ') + 1))
                .toList();
        PackageKind kind = PackageKind.of(values.get(2))
                .orElseThrow(() -> FormatException.corrupt(file + " names an unknown kind of package"));
        try {
            return new Installation(home, new Origin(new ReleaseVersion(values.get(0)), values.get(1), kind));
        } catch (IllegalArgumentException e) {
            throw FormatException.corrupt(file + ": " + e.getMessage());
        }
    }

    public ReleaseVersion version() {
        return origin == null ? SOURCE : origin.version;
    }

    /** What this client says that it is. */
    public String software() {
        return "holdfast/" + version();
    }

    /** The keys whose signatures it trusts. */
    public ReleaseKeys keys() throws IOException {
        return ReleaseKeys.load(home.resolve("release-keys"));
    }

    /** @throws ReleaseRefusedException where no package installed this client, so that none can replace it */
    public Origin requireOrigin() throws ReleaseRefusedException {
        if (origin == null) {
            throw new ReleaseRefusedException(Phrase.of("client.not-from-package")
                    .with("directory", home.toString())
                    .with("file", FILE));
        }
        return origin;
    }

    /**
     * Whether what a signature is for may replace this installation.
     *
     * @param allowDowngrade whether it may be an older version
     * @throws ReleaseRefusedException where it may not
     */
    public void requireReplaceableBy(ReleaseSignature signature, boolean allowDowngrade) throws IOException {
        Origin own = requireOrigin();
        ReleasePackage about = signature.about();
        keys().verify(signature);
        if (!about.product().equals(ReleasePackage.CLIENT)) {
            throw new ReleaseRefusedException(
                    Phrase.of("client.package-of-other").with("package", about.label()));
        }
        if (!about.architecture().equals(own.architecture) || about.kind() != own.kind) {
            throw new ReleaseRefusedException(Phrase.of("client.package-unfit")
                    .with("package", about.label())
                    .with("architecture", own.architecture)
                    .with("kind", own.kind.text()));
        }
        if (about.version().compareTo(own.version) < 0 && !allowDowngrade) {
            throw new ReleaseRefusedException(Phrase.of("client.package-older")
                    .with("package", about.label())
                    .with("version", own.version.text()));
        }
    }
}
