/** Schema versions of the SQLite databases: upgrades of older ones, refusal of newer ones. */
@NullMarked
package dev.holdfast.vault.sqlite;

import org.jspecify.annotations.NullMarked;
