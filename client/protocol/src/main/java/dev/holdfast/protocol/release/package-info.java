/**
 * Packages of the client and the vendor's signatures of them. The appliance stores and offers packages; a client installs
 * only what a release key that came with its own installation has signed.
 *
 * <p>docs/format.md is normative for signature files.
 */
@NullMarked
package dev.holdfast.protocol.release;

import org.jspecify.annotations.NullMarked;
