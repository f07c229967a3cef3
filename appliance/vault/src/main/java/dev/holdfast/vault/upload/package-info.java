/**
 * Uploads: whether this appliance may write to a vault, what is missing there, what may leave it, deadlines, and
 * colder storage classes. Uses the format, the journal and the store's containers and manifests. Called by the
 * vault service of the daemon, and by the setting of vaults.
 */
@NullMarked
package dev.holdfast.vault.upload;

import org.jspecify.annotations.NullMarked;
