/**
 * Chunks as they travel and are stored: their kinds, their SHA-256 digests, and their compressed form.
 *
 * <p>Uses {@code bytes} and zstd; {@link dev.holdfast.protocol.chunk.Packed} is the only class that calls zstd for chunks.
 * Called by the client's backup and restore, the messages, and the appliance's store.
 */
package dev.holdfast.protocol.chunk;
