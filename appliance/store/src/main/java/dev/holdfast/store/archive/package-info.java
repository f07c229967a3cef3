/**
 * What a vault needs of the store: the sealed containers and which of them a snapshot needs, entries for containers
 * that lie in the archive alone, eviction from the volumes, and healing by the archive's copies.
 *
 * <p>Works on all packages of the store but {@code gc} and {@code check}. Called by the vault's upload and recovery, by
 * the scrub, and by the control layer for suspect containers.
 */
package dev.holdfast.store.archive;
