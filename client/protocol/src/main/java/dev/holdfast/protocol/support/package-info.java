/**
 * Support bundles of client and appliance: what is in them, how secrets and file names are left out, and how they are written.
 * {@link dev.holdfast.protocol.support.Bundle} is the entry point. Called by the command lines.
 */
@NullMarked
package dev.holdfast.protocol.support;

import org.jspecify.annotations.NullMarked;
