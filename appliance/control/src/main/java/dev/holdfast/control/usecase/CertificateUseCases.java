package dev.holdfast.control.usecase;

import dev.holdfast.control.access.Permission;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.limit.Bound;
import dev.holdfast.control.pki.Authority;
import dev.holdfast.control.pki.ConsoleCertificate;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** The certificate that browsers see: shown, replaced by one that an administrator brings, and returned to the own. */
public final class CertificateUseCases {
    private static final int DNS_NAME = 2;
    private static final int ADDRESS = 7;
    private static final int MOST_CHAIN = 100_000;
    private static final int MOST_KEY = 20_000;

    private final Engine engine;
    private final Supplier<Optional<ConsoleCertificate>> console;
    private final AuditTrail audit;

    CertificateUseCases(ControlDb control, Engine engine, Supplier<Optional<ConsoleCertificate>> console) {
        this.engine = engine;
        this.console = console;
        this.audit = new AuditTrail(control);
    }

    /**
     * What browsers see.
     *
     * @param source authority (of the appliance, renewed by itself), uploaded, or files (of the option --api-certificate)
     * @param file where it is from files; empty otherwise
     * @param names and addresses that it is for
     * @param fingerprint SHA-256 of the certificate
     * @param issuers subjects of the certificates that are sent along
     */
    public record Shown(
            String source,
            String file,
            String subject,
            String issuer,
            List<String> names,
            Instant validFrom,
            Instant validUntil,
            String fingerprint,
            List<String> issuers) {}

    /**
     * A certificate and its key.
     *
     * @param chain in PEM: the server's own certificate, then those of its issuers
     * @param key in PEM, without a password; never answered
     */
    public record Upload(
            @Bound(characters = MOST_CHAIN) String chain,
            @Bound(characters = MOST_KEY) String key) {
        @Override
        public String toString() {
            return "a certificate and its key";
        }
    }

    public Shown show(Actor actor) throws IOException {
        actor.require(Permission.VIEW);
        ConsoleCertificate shown = running();
        List<X509Certificate> chain = shown.chain();
        X509Certificate own = chain.getFirst();
        return new Shown(
                shown.uploaded() ? "uploaded" : shown.fromFiles().isPresent() ? "files" : "authority",
                shown.fromFiles().map(Path::toString).orElse(""),
                own.getSubjectX500Principal().getName(),
                own.getIssuerX500Principal().getName(),
                names(own),
                own.getNotBefore().toInstant(),
                own.getNotAfter().toInstant(),
                Authority.fingerprint(own),
                chain.stream()
                        .skip(1)
                        .map(each -> each.getSubjectX500Principal().getName())
                        .toList());
    }

    private ConsoleCertificate running() throws UseCaseException {
        return console.get().orElseThrow(() -> UseCaseException.notRunning(Phrase.of("api-certificate.not-served")));
    }

    private static List<String> names(X509Certificate certificate) throws IOException {
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            return (all == null ? List.<List<?>>of() : all)
                    .stream()
                            .filter(each ->
                                    Objects.equals(each.get(0), DNS_NAME) || Objects.equals(each.get(0), ADDRESS))
                            .map(each -> String.valueOf(each.get(1)))
                            .toList();
        } catch (CertificateParsingException e) {
            throw new IOException("the names in the console's certificate cannot be read", e);
        }
    }

    /** Shows another certificate from the next connection on, once it was checked. */
    public Shown upload(Actor actor, Upload wanted) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        ConsoleCertificate shown = running();
        Optional<Path> files = shown.fromFiles();
        if (files.isPresent()) {
            throw UseCaseException.conflict(Phrase.of("api-certificate.of-files")
                    .with("file", files.get().toString()));
        }
        try {
            shown.upload(Objects.requireNonNullElse(wanted.chain, ""), Objects.requireNonNullElse(wanted.key, ""));
        } catch (IllegalArgumentException e) {
            throw UseCaseException.invalid(Phrase.why(e));
        }
        Shown now = show(actor);
        audit.note(actor, "console certificate", now.subject + " until " + now.validUntil, "uploaded");
        return now;
    }

    /** Returns to a certificate of the appliance's authority, from the next connection on. */
    public void reset(Actor actor) throws IOException {
        actor.require(Permission.SETTINGS);
        actor.requireAllNodes();
        Optional<ConsoleCertificate> shown = console.get();
        boolean was = shown.isPresent()
                ? shown.get().reset()
                : ConsoleCertificate.remove(engine.directory().keys());
        if (!was) {
            throw UseCaseException.notFound(Phrase.of("api-certificate.none-uploaded"));
        }
        audit.note(actor, "console certificate", "", "returned to the appliance's own");
    }
}
