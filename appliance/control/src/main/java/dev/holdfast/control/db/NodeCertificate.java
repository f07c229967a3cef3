package dev.holdfast.control.db;

import java.time.Instant;

/**
 * A certificate that was issued to a node.
 *
 * @param fingerprint SHA-256 in hexadecimal
 */
public record NodeCertificate(String fingerprint, Instant endsAt) {}
