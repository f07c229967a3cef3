/**
 * Recovery: makes an appliance of a vault, and takes over a vault that an appliance with the same keys left. Uses
 * the format, the journal and the store's index. Called by the recover and rescue commands, and by the vault
 * service.
 */
@NullMarked
package dev.holdfast.vault.recover;

import org.jspecify.annotations.NullMarked;
