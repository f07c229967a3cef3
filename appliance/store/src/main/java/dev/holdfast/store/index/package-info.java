/**
 * Where every chunk lies, which nodes own it, and which containers and snapshots there are: RocksDB, which nothing else
 * imports. All of it is derived and can be made anew of containers and manifests.
 *
 * <p>{@link dev.holdfast.store.index.ChunkIndex} is the only way in. It owns the lock under which the location of a
 * chunk is looked up and changed. Uses {@code envelope} for chunk ids and {@code container} for frames. Called by every
 * package above.
 */
package dev.holdfast.store.index;
