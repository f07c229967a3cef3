/**
 * What the control layer knows of vaults: their settings and credentials, how a place is tried before it is set, their state and
 * backlog, forecasts and prices, and the export of control data that goes into a vault. Uses the control database and the vault
 * module. Moves no data itself: uploads and checks run in the daemon's vault service. Called by the use cases, the daemon and
 * the data directory.
 */
@NullMarked
package dev.holdfast.control.vault;

import org.jspecify.annotations.NullMarked;
