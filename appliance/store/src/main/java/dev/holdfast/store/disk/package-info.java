/**
 * The file operations that durability rests on, so that tests can put a disk below the store that fails, tears or
 * forgets; and small files that are written whole or not at all.
 *
 * <p>Uses no other package of the store. Called by all who write what must survive a crash.
 */
package dev.holdfast.store.disk;
