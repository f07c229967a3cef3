/**
 * Certificates of an appliance's own authority: their names and keys, and the one rule by which both sides of every
 * connection decide whether to trust a chain.
 */
package dev.holdfast.protocol.pki;
