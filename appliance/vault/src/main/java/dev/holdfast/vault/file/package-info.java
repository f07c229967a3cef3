/**
 * An object store in a directory: a NAS, a removable disk, a mounted file system. Uses the store's durable file
 * operations. Opened by the vault's settings in the control layer, and by tests.
 */
@NullMarked
package dev.holdfast.vault.file;

import org.jspecify.annotations.NullMarked;
