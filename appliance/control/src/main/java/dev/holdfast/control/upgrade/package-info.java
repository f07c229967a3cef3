/**
 * Upgrades in place and back: which formats a data directory has, which release wrote it last, and how an older release takes
 * it over again. {@link dev.holdfast.control.upgrade.FormatCheck} changes nothing and comes before anything else that opens
 * the data directory. Called by the command line and by the start of the daemon.
 */
@NullMarked
package dev.holdfast.control.upgrade;

import org.jspecify.annotations.NullMarked;
