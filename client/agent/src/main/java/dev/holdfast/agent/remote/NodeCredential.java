package dev.holdfast.agent.remote;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;

/**
 * A key of this node and the certificate for it.
 *
 * @param place which of the files in the state directory it is in
 */
record NodeCredential(PrivateKey key, X509Certificate certificate, Place place) {
    /** Where a credential is kept. */
    enum Place {
        /** {@code renewed.pem}: the appliance issued it, and this node has not used it yet. */
        RENEWED,
        /** {@code node.key} and {@code node.crt}. */
        CURRENT,
        /** {@code previous.pem}: the one that the current one was renewed with. */
        PREVIOUS
    }

    Instant ends() {
        return certificate.getNotAfter().toInstant();
    }

    boolean ended(Instant now) {
        return now.isAfter(ends());
    }

    /** Two thirds of its validity are over, or the appliance knows no newer one although there was one. */
    boolean due(Instant now) {
        Instant from = certificate.getNotBefore().toInstant();
        Duration validity = Duration.between(from, ends());
        return place == Place.PREVIOUS
                || !now.isBefore(from.plus(validity.dividedBy(3).multipliedBy(2)));
    }
}
