package dev.holdfast.control.pki;

import java.time.Instant;

/** A certificate for console and API that the appliance does not renew, so that its end must be told. */
public interface WatchedCertificate {
    /** Whether there is a new one, or one that cannot be used. */
    OwnCertificate.Found look();

    /** When the first of the certificates in its chain ends. */
    Instant endsAt();

    Instant validFrom();

    /** Where it comes from and what renews it, for people: a file, or an upload. */
    String place();
}
