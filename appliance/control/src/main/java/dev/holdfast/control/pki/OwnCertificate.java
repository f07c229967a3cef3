package dev.holdfast.control.pki;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The administrator's own certificate for console and API, from PEM files that something else renews. Files that change are
 * read again; where they are not right, what was read before stays in use. Safe for use by several threads.
 */
public final class OwnCertificate extends ServerKeyManager implements WatchedCertificate {
    private final Path certificate;
    private final Path key;
    private final List<String> names;
    private final InstantSource clock;
    private volatile Loaded now;
    /** For handshakes that began before the last change. */
    private volatile @Nullable Loaded before;

    private String seen;
    private String wrong = "";

    /** @param number of times that files were read */
    private record Loaded(int number, PemCredential credential) {
        String alias() {
            return "own-" + number;
        }
    }

    /** What {@link #look} found. */
    public sealed interface Found {}

    /** @param settled whether the files are those in use, rather than being replaced right now */
    public record Unchanged(boolean settled) implements Found {}

    /** Others, which are in use from now on. */
    public record Replaced(String subject, Instant endsAt) implements Found {}

    /** Others, which cannot be used. */
    public record Refused(Phrase reason) implements Found {}

    /**
     * Reads and checks both files.
     *
     * @param names that the certificate must be for
     * @throws IOException that says what is wrong with which file
     */
    public OwnCertificate(Path certificate, Path key, List<String> names, InstantSource clock) throws IOException {
        this.certificate = certificate;
        this.key = key;
        this.names = List.copyOf(names);
        this.clock = clock;
        seen = state();
        now = new Loaded(1, read());
    }

    private PemCredential read() throws IOException {
        PemCredential read = PemCredential.read(certificate, key);
        try {
            ServerCredentialCheck.check(read, names, clock.instant());
            return read;
        } catch (CertificateException e) {
            throw new PhrasedException(
                    Phrase.of("server-certificate.of-files")
                            .with("certificate", certificate.toString())
                            .with("key", key.toString())
                            .with("reason", e),
                    e);
        }
    }

    private String state() throws IOException {
        return state(certificate) + " " + state(key);
    }

    private static String state(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return attributes.fileKey() + " " + attributes.lastModifiedTime() + " " + attributes.size();
    }

    public Path file() {
        return certificate;
    }

    @Override
    public String place() {
        return certificate.toString();
    }

    /** When the first of the certificates in use ends. */
    @Override
    public Instant endsAt() {
        return now.credential.chain().stream()
                .map(each -> each.getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    /** From when on the certificate in use is valid. */
    @Override
    public Instant validFrom() {
        return now.credential.own().getNotBefore().toInstant();
    }

    /** Reads the files again where they changed. Files that are wrong count only once they stay so: two are to be replaced. */
    @Override
    public synchronized Found look() {
        String state;
        try {
            state = state();
            if (state.equals(seen)) {
                wrong = "";
                return new Unchanged(true);
            }
            PemCredential read = read();
            seen = state;
            wrong = "";
            Loaded last = now;
            before = last;
            now = new Loaded(last.number + 1, read);
            return new Replaced(read.own().getSubjectX500Principal().getName(), endsAt());
        } catch (IOException e) {
            state = String.valueOf(e);
            if (state.equals(wrong)) {
                return new Refused(e.getMessage() == null ? Phrase.plain(state) : Phrase.why(e));
            }
            wrong = state;
            return new Unchanged(false);
        }
    }

    @Override
    @Nullable
    String alias(String keyType) {
        Loaded current = now;
        return keyType.equals(current.credential.key().getAlgorithm()) ? current.alias() : null;
    }

    private PemCredential under(String alias) {
        Loaded last = before;
        return last != null && last.alias().equals(alias) ? last.credential : now.credential;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        return under(alias).chain().toArray(X509Certificate[]::new);
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        return under(alias).key();
    }
}
