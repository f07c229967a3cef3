/** Schema versions of the SQLite databases: upgrades of older ones, refusal of newer ones. */
@NullMarked
package dev.holdfast.cloud.schema;

import org.jspecify.annotations.NullMarked;
