/**
 * An object store as a vault needs it: whole objects, uploads in parts, storage classes, deadlines and tags, with
 * retries and checksums. Uses nothing else of Holdfast. Implemented by the packages file and oss; called by all
 * others of the vault.
 */
@NullMarked
package dev.holdfast.vault.object;

import org.jspecify.annotations.NullMarked;
