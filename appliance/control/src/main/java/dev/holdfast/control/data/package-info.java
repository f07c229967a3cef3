/**
 * The data directory: its layout, creation, recovery, keyring files and locks, the rotation of keys, and what the local copies
 * of a vault's journal say. {@link dev.holdfast.control.data.DataDirectory} is the entry point. Sits above the other packages of
 * the control layer whose files and secrets it creates or seals again, and uses the store's disk, volume and envelope packages.
 * Called by the daemon and the command line, which open a data directory first, and by use cases about keys.
 */
@NullMarked
package dev.holdfast.control.data;

import org.jspecify.annotations.NullMarked;
