package dev.holdfast.protocol.pki;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;

/**
 * A certificate is not valid yet or has expired, by this machine's clock; perhaps a clock is wrong. Everything else about its
 * chain is right.
 */
public final class OutsideValidityException extends CertificateException {
    private static final long serialVersionUID = 1;

    private final transient X509Certificate peer;
    private final boolean early;
    private final Instant from;
    private final Instant to;
    private final Instant now;

    /**
     * @param peer the first certificate of the chain
     * @param from and {@code to}: when the certificate is valid that is not valid now, the peer's or its authority's
     */
    OutsideValidityException(
            String message, X509Certificate peer, boolean early, Instant from, Instant to, Instant now) {
        super(message);
        this.peer = peer;
        this.early = early;
        this.from = from;
        this.to = to;
        this.now = now;
    }

    public X509Certificate peer() {
        return peer;
    }

    /** Whether it is not valid yet, rather than expired. */
    public boolean early() {
        return early;
    }

    public Instant from() {
        return from;
    }

    public Instant to() {
        return to;
    }

    /** What this machine's clock said. */
    public Instant now() {
        return now;
    }
}
