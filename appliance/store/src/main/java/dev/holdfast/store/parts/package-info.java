/**
 * What all of the engine works on, as one record: disk, keys, index, volumes, archive and clock.
 *
 * <p>Made and closed by the store; given to each class that works on several of them.
 */
package dev.holdfast.store.parts;
