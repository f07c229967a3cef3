/**
 * SQLite databases of the appliance: how they are opened, changed, read and upgraded. The one place that opens
 * connections. Uses nothing of the vault; the vault's journal and the control database are built on it.
 */
@NullMarked
package dev.holdfast.vault.sqlite;

import org.jspecify.annotations.NullMarked;
