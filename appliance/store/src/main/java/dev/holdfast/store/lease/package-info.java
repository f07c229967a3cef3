/**
 * Which containers the backup sessions under way may rely on, so that nothing is deleted below them, and that none
 * relies on what is damaged.
 *
 * <p>Uses nothing of the store. Called by {@code snapshot}, where sessions begin and end, by {@code ingest}, which asks
 * whether a chunk counts as stored, and by {@code gc}, which condemns containers.
 */
package dev.holdfast.store.lease;
