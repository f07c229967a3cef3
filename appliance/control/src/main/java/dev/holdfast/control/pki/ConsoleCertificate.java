package dev.holdfast.control.pki;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.store.disk.AtomicFile;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What console and API show: the administrator's certificate from files, or one that was uploaded, or else one of the
 * appliance's authority. An upload lies in {@code keys/}, encrypted under the vault key with its private key, and is used by
 * the next handshake. Safe for use by several threads.
 */
public final class ConsoleCertificate extends ServerKeyManager {
    private static final System.Logger LOG = System.getLogger(ConsoleCertificate.class.getName());
    private static final String FILE = "console-certificate.sealed";
    private static final String NAME = "console certificate";

    private final Path keys;
    private final VaultKeys vault;
    private final ServerKeyManager otherwise;
    private final List<String> names;
    private final InstantSource clock;
    private int uploads;
    private volatile @Nullable Uploaded now;
    /** For handshakes that began before the last change. */
    private volatile @Nullable Uploaded before;

    private record Uploaded(int number, PemCredential credential) implements WatchedCertificate {
        String alias() {
            return "uploaded-" + number;
        }

        @Override
        public OwnCertificate.Found look() {
            return new OwnCertificate.Unchanged(true);
        }

        @Override
        public Instant endsAt() {
            return credential.chain().stream()
                    .map(each -> each.getNotAfter().toInstant())
                    .min(Instant::compareTo)
                    .orElseThrow();
        }

        @Override
        public Instant validFrom() {
            return credential.own().getNotBefore().toInstant();
        }

        @Override
        public String place() {
            return "the console's settings";
        }
    }

    /**
     * Loads what was uploaded before. What cannot be read any more must not keep console and API from starting.
     *
     * @param keys the directory of keys
     * @param names that a certificate must be for
     */
    ConsoleCertificate(
            Path keys, VaultKeys vault, ServerKeyManager otherwise, List<String> names, InstantSource clock) {
        this.keys = keys;
        this.vault = vault;
        this.otherwise = otherwise;
        this.names = List.copyOf(names);
        this.clock = clock;
        if (fromFiles().isEmpty() && Files.exists(keys.resolve(FILE))) {
            try {
                byte[] opened = vault.openControl(NAME, Files.readAllBytes(keys.resolve(FILE)));
                now = new Uploaded(0, parsed(new String(opened, StandardCharsets.ISO_8859_1)));
                Arrays.fill(opened, (byte) 0);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.ERROR, "the uploaded certificate of the console cannot be used", e);
            }
        }
    }

    private static PemCredential parsed(String both) throws IOException {
        return PemCredential.parse(
                new PemCredential.Pem(Phrase.of("pem.certificate"), both),
                new PemCredential.Pem(Phrase.of("pem.key"), both));
    }

    /** The files that the certificate comes from; empty where it does not. */
    public Optional<Path> fromFiles() {
        return otherwise instanceof OwnCertificate own ? Optional.of(own.file()) : Optional.empty();
    }

    public boolean uploaded() {
        return now != null;
    }

    /** What the appliance does not renew by itself. */
    public Optional<WatchedCertificate> watched() {
        Uploaded current = now;
        return current != null
                ? Optional.of(current)
                : otherwise instanceof OwnCertificate own ? Optional.of(own) : Optional.empty();
    }

    /** What is shown now: the server's own certificate, then those of its issuers. */
    public List<X509Certificate> chain() {
        for (String type : List.of("EC", "RSA")) {
            String alias = alias(type);
            if (alias != null) {
                return List.of(getCertificateChain(alias));
            }
        }
        return List.of();
    }

    /**
     * Checks a certificate, stores it and shows it from now on.
     *
     * @param chain in PEM: the server's own certificate, then those of its issuers
     * @param key in PEM, without a password
     * @throws PhrasedArgumentException where browsers could not accept it, saying why
     */
    public synchronized void upload(String chain, String key) throws IOException {
        PemCredential credential;
        try {
            credential = PemCredential.parse(
                    new PemCredential.Pem(Phrase.of("pem.certificate"), chain),
                    new PemCredential.Pem(Phrase.of("pem.key"), key));
            ServerCredentialCheck.check(credential, names, clock.instant());
        } catch (IOException | CertificateException e) {
            throw new PhrasedArgumentException(Phrase.why(e), e);
        }
        byte[] both = (chain.strip() + "\n" + key.strip() + "\n").getBytes(StandardCharsets.ISO_8859_1);
        AtomicFile.write(keys.resolve(FILE), vault.sealControl(NAME, both), true);
        Arrays.fill(both, (byte) 0);
        before = now;
        now = new Uploaded(++uploads, credential);
    }

    /** Returns to a certificate of the appliance's authority. Returns whether there was another. */
    public synchronized boolean reset() throws IOException {
        boolean was = remove(keys);
        before = now;
        now = null;
        return was;
    }

    /** As {@link #reset}, where no appliance runs. */
    public static boolean remove(Path keys) throws IOException {
        boolean was = Files.deleteIfExists(keys.resolve(FILE));
        AtomicFile.syncDirectory(keys);
        return was;
    }

    /** Seals an upload with the vault's newest key. */
    public static void reseal(Path keys, VaultKeys vault) throws IOException {
        Path file = keys.resolve(FILE);
        byte[] resealed = Files.exists(file) ? vault.resealControl(NAME, Files.readAllBytes(file)) : null;
        if (resealed != null) {
            AtomicFile.write(file, resealed, true);
        }
    }

    @Override
    @Nullable
    String alias(String keyType) {
        Uploaded current = now;
        if (current == null) {
            return otherwise.alias(keyType);
        }
        return keyType.equals(current.credential.key().getAlgorithm()) ? current.alias() : null;
    }

    private @Nullable PemCredential under(String alias) {
        Uploaded current = now;
        if (current != null && current.alias().equals(alias)) {
            return current.credential;
        }
        Uploaded last = before;
        return last != null && last.alias().equals(alias) ? last.credential : null;
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        PemCredential credential = under(alias);
        return credential == null
                ? otherwise.getCertificateChain(alias)
                : credential.chain().toArray(X509Certificate[]::new);
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        PemCredential credential = under(alias);
        return credential == null ? otherwise.getPrivateKey(alias) : credential.key();
    }
}
