/**
 * The vaults of a running appliance: opened at the start, and kept up to date by a service each, which runs a
 * list of due jobs: adoption, healing, eviction, upload, deadlines, cooling. Also what is left to do of a
 * recovery. Uses the vault module, the control layer and the store; started by the daemon, and called by the API
 * and the restore handlers.
 */
@NullMarked
package dev.holdfast.server.vault;

import org.jspecify.annotations.NullMarked;
