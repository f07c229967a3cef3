/**
 * The journal: what this appliance knows of one vault, in a SQLite database of its own. Containers, snapshots and
 * objects have a table class each. Uses the SQLite helper and the storage classes only; uploads, recovery, cooling and
 * reading from a vault are its callers.
 */
@NullMarked
package dev.holdfast.vault.journal;

import org.jspecify.annotations.NullMarked;
