/**
 * Moves containers from one volume to others: to empty a volume that is to be retired, and to replace what a lost one held.
 *
 * <p>Uses {@code volume} for places, {@code index} for which container is where, {@code archive} for what leaves the index, and
 * {@code restore} for readers of what moves. Called by the control layer's tasks, one at a time.
 */
package dev.holdfast.store.drain;
