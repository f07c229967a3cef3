/**
 * The appliance's certificate authority: certificates of nodes and of the listeners, the names in them, and signatures of the
 * authority. Uses the protocol's rules for certificates and the keys that seal the authority's private key; knows no
 * database and opens no connection. Called by the listeners, by enrolment, and by what signs or renews with the authority.
 */
@NullMarked
package dev.holdfast.control.pki;

import org.jspecify.annotations.NullMarked;
