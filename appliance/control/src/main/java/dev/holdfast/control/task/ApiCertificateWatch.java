package dev.holdfast.control.task;

import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.db.Events;
import dev.holdfast.control.pki.OwnCertificate;
import dev.holdfast.control.pki.WatchedCertificate;
import dev.holdfast.protocol.phrase.Phrase;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Takes over a new certificate for console and API from the administrator's files, and tells where it cannot be used, or
 * where the one in use ends soon. One thread calls it now and then.
 */
public final class ApiCertificateWatch {
    private static final String REFUSED = "api-certificate-refused";
    private static final String EXPIRES = "api-certificate-expires";
    private static final Duration AHEAD = Duration.ofDays(21);
    private static final Duration SOON = Duration.ofDays(7);
    /** Of the validity, where a certificate is valid for a short time only. */
    private static final int AHEAD_SHARE = 4;

    private static final int SOON_SHARE = 12;

    private final ControlDb control;
    private final Supplier<Optional<WatchedCertificate>> certificates;
    private final InstantSource clock;
    private String refused = "";
    private String expires = "";

    public ApiCertificateWatch(ControlDb control, OwnCertificate certificate, InstantSource clock) {
        this(control, () -> Optional.of(certificate), clock);
    }

    /** @param certificates what is to be watched now; nothing where the appliance renews it by itself */
    public ApiCertificateWatch(
            ControlDb control, Supplier<Optional<WatchedCertificate>> certificates, InstantSource clock) {
        this.control = control;
        this.certificates = certificates;
        this.clock = clock;
    }

    /** Forgets what an earlier process told: the files were right when this one began. */
    public void begin() throws IOException {
        control.events().close(REFUSED, null);
        control.events().close(EXPIRES, null);
    }

    public void look() throws IOException {
        Optional<WatchedCertificate> now = certificates.get();
        if (now.isPresent()) {
            look(now.get());
        } else if (!expires.isEmpty()) {
            expires = "";
            control.events().close(EXPIRES, null);
        }
    }

    private void look(WatchedCertificate certificate) throws IOException {
        switch (certificate.look()) {
            case OwnCertificate.Unchanged(boolean settled) -> {
                if (settled && !refused.isEmpty()) {
                    refused = "";
                    control.events().close(REFUSED, null);
                }
            }
            case OwnCertificate.Replaced(String subject, Instant endsAt) -> {
                refused = "";
                control.events().close(REFUSED, null);
                control.audit().append("appliance", "use api certificate", subject + " until " + endsAt, "allowed");
            }
            case OwnCertificate.Refused(Phrase reason) -> {
                if (!reason.english().equals(refused)) {
                    refused = reason.english();
                    control.events().close(REFUSED, null);
                    control.events()
                            .raise(
                                    Events.Severity.ALERT,
                                    REFUSED,
                                    null,
                                    Phrase.of("event.api-certificate-refused")
                                            .with("reason", reason)
                                            .with("until", certificate.endsAt()));
                }
            }
        }
        tellEnd(certificate);
    }

    private void tellEnd(WatchedCertificate certificate) throws IOException {
        Instant ends = certificate.endsAt();
        Duration validity = Duration.between(certificate.validFrom(), ends);
        Duration left = Duration.between(clock.instant(), ends);
        boolean soon = left.compareTo(lesser(SOON, validity.dividedBy(SOON_SHARE))) <= 0;
        boolean ahead = left.compareTo(lesser(AHEAD, validity.dividedBy(AHEAD_SHARE))) <= 0;
        String state = ahead ? ends + (soon ? " soon" : " ahead") : "";
        if (state.equals(expires)) {
            return;
        }
        expires = state;
        control.events().close(EXPIRES, null);
        if (ahead) {
            Phrase message = left.isNegative()
                    ? Phrase.of("event.api-certificate-ended")
                    : Phrase.of("event.api-certificate-ends");
            Phrase todo = certificate instanceof OwnCertificate
                    ? Phrase.of("api-certificate.replace-files")
                    : Phrase.of("api-certificate.replace-settings");
            control.events()
                    .raise(
                            soon ? Events.Severity.ALERT : Events.Severity.WARNING,
                            EXPIRES,
                            null,
                            message.with("place", certificate.place())
                                    .with("at", ends)
                                    .with("todo", todo));
        }
    }

    private static Duration lesser(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
