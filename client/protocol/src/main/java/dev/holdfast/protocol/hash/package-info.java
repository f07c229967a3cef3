/**
 * The hash functions of chunks, containers and the vault's objects: SHA-256 of appliances of format 1, BLAKE3 of newer ones,
 * by the fastest implementation that this machine has.
 *
 * <p>Uses {@code bytes}, and {@code chunk} for digests. Called by all that name or check chunks.
 */
package dev.holdfast.protocol.hash;
