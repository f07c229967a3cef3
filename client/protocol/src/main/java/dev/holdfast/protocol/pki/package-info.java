/**
 * Certificates of an appliance's own authority: their names and keys, and the one rule by which both sides of every
 * connection decide whether to trust a chain. docs/protocol.md, *Certificates*, is normative.
 *
 * <p>Uses the JDK only. Called by the client's connections and enrolment, and by the appliance's authority and listener.
 */
package dev.holdfast.protocol.pki;
