/**
 * The format of a vault, byte by byte: sealed objects, roots, segments, catalogues and inventories; how they are
 * written, published, read, and looked after. Uses the store's keys, container trailers and snapshots, and the
 * journal. Called by uploads, recovery, checks and reads.
 */
@NullMarked
package dev.holdfast.vault.format;

import org.jspecify.annotations.NullMarked;
