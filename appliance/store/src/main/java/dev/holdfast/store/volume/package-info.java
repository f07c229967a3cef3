/**
 * The directories that hold containers: which container lies where, whether all of them are mounted, and how much room
 * they have.
 *
 * <p>Uses {@code disk}, and {@code container} for its size. Called by all who open containers, and by the control
 * layer's watch over free room.
 */
package dev.holdfast.store.volume;
