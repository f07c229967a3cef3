/**
 * Containers that are read from vaults, block by block, and thawed where they are frozen. Gives the store an
 * archive for what is on no volume. Uses the format and the journal; called by the store, and by the vault
 * service.
 */
@NullMarked
package dev.holdfast.vault.remote;

import org.jspecify.annotations.NullMarked;
