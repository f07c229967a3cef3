/**
 * The way in of chunks. {@link dev.holdfast.store.ingest.Ingest} verifies and appends a chunk, or makes its node an
 * owner of the one that is there.
 *
 * <p>{@link dev.holdfast.store.ingest.KnownChunks} tells what need not be sent or stored again: chunks on their way,
 * those of containers that look-ups hit lately ({@code Locality}), and those in the index. {@code OpenContainers} are
 * filled and sealed, {@link dev.holdfast.store.ingest.ContainerAllocator} numbers them and counts their room, and
 * {@code GroupCommit} makes what was appended durable, in this order: frames are synced, then {@code ChunkEntries}
 * enters them into the index, then their sequence numbers count as durable.
 *
 * <p>Uses {@code container}, {@code volume}, {@code index} and {@code lease}. Called by backup sessions; {@code gc},
 * {@code archive} and {@code restore} use its numbers, its room and its knowledge of open containers.
 */
package dev.holdfast.store.ingest;
